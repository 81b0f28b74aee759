//! An operator lets guests go now, rather than when the reaper comes by.

use std::sync::Arc;

use super::{App, Auth, Error, Result};
use crate::expiry::{self, Rests};
use crate::model::{AppKey, ProviderType, User, UserId};
use crate::store::Operation;

impl Auth {
    /// Whether a trigger of the app waits for guests that go, or may: of an app that is not known here.
    pub fn waits_for_expiry(&self, app: AppKey) -> bool {
        let app = self.apps().into_iter().find(|a| a.key == app);
        app.is_none_or(|app| app.behaviour.triggers.wait_for(Operation::Delete, ProviderType::AnonUser))
    }

    /// A page of the guests that the app's policy lets go now, by ascending id.
    pub async fn expiring(&self, app: &Arc<App>, after: Option<UserId>, limit: u32) -> Result<Vec<User>> {
        let (policy, now) = (app.config.settings.anonymous_user_expiration, self.clock().now());
        Ok(self.store().expired(app.key, policy, now, after, limit).await?)
    }

    /// Removes every guest that the app's policy lets go now, and says how many they were.
    ///
    /// After a jump of the clock nobody goes, unless the operator says that the clock is right (`accept_clock`); then
    /// the reaper believes it too.
    pub async fn expire_guests(&self, app: &Arc<App>, accept_clock: bool) -> Result<u64> {
        let (store, now) = (self.store(), self.clock().now());
        if let Some(jump) = expiry::clock_jump(store, now).await? {
            if !accept_clock {
                return Err(Error::ClockJumped { from: jump.from, to: jump.to });
            }
            store.see_time(now).await?;
            self.changed.notify_one();
        }
        let policy = app.config.settings.anonymous_user_expiration;
        let events = self.waits_for_expiry(app.key);
        Ok(expiry::sweep(store, app.key, policy, now, None, events, Rests::none()).await?.removed)
    }
}
