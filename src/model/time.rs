//! Time in whole seconds, and the clock as an argument.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Millis;

/// Seconds in a UTC day.
pub const DAY: i64 = 86_400;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The UTC day this second falls on.
    pub fn day(self) -> Day {
        Day(self.0.div_euclid(DAY))
    }

    /// This time moved by `secs` seconds, saturating.
    #[must_use]
    pub fn plus(self, secs: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(secs))
    }

    /// RFC 3339 in UTC, to the second: `2026-11-24T06:30:00Z`.
    pub fn rfc3339(self) -> String {
        let (y, m, d) = self.day().civil();
        let s = self.0.rem_euclid(DAY);
        format!("{y:04}-{m:02}-{d:02}T{:02}:{:02}:{:02}Z", s / 3600, s / 60 % 60, s % 60)
    }
}

/// Days since 1970-01-01, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub i64);

impl Day {
    /// The first second of this day.
    pub fn start(self) -> Timestamp {
        Timestamp(self.0.saturating_mul(DAY))
    }

    /// Year, month (1–12) and day of month in the proleptic Gregorian calendar.
    pub fn civil(self) -> (i64, i64, i64) {
        // Counted in 400-year eras that begin on a 1st of March, so that the leap day comes last.
        let z = self.0 + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let m = if mp < 10 { mp + 3 } else { mp - 9 };
        (yoe + era * 400 + i64::from(m <= 2), m, doy - (153 * mp + 2) / 5 + 1)
    }
}

/// The day of a date in the proleptic Gregorian calendar; of a day that a month does not have, some day after it. `None`
/// for a month that there is not, and years beyond 9999.
pub(super) fn civil_day(year: i64, month: i64, day: i64) -> Option<Day> {
    if !(0..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // As in `civil`: the year begins in March.
    let y = if month <= 2 { year - 1 } else { year };
    let yoe = y.rem_euclid(400);
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(Day(y.div_euclid(400) * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468))
}

impl fmt::Display for Day {
    /// `2026-11-24`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (y, m, d) = self.civil();
        write!(f, "{y:04}-{m:02}-{d:02}")
    }
}

/// Where the present comes from. Only `server` has the real one.
pub trait Clock: Send + Sync {
    /// The present second.
    fn now(&self) -> Timestamp;

    /// The present millisecond, for logs. A clock of whole seconds says the first of its second.
    fn now_ms(&self) -> Millis {
        Millis::of(self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_prints_as_rfc3339() {
        assert_eq!(Timestamp(0).rfc3339(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp(951_782_400).rfc3339(), "2000-02-29T00:00:00Z");
        assert_eq!(Timestamp(1_795_501_443).rfc3339(), "2026-11-24T06:24:03Z");
        assert_eq!(Timestamp(-1).rfc3339(), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn a_day_begins_at_its_first_second() {
        assert_eq!(Timestamp(DAY - 1).day(), Day(0));
        assert_eq!(Timestamp(DAY).day().start(), Timestamp(DAY));
        assert_eq!(Timestamp(-1).day(), Day(-1));
    }
}
