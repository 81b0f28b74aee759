//! Time in milliseconds, for logs: as RFC 3339 in and out.

use std::fmt;
use std::str::FromStr;

use super::time::civil_day;
use super::{Day, Timestamp};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

impl Millis {
    /// The first millisecond of a second.
    pub fn of(second: Timestamp) -> Millis {
        Millis(second.0.saturating_mul(1000))
    }

    /// The second it falls in.
    pub fn second(self) -> Timestamp {
        Timestamp(self.0.div_euclid(1000))
    }
}

impl fmt::Display for Millis {
    /// RFC 3339 in UTC: `2026-11-24T06:24:03.120Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.second().rfc3339();
        write!(f, "{}.{:03}Z", seconds.trim_end_matches('Z'), self.0.rem_euclid(1000))
    }
}

impl<'de> serde::Deserialize<'de> for Millis {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Millis, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A text that is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a date such as 2026-11-24T06:24:03.120Z or 2026-11-24")]
pub struct BadDate;

impl FromStr for Millis {
    type Err = BadDate;

    /// RFC 3339 with any offset and any number of digits of a second, or a day for its begin in UTC. A space stands for
    /// the `+` that queries lose.
    fn from_str(text: &str) -> Result<Millis, BadDate> {
        let (day, rest) = text.split_at_checked(10).ok_or(BadDate)?;
        let day = date(day)?;
        if rest.is_empty() {
            return Ok(Millis::of(day.start()));
        }
        let rest = rest.strip_prefix(['T', 't', ' ']).ok_or(BadDate)?;
        let (clock, rest) = rest.split_at_checked(8).ok_or(BadDate)?;
        let seconds = seconds(clock)?;
        let (millis, rest) = fraction(rest)?;
        let at = day.start().plus(seconds - offset(rest)?);
        Ok(Millis(Millis::of(at).0.saturating_add(millis)))
    }
}

/// `2026-11-24`.
fn date(text: &str) -> Result<Day, BadDate> {
    let [year, month, day] = parts(text, '-')?;
    let day = civil_day(year, month, day).ok_or(BadDate)?;
    // The thirty-first of a short month comes back as another day.
    if day.to_string() == text { Ok(day) } else { Err(BadDate) }
}

/// `06:24:03` as seconds; the leap second is the next one.
fn seconds(text: &str) -> Result<i64, BadDate> {
    let [hours, minutes, seconds] = parts(text, ':')?;
    let fits = text.len() == 8 && hours < 24 && minutes < 60 && seconds <= 60;
    if fits { Ok(hours * 3600 + minutes * 60 + seconds) } else { Err(BadDate) }
}

/// `.120` as milliseconds, and what follows.
fn fraction(text: &str) -> Result<(i64, &str), BadDate> {
    let Some(digits) = text.strip_prefix(['.', ',']) else { return Ok((0, text)) };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (digits, rest) =
        digits.split_at_checked(end).filter(|(digits, _)| !digits.is_empty()).ok_or(BadDate)?;
    let padded: String = digits.chars().chain("00".chars()).take(3).collect();
    Ok((padded.parse().map_err(|_| BadDate)?, rest))
}

/// `Z` or `+01:00` as seconds east of UTC.
fn offset(text: &str) -> Result<i64, BadDate> {
    if matches!(text, "Z" | "z") {
        return Ok(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let clock = text.strip_prefix(['+', '-', ' ']).ok_or(BadDate)?;
    let [hours, minutes] = parts(clock, ':')?;
    if clock.len() == 5 && hours < 24 && minutes < 60 {
        Ok(sign * (hours * 3600 + minutes * 60))
    } else {
        Err(BadDate)
    }
}

/// So many numbers with something between them.
fn parts<const N: usize>(text: &str, between: char) -> Result<[i64; N], BadDate> {
    let number = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|_| digits).ok_or(BadDate)
    };
    let numbers = text.split(between).map(number).collect::<Result<Vec<i64>, BadDate>>()?;
    numbers.try_into().map_err(|_| BadDate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DAY;

    #[test]
    fn what_is_written_is_read_again() {
        for at in [0, 1, 999, 1_795_501_443_120, 951_782_400_007, 253_402_300_799_999] {
            assert_eq!(Millis(at).to_string().parse(), Ok(Millis(at)));
        }
        for day in (0..80_000).step_by(13) {
            let at = Millis::of(Timestamp(day * DAY + day));
            assert_eq!(at.to_string().parse(), Ok(at));
        }
        assert_eq!(Millis(1_795_501_443_120).to_string(), "2026-11-24T06:24:03.120Z");
    }

    #[test]
    fn dates_are_read_as_go_and_people_write_them() {
        for text in [
            "2026-11-24T06:24:03.12Z",
            "2026-11-24T06:24:03.120Z",
            "2026-11-24T06:24:03.120999Z",
            "2026-11-24T07:24:03.12+01:00",
            "2026-11-24T07:24:03.12 01:00",
            "2026-11-24 00:54:03.12-05:30",
        ] {
            assert_eq!(text.parse(), Ok(Millis(1_795_501_443_120)), "{text}");
        }
        assert_eq!("2026-11-24".parse(), Ok(Millis(20_781 * DAY * 1000)));
        assert_eq!("2026-11-24T00:00:00Z".parse(), Ok(Millis(20_781 * DAY * 1000)));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "now",
            "2026-11-31",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "26-11-2400",
            "2026-11-24T06:24:03",
            "2026-11-24T24:00:00Z",
            "2026-11-24T06:60:03Z",
            "2026-11-24T06:24:03.Z",
            "2026-11-24T06:24:03+1:00",
            "2026-11-24T06:24:03.120ZZ",
            "2026-11-24T-6:24:03Z",
            "2026-11-24é6:24:03Z",
            "1795501443",
        ] {
            assert_eq!(text.parse::<Millis>(), Err(BadDate), "{text}");
        }
    }
}
