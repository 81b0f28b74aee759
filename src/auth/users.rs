//! What an administrator does to users.

use std::sync::Arc;

use super::{App, Auth, Error, Result};
use crate::model::UserId;
use crate::store::{DeleteUser, RevokeSessions, SetDisabled};

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
    pub async fn change_user(&self, app: &Arc<App>, user: UserId, change: UserChange) -> Result<()> {
        let (store, app) = (self.store(), app.key);
        let found = match change {
            UserChange::Enable => store.set_disabled(SetDisabled { app, user, disabled: false }).await?,
            UserChange::Disable => store.set_disabled(SetDisabled { app, user, disabled: true }).await?,
            UserChange::Revoke => store.revoke_sessions(RevokeSessions { app, user }).await?,
            UserChange::Delete => store.delete_user(DeleteUser { app, user }).await?,
        };
        if found { Ok(()) } else { Err(Error::UserNotFound) }
    }
}
