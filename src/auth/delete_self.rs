//! A user deletes itself.

use super::{Auth, Caller, Error, Result};
use crate::store::DeleteUser;

impl Auth {
    /// Removes the caller with its identities and sessions, for good.
    pub async fn delete_self(&self, caller: &Caller) -> Result<()> {
        let event = self.deletion(&caller.app, &caller.user)?;
        let act = DeleteUser { app: caller.app.key, user: caller.user.id, event, now: self.clock().now() };
        if !self.store().delete_user(act).await? {
            return Err(Error::BadAccessToken);
        }
        self.events_waiting();
        Ok(())
    }
}
