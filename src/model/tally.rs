//! What is counted of an app by day. Nothing in it says who it was.

use super::{Day, ProviderType};

/// After how many days it is counted that a guest came back.
pub const RETURNS: [u8; 3] = [1, 7, 30];

/// A count of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The UTC day.
    pub day: Day,
    /// What was counted.
    pub what: Tallied,
    /// How often.
    pub n: u64,
}

/// What is counted. Guests that were brought from elsewhere expire and are deleted; nothing else of them is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tallied {
    /// Of the guests made on the day, those that came back so many days later, one of [`RETURNS`].
    Returned(u8),
    /// Of the guests made on the day, those that became someone by an identity of this provider.
    Linked(ProviderType),
    /// Of the guests made on the day, those that became someone after so long.
    LinkedAfter(Wait),
    /// Guests that were let go on the day.
    Expired,
    /// Guests that were deleted on the day.
    Deleted,
    /// Logins on the day of those who are no guests, by provider.
    LoggedIn(ProviderType),
}

impl Tallied {
    /// A guest that comes back after so many days, if that is counted.
    pub fn returned(days: i64) -> Option<Tallied> {
        RETURNS.into_iter().find(|counted| i64::from(*counted) == days).map(Tallied::Returned)
    }

    /// The store's numbers: what it is, and which one of these. Never changed, never reused; less than 5 is the
    /// store's own.
    pub fn numbers(self) -> (u8, u8) {
        match self {
            Tallied::Returned(days) => (5, days),
            Tallied::Linked(provider) => (6, provider.number()),
            Tallied::LinkedAfter(Wait(number)) => (7, number),
            Tallied::Expired => (8, 0),
            Tallied::Deleted => (9, 0),
            Tallied::LoggedIn(provider) => (10, provider.number()),
        }
    }

    /// What the store's numbers stand for.
    pub fn from_numbers(what: u8, which: u8) -> Option<Tallied> {
        Some(match what {
            5 => Tallied::returned(i64::from(which))?,
            6 => Tallied::Linked(ProviderType::from_number(which)?),
            7 => Tallied::LinkedAfter(Wait(Some(which).filter(|number| *number <= LONGEST)?)),
            8 => Tallied::Expired,
            9 => Tallied::Deleted,
            10 => Tallied::LoggedIn(ProviderType::from_number(which)?),
            _ => return None,
        })
    }
}

/// A time in seconds, known to an eighth of it: to the second below 4, and then in four steps to each doubling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wait(u8);

/// The number of the longest wait: 2³² seconds and more.
const LONGEST: u8 = 124;

impl Wait {
    /// The wait of so many seconds.
    pub fn of(seconds: i64) -> Wait {
        let seconds = u64::try_from(seconds).unwrap_or_default();
        if seconds < 4 {
            return Wait(u8::try_from(seconds).unwrap_or_default());
        }
        let doublings = seconds.ilog2();
        let step = (seconds >> (doublings - 2)) & 3;
        let number = u64::from(doublings - 1) * 4 + step;
        Wait(u8::try_from(number).unwrap_or(LONGEST).min(LONGEST))
    }

    /// The seconds in the middle of the waits that are taken for this one.
    pub fn seconds(self) -> u64 {
        let number = u64::from(self.0);
        if number < 4 {
            return number;
        }
        let doublings = number / 4 + 1;
        let size = 1 << (doublings - 2);
        (4 + number % 4) * size + size / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_known_to_an_eighth_of_it() {
        for seconds in (0..100_000).chain((1..=32).flat_map(|n| [(1 << n) - 1, 1 << n, (1 << n) + 1])) {
            let told = i64::try_from(Wait::of(seconds).seconds()).unwrap();
            assert!((told - seconds).abs() * 8 <= seconds, "{seconds} is told as {told}");
        }
        assert_eq!((Wait::of(-5), Wait::of(i64::MAX)), (Wait(0), Wait(LONGEST)));
        assert!((1..100_000).all(|seconds| Wait::of(seconds - 1) <= Wait::of(seconds)));
    }

    #[test]
    fn numbers_lead_back() {
        let of_providers =
            ProviderType::ALL.into_iter().flat_map(|p| [Tallied::Linked(p), Tallied::LoggedIn(p)]);
        let waits = (0..=LONGEST).map(|number| Tallied::LinkedAfter(Wait(number)));
        let returns = RETURNS.map(Tallied::Returned);
        let rest = [Tallied::Expired, Tallied::Deleted];
        for what in of_providers.chain(waits).chain(returns).chain(rest) {
            let (number, which) = what.numbers();
            assert_eq!(Tallied::from_numbers(number, which), Some(what));
        }
        for (number, which) in [(4, 0), (5, 2), (6, 99), (7, 125), (11, 0)] {
            assert_eq!(Tallied::from_numbers(number, which), None);
        }
    }
}
