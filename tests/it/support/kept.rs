//! Where the tests' servers keep their data: in a file in each data directory, or, when `PASSERBY_TEST_STORE` says
//! `postgres`, in a database of each data directory's own. Every test that a store is behind goes with both.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use passerby::store::Store;
use passerby::store::sqlite::{self, Sqlite};
use rusqlite::types::ValueRef;

use super::postgres::Database;

/// The store of a data directory.
pub(crate) enum Kept {
    File(PathBuf),
    Database(Arc<Database>),
}

impl Kept {
    /// The store of a data directory, the same whenever it is asked for, and empty at first.
    pub(crate) fn of(data: &Path) -> Kept {
        match on_postgres() {
            false => Kept::File(data.join("passerby.db")),
            true => Kept::Database(database_of(data)),
        }
    }

    /// Opens it in this process.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        match self {
            Kept::File(path) => Arc::new(Sqlite::open(sqlite::Options::new(path)).expect("a store")),
            Kept::Database(database) => Arc::new(database.open().await),
        }
    }

    /// What a query answers that both engines understand: numbers and texts as they are, bytes in hexadecimal digits.
    pub(crate) fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        match self {
            Kept::File(path) => rows_of_file(path, sql),
            Kept::Database(database) => {
                let plain = |text: String| text.strip_prefix("\\x").map(str::to_owned).unwrap_or(text);
                database.rows(sql).into_iter().map(|row| row.into_iter().map(plain).collect()).collect()
            }
        }
    }

    /// Looks for damage as the engine itself does.
    pub(crate) fn assert_sound(&self) {
        match self {
            Kept::File(path) => assert_eq!(rows_of_file(path, "pragma integrity_check"), [["ok"]]),
            // What a database keeps of itself is its own affair: it is asked for every row, by the key and without.
            Kept::Database(database) => {
                let by_key = "set enable_seqscan = off; select count(id) from users";
                let without = "set enable_indexscan = off; set enable_indexonlyscan = off;
                               set enable_bitmapscan = off; select count(id) from users";
                assert_eq!(database.rows(by_key), database.rows(without));
            }
        }
    }

    /// What tells a command where the store is, beyond the data directory.
    pub(super) fn variable(&self) -> Option<(&'static str, String)> {
        match self {
            Kept::File(_) => None,
            Kept::Database(database) => Some(database.variable()),
        }
    }
}

/// Which engine the tests' servers are on.
pub(crate) fn on_postgres() -> bool {
    match env::var("PASSERBY_TEST_STORE").as_deref() {
        Err(_) | Ok("sqlite") => false,
        Ok("postgres") => true,
        Ok(other) => panic!("PASSERBY_TEST_STORE is {other}: expected sqlite or postgres"),
    }
}

fn database_of(data: &Path) -> Arc<Database> {
    static DATABASES: Mutex<BTreeMap<PathBuf, Arc<Database>>> = Mutex::new(BTreeMap::new());
    let data = std::path::absolute(data).expect("a path");
    let mut databases = DATABASES.lock().expect("no test died here");
    if let Some(database) = databases.get(&data) {
        return Arc::clone(database);
    }
    databases.retain(|data, _| is_of_a_running_test(data));
    drop(databases);
    // Each directory is one test's, so nobody makes a second one meanwhile.
    let database = Arc::new(Database::fresh());
    DATABASES.lock().expect("no test died here").insert(data, Arc::clone(&database));
    database
}

/// Tests have their data in temporary directories, which go when they end.
fn is_of_a_running_test(data: &Path) -> bool {
    let Ok(below) = data.strip_prefix(env::temp_dir()) else { return true };
    below.components().next().is_some_and(|first| env::temp_dir().join(first).exists())
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
