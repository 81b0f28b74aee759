//! A bite of expiry, and what is asked for in bulk.

use crate::store::postgres::bind::{List, params};
use tokio_postgres::Row;

use super::events;
use super::tallies::{self, Guest, Tallies};
use crate::model::{Tallied, User, UserId};
use crate::store::postgres::asks::after;
use crate::store::postgres::failure::refuse_nul;
use crate::store::postgres::writer::{Act, Desk};
use crate::store::postgres::{row, sql};
use crate::store::rule::Due;
use crate::store::{Expire, Expired, PutGuestDeletion, Result};

/// How many rows are looked at for each guest that may be removed.
const LOOKS_PER_REMOVAL: u32 = 16;

impl Act for Expire {
    type Done = Expired;

    async fn perform(&self, desk: &Desk) -> Result<Expired> {
        let Some(due) = Due::at(self.policy, self.now) else {
            return Ok(Expired { removed: Vec::new(), after: self.after, more: false });
        };
        let limit = self.limit.max(1) as usize;
        let stretch = look_ahead(self, desk, due, limit).await?;
        let mut removed = match stretch.last {
            Some(last) => delete_up_to(self, desk, due, last).await?,
            None => Vec::new(),
        };
        let left = limit - removed.len().min(limit);
        let mut more = stretch.goes_on || left == 0;
        if left > 0 {
            let seen = delete_seen(self, desk, due, left).await?;
            more |= seen.len() == left;
            removed.extend(seen);
        }
        let gone = List(removed.iter().map(|(user, _)| user.id.0.0).collect());
        desk.run(sql::DELETE_SESSIONS_OF_ALL, params![self.app.0, gone]).await?;
        let mut tallies = Tallies::default();
        for (_, guest) in &removed {
            tallies.left(guest);
            tallies.count(self.now.day(), Tallied::Expired);
        }
        if self.events {
            let expired = removed.iter().map(|(user, _)| events::of_expiry(self.app, user, self.now));
            events::keep(desk, &expired.collect::<Result<Vec<_>>>()?).await?;
        }
        tallies::write(desk, self.app, tallies);
        let mut removed: Vec<UserId> = removed.into_iter().map(|(user, _)| user.id).collect();
        removed.sort_unstable();
        Ok(Expired { removed, after: stretch.last.or(self.after), more })
    }
}

impl Act for PutGuestDeletion {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        refuse_nul(self.becomes.as_deref())?;
        Ok(desk.run(sql::PUT_GUEST_DELETION, params![self.app.0, self.was, self.becomes]).await? > 0)
    }
}

/// How far along the users a bite goes.
struct Stretch {
    /// The last user of it.
    last: Option<UserId>,
    /// Whether users after it may be due as well.
    goes_on: bool,
}

/// Finds the user at which the bite is full: so many removals, or so many rows.
async fn look_ahead(act: &Expire, desk: &Desk, due: Due, limit: usize) -> Result<Stretch> {
    let rows = act.limit.max(1).saturating_mul(LOOKS_PER_REMOVAL);
    let Due { made_before, seen_before, brought_before } = due;
    let cursor = after(&act.after);
    let params = params![act.app.0, cursor, made_before.0.0, seen_before, brought_before, rows];
    let found = desk.rows(sql::LOOK_AHEAD, params).await?;
    let mut stretch = Stretch { last: None, goes_on: false };
    let (mut looks, mut removals) = (0, 0);
    for row in &found {
        stretch.last = Some(row::user_id(row)?);
        looks += 1;
        removals += usize::from(row::Cells::new(row, "users", 0).get::<bool>(1)?);
        if removals == limit || looks == rows {
            stretch.goes_on = true;
            break;
        }
    }
    Ok(stretch)
}

async fn delete_up_to(act: &Expire, desk: &Desk, due: Due, last: UserId) -> Result<Vec<(User, Guest)>> {
    let Due { made_before, seen_before, brought_before } = due;
    let cursor = after(&act.after);
    let params = params![act.app.0, cursor, made_before.0.0, seen_before, brought_before, last.0.0];
    row::all(desk.connection(), sql::DELETE_DUE_UP_TO, params, removed).await
}

async fn delete_seen(act: &Expire, desk: &Desk, due: Due, limit: usize) -> Result<Vec<(User, Guest)>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let Due { made_before, seen_before, brought_before } = due;
    let params = params![act.app.0, limit, made_before.0.0, seen_before, brought_before];
    row::all(desk.connection(), sql::DELETE_DUE_SEEN, params, removed).await
}

fn removed(row: &Row) -> Result<(User, Guest)> {
    Ok((row::user(row)?, tallies::read(row)?))
}
