//! How long sessions of those who are no guests last. A guest's lasts as long as the guest.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{App, Auth, Error, Result};

/// Half an hour to five years.
const SECONDS: RangeInclusive<i64> = 1_800..=157_680_000;

impl App {
    /// How long a new session lasts, in seconds.
    pub fn session_seconds(&self) -> i64 {
        self.session_secs
    }
}

impl Auth {
    /// Says how long sessions last that begin from now on; those that began keep their end.
    pub async fn set_session_seconds(&self, app: &Arc<App>, seconds: i64) -> Result<()> {
        if !SECONDS.contains(&seconds) {
            let said = "`expiration_time_seconds`: expected 1800 (30 minutes) to 157680000 (5 years)";
            return Err(Error::BadParameter(format!("{said}, found {seconds}")));
        }
        let set = self.store().set_refresh_token_seconds(app.key, seconds);
        let there = self.changing(async { Ok(set.await?) }).await?;
        if there { Ok(()) } else { Err(Error::AdminAppNotFound(app.id.to_string())) }
    }
}
