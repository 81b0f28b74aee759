//! How many log in, minute by minute: the last hour, in memory, since the server started. A guest's login pays nothing
//! for it: whoever writes the counts of guests once a second brings them here too.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::model::{AppKey, Timestamp};

/// How many minutes are known.
const MINUTES: usize = 60;

/// The logins of a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minute {
    /// Of guests.
    pub guests: u64,
    /// Of everybody else.
    pub others: u64,
}

/// The last hours of the apps.
#[derive(Default)]
pub(super) struct Pace(Mutex<HashMap<AppKey, Hour>>);

struct Hour {
    /// Each minute in its place of the hour.
    minutes: [Minute; MINUTES],
    /// The latest minute that was told.
    latest: i64,
}

impl Hour {
    fn new(minute: i64) -> Hour {
        Hour { minutes: [Minute::default(); MINUTES], latest: minute }
    }

    /// Forgets what is an hour old.
    fn go_to(&mut self, minute: i64) {
        let passed = usize::try_from(minute.saturating_sub(self.latest)).unwrap_or_default();
        for forgotten in (0..passed.min(MINUTES)).map(|n| minute - n as i64) {
            self.minutes[place(forgotten)] = Minute::default();
        }
        self.latest = self.latest.max(minute);
    }
}

fn place(minute: i64) -> usize {
    usize::try_from(minute.rem_euclid(MINUTES as i64)).unwrap_or_default()
}

fn minute(at: Timestamp) -> i64 {
    at.0.div_euclid(60)
}

impl Pace {
    /// Counts logins of this minute; those of a clock that went back count in the latest one.
    pub(super) fn count(&self, app: AppKey, now: Timestamp, logins: Minute) {
        let mut hours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = hours.entry(app).or_insert_with(|| Hour::new(minute(now)));
        hour.go_to(minute(now));
        let counted = &mut hour.minutes[place(hour.latest)];
        counted.guests += logins.guests;
        counted.others += logins.others;
    }

    /// The last hour, each minute by the second in which it began, the oldest first.
    pub(super) fn last_hour(&self, app: AppKey, now: Timestamp) -> Vec<(Timestamp, Minute)> {
        let mut hours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut quiet = Hour::new(minute(now));
        let hour = hours.get_mut(&app).unwrap_or(&mut quiet);
        hour.go_to(minute(now));
        let minutes = (0..MINUTES as i64).rev().map(|n| hour.latest - n);
        minutes.map(|minute| (Timestamp(minute * 60), hour.minutes[place(minute)])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: AppKey = AppKey(7);

    fn told(pace: &Pace, now: i64) -> Vec<(i64, u64, u64)> {
        let hour = pace.last_hour(APP, Timestamp(now));
        assert_eq!(hour.len(), MINUTES);
        let some = hour.into_iter().filter(|(_, minute)| *minute != Minute::default());
        some.map(|(at, minute)| (at.0, minute.guests, minute.others)).collect()
    }

    #[test]
    fn an_hour_is_known_and_no_more() {
        let pace = Pace::default();
        assert_eq!(told(&pace, 6_000), []);
        let guests = |guests| Minute { guests, others: 0 };
        pace.count(APP, Timestamp(6_000), guests(2));
        pace.count(APP, Timestamp(6_059), Minute { guests: 0, others: 3 });
        pace.count(AppKey(8), Timestamp(6_059), guests(9));
        pace.count(APP, Timestamp(6_120), guests(1));
        assert_eq!(told(&pace, 6_130), [(6_000, 2, 3), (6_120, 1, 0)]);
        assert_eq!(told(&pace, 6_000 + 59 * 60), [(6_000, 2, 3), (6_120, 1, 0)]);
        assert_eq!(told(&pace, 6_000 + 60 * 60), [(6_120, 1, 0)]);
        pace.count(APP, Timestamp(6_000 + 62 * 60), guests(4));
        assert_eq!(told(&pace, 6_000 + 62 * 60), [(6_000 + 62 * 60, 4, 0)]);
        // A clock that went back makes nothing old new.
        pace.count(APP, Timestamp(60), guests(1));
        assert_eq!(told(&pace, 60), [(6_000 + 62 * 60, 5, 0)]);
        assert_eq!(told(&pace, 600_000), []);
    }
}
