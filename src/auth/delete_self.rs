//! A user deletes itself.

use super::{Auth, Caller, Error, Result};
use crate::store::DeleteUser;

impl Auth {
    /// Removes the caller with its identities and sessions, for good.
    pub async fn delete_self(&self, caller: &Caller) -> Result<()> {
        let act = DeleteUser { app: caller.app.key, user: caller.user.id };
        if self.store().delete_user(act).await? { Ok(()) } else { Err(Error::BadAccessToken) }
    }
}
