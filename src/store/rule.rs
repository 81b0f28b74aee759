//! When guests are let go: one rule for all who ask, on any engine (`due!` in their `sql`).

use crate::model::{AnonymousUserExpiration, DAY, Day, ExpiryClock, ObjectId, Timestamp, UserId};

/// A policy at a moment: due is a guest with an id below `made_before` that was not seen on `seen_before` or later, or,
/// if it was brought from elsewhere, not on `brought_before` or later: nobody sees it again after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) made_before: UserId,
    pub(super) seen_before: i64,
    pub(super) brought_before: i64,
}

impl Due {
    /// `None` when the policy lets nobody go.
    pub(super) fn at(policy: AnonymousUserExpiration, now: Timestamp) -> Option<Due> {
        let days = i64::from(policy.days);
        // Whole days: today and the last day of activity, or of the arrival, do not count.
        let day = Day(now.day().0.saturating_sub(days));
        match policy.clock {
            ExpiryClock::Never => None,
            ExpiryClock::Inactivity => Some(Due {
                made_before: UserId(ObjectId::first_of(day.start())),
                seen_before: day.0,
                brought_before: day.0,
            }),
            ExpiryClock::Age => Some(Due {
                made_before: UserId(ObjectId::first_of(now.plus(1 - days * DAY))),
                seen_before: i64::MAX,
                brought_before: day.0,
            }),
        }
    }
}

/// The first second at which [`Due::at`] covers a guest who was made here.
pub(super) fn end(
    policy: AnonymousUserExpiration,
    created: Timestamp,
    last_seen: Option<Day>,
) -> Option<Timestamp> {
    let days = i64::from(policy.days);
    match policy.clock {
        ExpiryClock::Never => None,
        ExpiryClock::Inactivity => {
            let last_active = created.day().max(last_seen.unwrap_or(created.day()));
            Some(after_days(last_active, days))
        }
        ExpiryClock::Age => Some(created.plus(days * DAY)),
    }
}

/// The first second after so many whole days.
pub(super) fn after_days(day: Day, days: i64) -> Timestamp {
    Day(day.0.saturating_add(days + 1)).start()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two directions of the rule agree: a guest is due from its first second on, and not before.
    #[test]
    fn a_guest_is_due_from_its_first_second_on() {
        let created = Timestamp(20_000 * DAY + 12_345);
        let id = UserId(ObjectId::from_parts(created, [7; 5], 9));
        for clock in [ExpiryClock::Inactivity, ExpiryClock::Age] {
            for days in [1, 90, 36_500] {
                for last_seen in [None, Some(Day(20_001)), Some(Day(20_033))] {
                    let policy = AnonymousUserExpiration { clock, days };
                    let end = end(policy, created, last_seen).unwrap();
                    let due = |now| {
                        let due = Due::at(policy, now).unwrap();
                        id < due.made_before && last_seen.is_none_or(|day| day.0 < due.seen_before)
                    };
                    assert!(!due(end.plus(-1)), "{policy:?} {last_seen:?}");
                    assert!(due(end), "{policy:?} {last_seen:?}");
                }
            }
        }
    }
}
