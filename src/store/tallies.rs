//! What acts count by day, in the commit that does them, on any engine. A guest's login counts nothing here: whatever
//! else happens to guests is rarer.

use std::collections::BTreeMap;

use crate::model::{Day, ProviderType, Tallied, Timestamp, UserId, UserType, Wait};

/// Guests made here, but for their logins: by the last day of activity.
pub(super) const ACTIVE: u8 = 0;
/// The same: by the day they were made.
pub(super) const MADE: u8 = 1;
/// Guests brought from elsewhere.
pub(super) const BROUGHT: u8 = 2;
/// People who are no guests.
pub(super) const PEOPLE: u8 = 3;
/// Users made with server API keys.
pub(super) const SERVERS: u8 = 4;

/// What one act counts, each once.
#[derive(Default)]
pub(super) struct Tallies(BTreeMap<(u8, Day, u8), i64>);

/// What of a guest decides where it is counted.
pub(super) struct Guest {
    id: UserId,
    last_seen: Option<Day>,
    brought: bool,
}

impl Guest {
    /// A guest by what its row says.
    pub(super) fn new(id: UserId, last_seen: Option<Day>, brought: bool) -> Guest {
        Guest { id, last_seen, brought }
    }

    fn made(&self) -> Day {
        self.id.0.created().day()
    }

    /// Whether activity on a day is later than what is known. The day a guest was made stands in its id already.
    pub(super) fn is_later(&self, day: Day) -> bool {
        day > self.made() && self.last_seen.is_none_or(|seen| seen < day)
    }

    fn active(&self) -> (u8, Day) {
        (if self.brought { BROUGHT } else { ACTIVE }, self.last_seen.unwrap_or(self.made()))
    }
}

impl Tallies {
    fn add(&mut self, what: u8, day: Day, which: u8, n: i64) {
        *self.0.entry((what, day, which)).or_default() += n;
    }

    /// Something that is counted once.
    pub(super) fn of(day: Day, what: Tallied) -> Tallies {
        let mut tallies = Tallies::default();
        tallies.count(day, what);
        tallies
    }

    /// Counts something once.
    pub(super) fn count(&mut self, day: Day, what: Tallied) {
        let (what, which) = what.numbers();
        self.add(what, day, which, 1);
    }

    /// A guest comes from elsewhere.
    pub(super) fn brought(&mut self, day: Day) {
        self.add(BROUGHT, day, 0, 1);
    }

    /// A guest comes back on a later day.
    pub(super) fn seen(&mut self, guest: &Guest, day: Day) {
        let (what, before) = guest.active();
        self.add(what, before, 0, -1);
        self.add(what, day, 0, 1);
        if let Some(returned) = Tallied::returned(day.0 - guest.made().0).filter(|_| !guest.brought) {
            self.count(guest.made(), returned);
        }
    }

    /// A guest is one no more, but someone.
    pub(super) fn became_someone(&mut self, guest: &Guest) {
        self.left(guest);
        self.came(guest.id, UserType::Normal);
    }

    /// A guest is gone, or is one no more.
    pub(super) fn left(&mut self, guest: &Guest) {
        let (what, day) = guest.active();
        self.add(what, day, 0, -1);
        if !guest.brought {
            self.add(MADE, guest.made(), 0, -1);
        }
    }

    /// A guest becomes someone by an identity that it proved now.
    pub(super) fn linked(&mut self, guest: &Guest, provider: ProviderType, now: Timestamp) {
        if !guest.brought {
            self.count(guest.made(), Tallied::Linked(provider));
            self.count(guest.made(), Tallied::LinkedAfter(Wait::of(now.0 - guest.id.0.created().0)));
        }
    }

    /// Somebody who is no guest is there now.
    pub(super) fn came(&mut self, user: UserId, kind: UserType) {
        self.add(standing(kind), user.0.created().day(), 0, 1);
    }

    /// Somebody who is no guest is gone.
    pub(super) fn went(&mut self, user: UserId, kind: UserType) {
        self.add(standing(kind), user.0.created().day(), 0, -1);
    }

    /// What was counted, in the order of its keys: what, day, which, and how many.
    pub(super) fn counted(self) -> impl Iterator<Item = (u8, Day, u8, i64)> {
        self.0.into_iter().map(|((what, day, which), n)| (what, day, which, n))
    }
}

fn standing(kind: UserType) -> u8 {
    match kind {
        UserType::Normal => PEOPLE,
        UserType::Server => SERVERS,
    }
}
