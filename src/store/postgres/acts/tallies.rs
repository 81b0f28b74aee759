//! What acts count, read and written.

use tokio_postgres::Row;

use crate::model::{AppKey, Day, UserId};
use crate::store::Result;
use crate::store::postgres::bind::{List, params};
use crate::store::postgres::writer::Desk;
use crate::store::postgres::{row, sql};
pub(super) use crate::store::tallies::{Guest, Tallies};

/// Reads `user_columns!()` of a guest.
pub(super) fn read(row: &Row) -> Result<Guest> {
    let cells = row::Cells::new(row, "users", 0);
    let last_seen = cells.get::<Option<i64>>(4)?.map(Day);
    Ok(Guest::new(UserId(cells.object_id(0)?), last_seen, cells.get::<Option<String>>(5)?.is_some()))
}

/// The guest of an id, if it is one.
pub(super) async fn guest(desk: &Desk, app: AppKey, id: UserId) -> Result<Option<Guest>> {
    row::one(desk.connection(), sql::GUEST, params![app.0, id.0.0], read).await
}

/// Writes what was counted, last of all that an act does: others wait for these rows until it is over.
pub(super) async fn write(desk: &Desk, app: AppKey, tallies: Tallies) -> Result<()> {
    let (mut whats, mut days, mut whiches, mut ns) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (what, day, which, n) in tallies.counted() {
        whats.push(what);
        days.push(day.0);
        whiches.push(which);
        ns.push(n);
    }
    if ns.is_empty() {
        return Ok(());
    }
    let params = params![app.0, List(whats), List(days), List(whiches), List(ns)];
    desk.run(sql::ADD_TO_TALLIES, params).await?;
    Ok(())
}
