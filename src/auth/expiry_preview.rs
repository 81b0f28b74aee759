//! How many guests a policy would let go, and when, from how many there are by day: nobody is looked at.

use std::collections::BTreeMap;

use crate::model::{AnonymousUserExpiration, Day, ExpiryClock};
use crate::store::Standing;

/// How many days a preview goes beyond today: whoever is active today goes on the last, by the policy that is the default.
const DAYS: i64 = 91;

/// What a policy would do if it were in force from now on and nobody were active any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiryPreview {
    /// How many guests would go at once.
    pub now: u64,
    /// How many would go on each day: today, and so many days after it. By age guests go to the second, and those whose
    /// time comes in the course of today stand under today, also when it has come.
    pub days: Vec<(Day, u64)>,
}

/// What a policy would do today.
pub(super) fn preview(standing: &Standing, policy: AnonymousUserExpiration, today: Day) -> ExpiryPreview {
    let mut now = 0;
    let last = Day(today.0.saturating_add(DAYS));
    let mut days: BTreeMap<Day, u64> = (today.0..=last.0).map(|day| (Day(day), 0)).collect();
    for (day, guests) in departures(standing, policy) {
        // Who goes by whole days went when today began.
        let is_over = day < today || day == today && policy.clock == ExpiryClock::Inactivity;
        if is_over {
            now += guests;
        } else if let Some(those) = days.get_mut(&day) {
            *those += guests;
        }
    }
    ExpiryPreview { now, days: days.into_iter().collect() }
}

/// On which day how many go. A guest that was brought from elsewhere goes after whole days whatever is counted: its age
/// is that of its arrival.
fn departures(
    standing: &Standing,
    policy: AnonymousUserExpiration,
) -> impl Iterator<Item = (Day, u64)> + use<'_> {
    let days = i64::from(policy.days);
    let (made_here, after) = match policy.clock {
        ExpiryClock::Inactivity => (standing.active.as_slice(), days + 1),
        ExpiryClock::Age => (standing.made.as_slice(), days),
        ExpiryClock::Never => (&[][..], 0),
    };
    let brought = match policy.clock {
        ExpiryClock::Never => &[][..],
        ExpiryClock::Inactivity | ExpiryClock::Age => standing.brought.as_slice(),
    };
    let later = |by: i64| move |(day, guests): &(Day, u64)| (Day(day.0.saturating_add(by)), *guests);
    made_here.iter().map(later(after)).chain(brought.iter().map(later(days + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(clock: ExpiryClock, days: u32) -> (u64, Vec<(i64, u64)>) {
        let standing = Standing {
            made: vec![(Day(10), 3), (Day(98), 1), (Day(99), 5)],
            active: vec![(Day(97), 3), (Day(98), 1), (Day(99), 2), (Day(100), 3)],
            brought: vec![(Day(97), 10)],
            people: 7,
            servers: 7,
        };
        let preview = preview(&standing, AnonymousUserExpiration { clock, days }, Day(100));
        assert_eq!(preview.days.len(), 92);
        let some = preview.days.into_iter().filter(|(_, guests)| *guests > 0);
        (preview.now, some.map(|(day, guests)| (day.0, guests)).collect())
    }

    #[test]
    fn guests_go_after_so_many_whole_days_or_on_the_day_of_their_age() {
        assert_eq!(told(ExpiryClock::Inactivity, 2), (13, vec![(101, 1), (102, 2), (103, 3)]));
        assert_eq!(told(ExpiryClock::Inactivity, 1), (14, vec![(101, 2), (102, 3)]));
        assert_eq!(told(ExpiryClock::Age, 2), (3, vec![(100, 11), (101, 5)]));
        assert_eq!(told(ExpiryClock::Inactivity, 90), (0, vec![(188, 13), (189, 1), (190, 2), (191, 3)]));
        assert_eq!(told(ExpiryClock::Never, 1), (0, vec![]));
        assert_eq!(told(ExpiryClock::Age, 36_500), (0, vec![]));
    }
}
