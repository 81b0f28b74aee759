//! The open sessions of an administrator, for that one alone.

use super::bootstrap::DEV;
use super::{AdminCaller, AdminRefusal};
use crate::auth::{Auth, Error, Result};
use crate::model::{SessionId, Timestamp};
use crate::store::AdminSession;

/// An open session as its administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenAdminSession {
    /// Its id, which tells when it began.
    pub id: SessionId,
    /// When it ends by itself.
    pub expires: Timestamp,
    /// The public half of the key pair that opened it; `None` for a password.
    pub public_key: Option<String>,
    /// Whether the request that asks was made in it.
    pub current: bool,
}

impl Auth {
    /// The caller's open sessions, the oldest first. The owner of the data signs in nowhere and has none.
    pub async fn own_admin_sessions(&self, caller: &AdminCaller) -> Result<Vec<SeenAdminSession>> {
        let now = self.clock().now();
        let sessions = match caller.id {
            DEV => self.dev_sessions(),
            id => self.store().admin_sessions_of(id).await?,
        };
        let open = sessions.into_iter().filter(|session| session.expires > now);
        let seen = |AdminSession { id, expires, public_key, .. }| SeenAdminSession {
            id,
            expires,
            public_key,
            current: caller.session == Some(id),
        };
        Ok(open.map(seen).collect())
    }

    /// Ends an open session of the caller.
    pub async fn end_own_admin_session(&self, caller: &AdminCaller, session: SessionId) -> Result<()> {
        let own = self.own_admin_sessions(caller).await?.iter().any(|own| own.id == session);
        let ended = match caller.id {
            _ if !own => false,
            DEV => self.end_dev_session(session),
            _ => self.store().end_admin_session(session).await?,
        };
        if ended { Ok(()) } else { Err(Error::Admin(AdminRefusal::SessionNotFound)) }
    }
}
