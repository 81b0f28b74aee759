//! A bite of expiry, and what is asked for in bulk.

use rusqlite::{Row, params};

use super::events;
use super::tallies::{self, Guest, Tallies};
use super::users::delete_sessions_of;
use crate::model::{Tallied, User, UserId};
use crate::store::rule::Due;
use crate::store::sqlite::asks::after;
use crate::store::sqlite::failure::refuse_nul;
use crate::store::sqlite::writer::{Act, Desk};
use crate::store::sqlite::{row, sql};
use crate::store::{Expire, Expired, PutGuestDeletion, Result};

/// How many rows are looked at for each guest that may be removed.
const LOOKS_PER_REMOVAL: u32 = 16;

impl Act for Expire {
    type Done = Expired;

    fn perform(&self, desk: &mut Desk) -> Result<Expired> {
        let Some(due) = Due::at(self.policy, self.now) else {
            return Ok(Expired { removed: Vec::new(), after: self.after, more: false });
        };
        let limit = self.limit.max(1) as usize;
        let stretch = self.look_ahead(desk, due, limit)?;
        let mut removed = match stretch.last {
            Some(last) => self.delete_up_to(desk, due, last)?,
            None => Vec::new(),
        };
        let left = limit - removed.len().min(limit);
        let mut more = stretch.goes_on || left == 0;
        if left > 0 {
            let seen = self.delete_seen(desk, due, left)?;
            more |= seen.len() == left;
            removed.extend(seen);
        }
        let mut tallies = Tallies::default();
        for (user, guest) in &removed {
            tallies.left(guest);
            tallies.count(self.now.day(), Tallied::Expired);
            delete_sessions_of(desk, self.app, user.id)?;
            if self.events {
                events::keep_expiry(desk, self.app, user, self.now)?;
            }
        }
        tallies::write(desk, self.app, tallies)?;
        let mut removed: Vec<UserId> = removed.into_iter().map(|(user, _)| user.id).collect();
        removed.sort_unstable();
        Ok(Expired { removed, after: stretch.last.or(self.after), more })
    }
}

impl Act for PutGuestDeletion {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        refuse_nul(self.becomes.as_deref())?;
        Ok(desk.run(sql::PUT_GUEST_DELETION, params![self.app.0, self.was, self.becomes])? > 0)
    }
}

/// How far along the users a bite goes.
struct Stretch {
    /// The last user of it.
    last: Option<UserId>,
    /// Whether users after it may be due as well.
    goes_on: bool,
}

impl Expire {
    /// Finds the user at which the bite is full: so many removals, or so many rows.
    fn look_ahead(&self, desk: &Desk, due: Due, limit: usize) -> Result<Stretch> {
        let rows = self.limit.max(1).saturating_mul(LOOKS_PER_REMOVAL);
        let mut statement = desk.connection().prepare_cached(sql::LOOK_AHEAD)?;
        let Due { made_before, seen_before, brought_before } = due;
        let cursor = after(&self.after);
        let params = params![self.app.0, cursor, made_before.0.0, seen_before, brought_before, rows];
        let mut found = statement.query(params)?;
        let mut stretch = Stretch { last: None, goes_on: false };
        let (mut looks, mut removals) = (0, 0);
        while let Some(row) = found.next()? {
            stretch.last = Some(row::user_id(row)?);
            looks += 1;
            removals += usize::from(row.get::<_, bool>(1)?);
            if removals == limit || looks == rows {
                stretch.goes_on = true;
                break;
            }
        }
        Ok(stretch)
    }

    fn delete_up_to(&self, desk: &Desk, due: Due, last: UserId) -> Result<Vec<(User, Guest)>> {
        let Due { made_before, seen_before, brought_before } = due;
        let cursor = after(&self.after);
        let params = params![self.app.0, cursor, made_before.0.0, seen_before, brought_before, last.0.0];
        row::all(desk.connection(), sql::DELETE_DUE_UP_TO, params, |row| self.removed(desk, row))
    }

    fn delete_seen(&self, desk: &Desk, due: Due, limit: usize) -> Result<Vec<(User, Guest)>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let Due { made_before, seen_before, brought_before } = due;
        let params = params![self.app.0, limit, made_before.0.0, seen_before, brought_before];
        row::all(desk.connection(), sql::DELETE_DUE_SEEN, params, |row| self.removed(desk, row))
    }

    fn removed(&self, desk: &Desk, row: &Row<'_>) -> Result<(User, Guest)> {
        Ok((row::user(desk.connection(), self.app, row)?, tallies::read(row)?))
    }
}
