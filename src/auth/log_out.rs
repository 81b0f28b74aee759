//! Logging out.

use super::{Auth, Caller, Error, Result};
use crate::store::LogOut;

impl Auth {
    /// Ends the caller's session, and only that. A guest cannot be reached again afterwards.
    pub async fn log_out(&self, caller: &Caller) -> Result<()> {
        let act = LogOut { app: caller.app.key, user: caller.user.id, session: caller.session.id };
        // Somebody else may have ended it since it was looked up.
        if self.store().log_out(act).await? { Ok(()) } else { Err(Error::SessionNotFound) }
    }
}
