//! What acts count, read and written.

use rusqlite::{Row, params};

use crate::model::{AppKey, Day, UserId};
use crate::store::Result;
use crate::store::sqlite::writer::Desk;
use crate::store::sqlite::{row, sql};
pub(super) use crate::store::tallies::{Guest, Tallies};

/// Reads `user_columns!()` of a guest.
pub(super) fn read(row: &Row<'_>) -> Result<Guest> {
    let cells = row::Cells::new(row, "users", 0);
    let last_seen = cells.get::<Option<i64>>(4)?.map(Day);
    Ok(Guest::new(UserId(cells.object_id(0)?), last_seen, cells.get::<Option<String>>(5)?.is_some()))
}

/// The guest of an id, if it is one.
pub(super) fn guest(desk: &Desk, app: AppKey, id: UserId) -> Result<Option<Guest>> {
    row::one(desk.connection(), sql::GUEST, params![app.0, id.0.0], read)
}

/// Writes what was counted.
pub(super) fn write(desk: &Desk, app: AppKey, tallies: Tallies) -> Result<()> {
    for (what, day, which, n) in tallies.counted() {
        desk.run(sql::ADD_TO_TALLY, params![app.0, what, day.0, which, n])?;
    }
    Ok(())
}
