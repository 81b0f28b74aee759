//! The reaper of guests: removes those that their app's policy lets go, in bites that hold the writer for a few
//! milliseconds, and says when there will be something to do again.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::model::{AnonymousUserExpiration, AppConfig, AppKey, ClientAppId, DAY, Timestamp, UserId};
use crate::store::{AppRecord, Error, Expire, Expired, Result, Store};

/// Guests that one act removes at most.
const BITE: u32 = 250;

/// How many times as long as a bite took the rest after it is, so that others have most of the store, of the disk and
/// of the processors: a slow bite is one that they, too, waited for.
const REST: u32 = 2;
/// The longest rest: where a bite takes seconds, it would not end otherwise.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// The longest step of the clock that is believed. The reaper tells the store the time once a day, so a longer one
/// means that the server was off, or that the clock is wrong: then nobody goes before an operator agreed.
pub const BELIEVED: i64 = 7 * DAY;

/// A clock that went further than is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockJump {
    /// The latest time that the store knows.
    pub from: Timestamp,
    /// The time that the clock says.
    pub to: Timestamp,
}

/// What a step did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Everybody who was due is gone.
    Done {
        /// How many were removed.
        removed: u64,
        /// When to step again, at the latest.
        next: Timestamp,
    },
    /// Nobody was touched.
    Paused(ClockJump),
}

/// The rests between the bites of a long work.
pub struct Rests {
    /// When the bite began, if it is rested after.
    began: Option<Instant>,
}

impl Rests {
    /// Nobody waits for the work, but others use the store meanwhile: after each bite it rests longer than that took.
    pub fn taken() -> Rests {
        Rests { began: Some(Instant::now()) }
    }

    /// Somebody waits for the work to be done.
    pub fn none() -> Rests {
        Rests { began: None }
    }

    /// Rests between the bite that was just done and the next.
    pub async fn rest(&mut self) {
        if let Some(began) = &mut self.began {
            let _ = timeout(rest_after(began.elapsed()), pending::<()>()).await;
            *began = Instant::now();
        }
    }
}

/// How long the rest after a bite is that took so long.
fn rest_after(bite: Duration) -> Duration {
    bite.saturating_mul(REST).min(LONGEST_REST)
}

/// The reaper, and how far it has looked.
pub struct Reaper {
    store: Arc<dyn Store>,
    cursors: HashMap<AppKey, Cursor>,
    stepped: Option<Timestamp>,
}

/// Users up to `after` were looked at under `policy` and need no second look.
#[derive(Clone, Copy)]
struct Cursor {
    policy: AnonymousUserExpiration,
    after: Option<UserId>,
}

impl Reaper {
    /// A reaper that has looked at nobody yet.
    pub fn new(store: Arc<dyn Store>) -> Reaper {
        Reaper { store, cursors: HashMap::new(), stepped: None }
    }

    /// Removes everybody who is due at `now`, in every app.
    ///
    /// `waits` says whether an app has triggers that wait for guests that go.
    pub async fn step(&mut self, now: Timestamp, waits: impl Fn(AppKey) -> bool) -> Result<Step> {
        if let Some(jump) = clock_jump(&*self.store, now).await? {
            return Ok(Step::Paused(jump));
        }
        self.store.see_time(now).await?;
        if self.stepped.replace(now).is_some_and(|before| now < before) {
            // The clock went back: guests who came since have ids that lie before the cursors.
            self.cursors.clear();
        }
        let (mut removed, mut next) = (0, now.plus(DAY));
        for record in self.store.apps().await? {
            match self.step_in(&record, now, waits(record.key)).await {
                Ok((gone, due)) => {
                    removed += gone;
                    next = due.map_or(next, |due| next.min(due));
                }
                // Guests of the others go all the same.
                Err(error @ Error::Corrupt { .. }) => {
                    tracing::error!(app = %record.client_app_id, %error, "guests of the app do not expire");
                }
                Err(error) => return Err(error),
            }
        }
        // Never at once: what is due now was just removed.
        Ok(Step::Done { removed, next: next.max(now.plus(1)) })
    }

    /// The same in an app: how many were removed, and when somebody is due again.
    async fn step_in(
        &mut self,
        record: &AppRecord,
        now: Timestamp,
        events: bool,
    ) -> Result<(u64, Option<Timestamp>)> {
        let policy = policy(&record.config, &record.client_app_id)?;
        let known = self.cursors.get(&record.key).filter(|cursor| cursor.policy == policy);
        let after = known.and_then(|cursor| cursor.after);
        let swept = sweep(&*self.store, record.key, policy, now, after, events, Rests::taken()).await?;
        self.cursors.insert(record.key, Cursor { policy, after: swept.after });
        Ok((swept.removed, self.store.next_expiry(record.key, policy, swept.after).await?))
    }
}

/// The clock's step since the store was last told the time, if it is longer than is believed.
pub async fn clock_jump(store: &dyn Store, now: Timestamp) -> Result<Option<ClockJump>> {
    let from = store.latest_time().await?.unwrap_or(now);
    Ok((now.0 - from.0 > BELIEVED).then_some(ClockJump { from, to: now }))
}

/// A finished sweep of an app.
pub struct Swept {
    /// How many were removed.
    pub removed: u64,
    /// The cursor for the next sweep under the same policy.
    pub after: Option<UserId>,
}

/// Removes every guest of an app that the policy lets go at `now`, bite by bite. `events` says whether a DELETE
/// event is kept of each.
pub async fn sweep(
    store: &dyn Store,
    app: AppKey,
    policy: AnonymousUserExpiration,
    now: Timestamp,
    mut after: Option<UserId>,
    events: bool,
    mut rests: Rests,
) -> Result<Swept> {
    let mut removed = 0;
    loop {
        let bite = bite(store, app, policy, now, after, events).await?;
        removed += u64::try_from(bite.removed.len()).unwrap_or_default();
        after = bite.after;
        if !bite.more {
            return Ok(Swept { removed, after });
        }
        rests.rest().await;
    }
}

/// One bite of a sweep.
pub async fn bite(
    store: &dyn Store,
    app: AppKey,
    policy: AnonymousUserExpiration,
    now: Timestamp,
    after: Option<UserId>,
    events: bool,
) -> Result<Expired> {
    store.expire(Expire { app, policy, now, after, limit: BITE, events }).await
}

fn policy(config: &str, app: &ClientAppId) -> Result<AnonymousUserExpiration> {
    let config: AppConfig = serde_json::from_str(config)
        .map_err(|e| Error::Corrupt { table: "deployments", id: format!("the live one of {app}: {e}") })?;
    Ok(config.settings.anonymous_user_expiration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_have_the_store_most_of_the_time_and_a_store_that_was_away_is_tried_again_soon() {
        let rests = [0, 8, 60, 5_000].map(Duration::from_millis).map(rest_after);
        assert_eq!(rests, [0, 16, 120, 1_000].map(Duration::from_millis));
    }
}
