//! What acts count by day, in the commit that does them. A guest's login counts nothing here: whatever else happens to
//! guests is rarer.

use std::collections::BTreeMap;

use rusqlite::{Row, params};

use crate::model::{AppKey, Day, ProviderType, Tallied, Timestamp, UserId, UserType, Wait};
use crate::store::Result;
use crate::store::sqlite::writer::Desk;
use crate::store::sqlite::{row, sql};

/// Guests made here, but for their logins: by the last day of activity.
pub(in crate::store::sqlite) const ACTIVE: u8 = 0;
/// The same: by the day they were made.
pub(in crate::store::sqlite) const MADE: u8 = 1;
/// Guests brought from elsewhere.
pub(in crate::store::sqlite) const BROUGHT: u8 = 2;
/// People who are no guests.
pub(in crate::store::sqlite) const PEOPLE: u8 = 3;
/// Users made with server API keys.
pub(in crate::store::sqlite) const SERVERS: u8 = 4;

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
    /// Reads `user_columns!()` of a guest.
    pub(super) fn read(row: &Row<'_>) -> Result<Guest> {
        let cells = row::Cells::new(row, "users", 0);
        Ok(Guest {
            id: UserId(cells.object_id(0)?),
            last_seen: cells.get::<Option<i64>>(4)?.map(Day),
            brought: cells.get::<Option<String>>(5)?.is_some(),
        })
    }

    /// The guest of an id, if it is one.
    pub(super) fn of(desk: &Desk, app: AppKey, id: UserId) -> Result<Option<Guest>> {
        row::one(desk.connection(), sql::GUEST, params![app.0, id.0.0], Guest::read)
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

    /// Writes what was counted.
    pub(super) fn write(self, desk: &Desk, app: AppKey) -> Result<()> {
        for ((what, day, which), n) in self.0 {
            desk.run(sql::ADD_TO_TALLY, params![app.0, what, day.0, which, n])?;
        }
        Ok(())
    }
}

fn standing(kind: UserType) -> u8 {
    match kind {
        UserType::Normal => PEOPLE,
        UserType::Server => SERVERS,
    }
}
