//! Time travel: guests live their lives through the real stories on a real store, and the reaper comes by.

mod bulk;
mod clocks;
mod lives;
mod numbers;
mod people;

use passerby::expiry::{Reaper, Step};
use passerby::model::{AnonymousUserExpiration, ExpiryClock, Settings, Timestamp};

/// A Monday, 00:00:00.
const BEGINNING: Timestamp = Timestamp(1_767_571_200);

fn policy(clock: ExpiryClock, days: u32) -> AnonymousUserExpiration {
    AnonymousUserExpiration { clock, days }
}

fn settings(policy: AnonymousUserExpiration) -> Settings {
    Settings { anonymous_user_expiration: policy, ..Settings::default() }
}

/// How many were removed, and the next deadline.
async fn step(reaper: &mut Reaper, now: Timestamp) -> (u64, Timestamp) {
    match reaper.step(now, |_| false).await.expect("the store works") {
        Step::Done { removed, next } => (removed, next),
        Step::Paused(jump) => panic!("paused: {jump:?}"),
    }
}
