//! How an app fares, in numbers: what became of its guests by day, who is there, how many log in, and who would go.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::expiry_preview::{ExpiryPreview, preview};
use super::pace::Minute;
use super::{App, Auth, Result};
use crate::model::{AnonymousUserExpiration, Day, ProviderType, RETURNS, Tallied, Tally, Timestamp, Wait};
use crate::store::Standing;

/// An app in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Each of the last days, the oldest first, today the last.
    pub days: Vec<DayStatistics>,
    /// How many seconds passed until half of those had become someone who did, of the guests made on these days, to an
    /// eighth. `None` when none did.
    pub median_seconds_to_link: Option<u64>,
    /// Who is there.
    pub live: Live,
    /// The logins of each of the last sixty minutes, by the second in which it began, the oldest first. What was before
    /// the server started is not known.
    pub logins_per_minute: Vec<(Timestamp, Minute)>,
    /// What the policy in force does if nobody comes back.
    pub upcoming_expiries: ExpiryPreview,
}

/// What happened to the guests that were made on a day, and what happened on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayStatistics {
    /// The UTC day.
    pub day: Day,
    /// Guests made.
    pub created: u64,
    /// Those of them that came back so many days later, while they were guests.
    pub returned: [(u8, u64); RETURNS.len()],
    /// Those of them that became someone, by the provider of their first identity.
    pub linked: BTreeMap<ProviderType, u64>,
    /// Guests that were let go on the day, whenever they were made.
    pub expired: u64,
    /// Guests that were deleted on the day.
    pub deleted: u64,
    /// Logins on the day of those who are no guests.
    pub logins: BTreeMap<ProviderType, u64>,
}

/// Who is there, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// Guests.
    pub guests: u64,
    /// People who are no guests.
    pub people: u64,
    /// Users made with server API keys.
    pub servers: u64,
}

impl Auth {
    /// An app in numbers, with so many days of it: at least 1.
    pub async fn statistics(&self, app: &Arc<App>, days: u32) -> Result<Statistics> {
        let now = self.clock().now();
        let since = Day(now.day().0 - i64::from(days.max(1)) + 1);
        let mut told: BTreeMap<Day, DayStatistics> =
            (since.0..=now.day().0).map(|day| (Day(day), DayStatistics::of(Day(day)))).collect();
        for count in self.guest_logins(app, days.max(1)).await? {
            if let Some(day) = told.get_mut(&count.day) {
                day.created += count.logins;
            }
        }
        let mut waits = BTreeMap::new();
        for Tally { day, what, n } in self.store().tallies(app.key, since).await? {
            if let Tallied::LinkedAfter(wait) = what {
                *waits.entry(wait).or_default() += n;
            } else if let Some(day) = told.get_mut(&day) {
                day.add(what, n);
            }
        }
        let standing = self.store().standing(app.key).await?;
        Ok(Statistics {
            days: told.into_values().collect(),
            median_seconds_to_link: median(&waits).map(Wait::seconds),
            live: Live::of(&standing),
            logins_per_minute: self.pace.last_hour(app.key, now),
            upcoming_expiries: preview(&standing, app.config.settings.anonymous_user_expiration, now.day()),
        })
    }

    /// What a policy would do to an app's guests if it were in force from now on.
    pub async fn preview_expiry(
        &self,
        app: &Arc<App>,
        policy: AnonymousUserExpiration,
    ) -> Result<ExpiryPreview> {
        self.flush_logs().await?;
        let standing = self.store().standing(app.key).await?;
        Ok(preview(&standing, policy, self.clock().now().day()))
    }
}

impl DayStatistics {
    fn of(day: Day) -> DayStatistics {
        DayStatistics {
            day,
            created: 0,
            returned: RETURNS.map(|days| (days, 0)),
            linked: BTreeMap::new(),
            expired: 0,
            deleted: 0,
            logins: BTreeMap::new(),
        }
    }

    fn add(&mut self, what: Tallied, n: u64) {
        match what {
            Tallied::Returned(after) => {
                let counted = self.returned.iter_mut().filter(|(days, _)| *days == after);
                counted.for_each(|(_, guests)| *guests += n);
            }
            Tallied::Linked(provider) => *self.linked.entry(provider).or_default() += n,
            // Of all days together.
            Tallied::LinkedAfter(_) => {}
            Tallied::Expired => self.expired += n,
            Tallied::Deleted => self.deleted += n,
            Tallied::LoggedIn(provider) => *self.logins.entry(provider).or_default() += n,
        }
    }
}

impl Live {
    fn of(standing: &Standing) -> Live {
        let guests = standing.made.iter().chain(&standing.brought).map(|(_, guests)| guests).sum();
        Live { guests, people: standing.people, servers: standing.servers }
    }
}

/// The wait that half of those who waited did not exceed.
fn median(waits: &BTreeMap<Wait, u64>) -> Option<Wait> {
    let half = waits.values().sum::<u64>().div_ceil(2);
    let mut reached = 0;
    waits.iter().find_map(|(wait, n)| {
        reached += n;
        (reached >= half).then_some(*wait)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_what_half_did_not_exceed() {
        let of = |waits: &[(i64, u64)]| median(&waits.iter().map(|(s, n)| (Wait::of(*s), *n)).collect());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(3, 1)]), Some(Wait::of(3)));
        assert_eq!(of(&[(1, 1), (3, 1)]), Some(Wait::of(1)));
        assert_eq!(of(&[(1, 2), (100, 3)]), Some(Wait::of(100)));
    }
}
