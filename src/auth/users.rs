//! What an administrator does to users.

use std::sync::Arc;

use super::deliver::user_object;
use super::{AdminRefusal, App, Auth, Error, Result};
use crate::model::{EventId, ProviderType, SessionId, User, UserId};
use crate::store::{DeleteUser, LogOut, NewEvent, Operation, RevokeSessions, SetDisabled};

/// What happens to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserChange {
    /// Logins are allowed again; sessions that were ended stay ended.
    Enable,
    /// Logins are refused and every session ends.
    Disable,
    /// Every session ends. A guest cannot come back.
    Revoke,
    /// The user goes for good.
    Delete,
}

impl Auth {
    /// Changes a user of an app.
    pub async fn change_user(&self, of: &Arc<App>, user: UserId, change: UserChange) -> Result<()> {
        let (store, app) = (self.store(), of.key);
        let found = match change {
            UserChange::Enable => store.set_disabled(SetDisabled { app, user, disabled: false }).await?,
            UserChange::Disable => store.set_disabled(SetDisabled { app, user, disabled: true }).await?,
            UserChange::Revoke => store.revoke_sessions(RevokeSessions { app, user }).await?,
            UserChange::Delete => {
                let gone = store.user(app, user).await?.ok_or(Error::UserNotFound)?;
                let event = self.deletion(of, &gone)?;
                store.delete_user(DeleteUser { app, user, event, now: self.clock().now() }).await?
            }
        };
        self.events_waiting();
        if found { Ok(()) } else { Err(Error::UserNotFound) }
    }

    /// Ends one session of a user.
    pub async fn end_session(&self, of: &Arc<App>, user: UserId, session: SessionId) -> Result<()> {
        let ended = self.store().log_out(LogOut { app: of.key, user, session }).await?;
        if ended { Ok(()) } else { Err(Error::Admin(AdminRefusal::SessionNotFound)) }
    }

    /// The event of a deletion, with the user as it was, if a trigger waits for it.
    pub(super) fn deletion(&self, app: &App, user: &User) -> Result<Option<NewEvent>> {
        let providers: Vec<ProviderType> = user.identities.iter().map(|identity| identity.provider).collect();
        if app.behaviour.triggers.of(Operation::Delete, &providers).next().is_none() {
            return Ok(None);
        }
        let at = self.clock().now();
        let id = EventId(self.dice().object_id(at));
        let user = serde_json::to_string(&user_object(user));
        let user = user.map_err(|_| Error::Unreadable("the user".to_owned()))?;
        Ok(Some(NewEvent { id, user, providers, at }))
    }
}
