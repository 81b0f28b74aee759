//! What acts count, read and written.

use tokio_postgres::Row;

use crate::model::{AppKey, Day, UserId};
use crate::store::Result;
use crate::store::postgres::bind::{List, params};
use crate::store::postgres::connection::Last;
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

/// Has what was counted written last of all that an act does: others wait for these rows until it is over.
pub(super) fn write(desk: &Desk, app: AppKey, tallies: Tallies) {
    let (mut whats, mut days, mut whiches, mut ns) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (what, day, which, n) in tallies.counted() {
        whats.push(what);
        days.push(day.0);
        whiches.push(which);
        ns.push(n);
    }
    if !ns.is_empty() {
        desk.say_last(Last {
            statement: sql::ADD_TO_TALLIES,
            params: vec![
                Box::new(app.0),
                Box::new(List(whats)),
                Box::new(List(days)),
                Box::new(List(whiches)),
                Box::new(List(ns)),
            ],
        });
    }
}
