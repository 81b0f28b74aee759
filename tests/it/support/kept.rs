//! Where the tests' servers keep their data: in a file in each data directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use passerby::store::Store;
use passerby::store::sqlite::{Options, Sqlite};
use rusqlite::types::ValueRef;

/// The store of a data directory.
pub(crate) enum Kept {
    File(PathBuf),
}

impl Kept {
    /// The store of a data directory, the same whenever it is asked for, and empty at first.
    pub(crate) fn of(data: &Path) -> Kept {
        Kept::File(data.join("passerby.db"))
    }

    /// Opens it in this process.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        match self {
            Kept::File(path) => Arc::new(Sqlite::open(Options::new(path)).expect("a store")),
        }
    }

    /// What a query answers that both engines understand: numbers and texts as they are, bytes in hexadecimal digits.
    pub(crate) fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        match self {
            Kept::File(path) => rows_of_file(path, sql),
        }
    }

    /// Looks for damage as the engine itself does.
    pub(crate) fn assert_sound(&self) {
        match self {
            Kept::File(path) => assert_eq!(rows_of_file(path, "pragma integrity_check"), [["ok"]]),
        }
    }
}

fn rows_of_file(path: &Path, sql: &str) -> Vec<Vec<String>> {
    let file = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("a file");
    let mut statement = file.prepare(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    let columns = statement.column_count();
    let text = |value: ValueRef| match value {
        ValueRef::Null => "null".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8(text.to_owned()).expect("UTF-8"),
        ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    let read = |row: &rusqlite::Row| (0..columns).map(|n| row.get_ref(n).map(text)).collect();
    statement.query_map((), read).expect("rows").collect::<Result<_, _>>().expect("rows")
}
