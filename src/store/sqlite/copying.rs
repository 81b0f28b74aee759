//! The store as its rows, in a file that no server has, or that one has and goes on with.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row as Found, ToSql, params_from_iter};

use super::open::{self, OpenError, Options};
use super::readers::elsewhere;
use super::row;
use crate::store::copying::{Copying, Kind, Mark, Row, Table, Value, parameters};
use crate::store::{Answer, Error, Result};

/// After how many pages the log is folded into the file.
const FOLD_PAGES: u32 = 4_000;

// What is said of a move is in a table that is there only as long as something is said.
const MARKED: &str = "select 1 from sqlite_schema where type = 'table' and name = 'moving'";
const MAKE_MARK: &str =
    "create table moving (state integer not null, place text not null, store blob) strict";
const SET_MARK: &str = "insert into moving (state, place, store) values (?1, ?2, ?3)";
const MARK: &str = "select state, place, store from moving";
const UNMARK: &str = "drop table if exists moving";

/// A store as its rows.
pub struct Rows {
    connection: Arc<Mutex<Connection>>,
    place: String,
    #[expect(dead_code, reason = "held for its drop")]
    lock: Option<Arc<File>>,
}

impl Rows {
    /// Opens a file that nobody else has, making it when there is none, whatever it says of a move.
    pub fn open(options: Options, place: String) -> std::result::Result<Rows, OpenError> {
        let opened = open::open_marked(options)?;
        let set_up =
            opened.writer.pragma_update_and_check(None, "wal_autocheckpoint", FOLD_PAGES, |_| Ok(()));
        set_up.map_err(|error| OpenError::Sqlite(opened.path, error))?;
        let connection = Arc::new(Mutex::new(opened.writer));
        Ok(Rows { connection, place, lock: Some(Arc::new(opened.lock)) })
    }

    /// The rows of a store that is open, to be read.
    pub(super) fn beside(path: &Path, lock: Arc<File>) -> Result<Rows> {
        let place = path.parent().unwrap_or(path).display().to_string();
        let connection = open::connect(path, PASSING_CACHE_KIB)?;
        Ok(Rows { connection: Arc::new(Mutex::new(connection)), place, lock: Some(lock) })
    }

    fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Answer<'static, T> {
        let connection = Arc::clone(&self.connection);
        elsewhere(move || work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// The cache of a connection that passes over everything once, in KiB.
const PASSING_CACHE_KIB: u32 = 2 << 10;

impl Copying for Rows {
    fn page<'a>(
        &'a self,
        table: &'static Table,
        after: Option<&'a [Value]>,
        limit: u32,
    ) -> Answer<'a, Vec<Row>> {
        let (names, key) = (table.names(), table.key_names());
        let past = match after {
            Some(_) => format!("where ({key}) > ({})", parameters('?', table.key)),
            None => String::new(),
        };
        let query = format!("select {names} from \"{}\" {past} order by {key} limit {limit}", table.name);
        let after = after.unwrap_or_default().to_vec();
        self.work(move |connection| {
            row::all(connection, &query, params_from_iter(&after), |row| read(table, row))
        })
    }

    fn count(&self, table: &'static Table) -> Answer<'_, u64> {
        let query = format!("select count(*) from \"{}\"", table.name);
        self.work(move |connection| {
            let number: i64 = connection.query_row(&query, (), |row| row.get(0))?;
            Ok(u64::try_from(number).unwrap_or_default())
        })
    }

    fn add(&self, table: &'static Table, rows: Vec<Row>) -> Answer<'_, ()> {
        let (name, names, values) = (table.name, table.names(), parameters('?', table.columns.len()));
        // Only what must be unique may be passed over: any other constraint is an error.
        let statement = match table.stays() {
            true => format!("update {name} set ({names}) = ({values})"),
            false => format!("insert into \"{name}\" ({names}) values ({values}) on conflict do nothing"),
        };
        self.work(move |connection| write(connection, &statement, &rows, table.columns.len()))
    }

    fn remove(&self, table: &'static Table, rows: Vec<Row>) -> Answer<'_, ()> {
        let (key, values) = (table.key_names(), parameters('?', table.key));
        let statement = format!("delete from \"{}\" where ({key}) = ({values})", table.name);
        self.work(move |connection| write(connection, &statement, &rows, table.key))
    }

    fn mark(&self) -> Answer<'_, Option<Mark>> {
        self.work(|connection| Ok(mark(connection)?))
    }

    fn set_mark(&self, mark: Option<Mark>) -> Answer<'_, ()> {
        self.work(move |connection| Ok(set_mark(connection, mark)?))
    }

    /// The lock on a file says so.
    fn is_alone(&self) -> Answer<'_, bool> {
        Box::pin(std::future::ready(Ok(true)))
    }

    fn place(&self) -> &str {
        &self.place
    }
}

/// What a file says of a move.
pub(super) fn mark(connection: &Connection) -> rusqlite::Result<Option<Mark>> {
    if !connection.prepare(MARKED)?.exists(())? {
        return Ok(None);
    }
    connection.query_row(MARK, (), |row| Ok(Mark::read((row.get(0)?, row.get(1)?, row.get(2)?)))).optional()
}

fn set_mark(connection: &mut Connection, mark: Option<Mark>) -> rusqlite::Result<()> {
    let step = connection.transaction()?;
    step.execute_batch(UNMARK)?;
    if let Some(mark) = mark {
        step.execute_batch(MAKE_MARK)?;
        step.execute(SET_MARK, mark.write())?;
    }
    step.commit()
}

/// Runs a statement for each row with its first values, all in one transaction.
fn write(connection: &mut Connection, statement: &str, rows: &[Row], values: usize) -> Result<()> {
    let step = connection.transaction()?;
    {
        let mut statement = step.prepare_cached(statement)?;
        for row in rows {
            statement.execute(params_from_iter(row.iter().take(values)))?;
        }
    }
    Ok(step.commit()?)
}

fn read(table: &'static Table, row: &Found<'_>) -> Result<Row> {
    let mut values = Vec::with_capacity(table.columns.len());
    for (number, column) in table.columns.iter().enumerate() {
        values.push(match (row.get_ref(number)?, column.kind) {
            (ValueRef::Null, _) => Value::Null,
            (ValueRef::Integer(number), Kind::Number) => Value::Number(number),
            (ValueRef::Text(text), Kind::Text) => {
                let text =
                    std::str::from_utf8(text).map_err(|_| corrupt(table, column.name, "is no UTF-8"))?;
                Value::Text(text.to_owned())
            }
            (ValueRef::Blob(bytes), Kind::Bytes) => Value::Bytes(bytes.to_vec()),
            _ => return Err(corrupt(table, column.name, "is of another kind")),
        });
    }
    Ok(values)
}

fn corrupt(table: &'static Table, column: &str, what: &str) -> Error {
    Error::Corrupt { table: table.name, id: format!("{column} {what}") }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Number(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
