//! What there is of PostgreSQL: where stores are moved to.

mod lives;
mod refusals;
mod rows;

use std::path::Path;

use passerby::model::{GroupId, ObjectId, Timestamp};
use passerby::store::copying::{Kind, SERVER, TABLES, Table};
use passerby::store::sqlite::{Options, Sqlite};
use passerby::store::{Found, Store};
use rusqlite::Connection;
use rusqlite::types::Value;
use serde_json::Value as Json;

use crate::support::{Database, Ran, passerby, passerby_with};

/// An empty store, of the role that owns it: who moves is no server.
fn made() -> Database {
    let database = Database::bare();
    let ran = passerby_with(&[("PASSERBY_STORE", &database.url())], ["migrate-store"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    database
}

/// Columns that hold more than a small number.
const LARGE: [&str; 15] = [
    "founded",
    "latest_time",
    "created",
    "expires",
    "until",
    "blocks_until",
    "reset_until",
    "at",
    "due",
    "started",
    "completed",
    "last_seen",
    "refresh_token_seconds",
    "day",
    "logins",
];

/// A store in a data directory with rows in every table: of each kind, with nulls where there may be some, and more than
/// are read at once.
fn filled(data: &Path) {
    empty(data, 1);
    let mut file = Connection::open(data.join("passerby.db")).unwrap();
    let step = file.transaction().unwrap();
    for table in TABLES.iter().filter(|table| **table != *SERVER) {
        let nullable = nullable(&step, table);
        let names: Vec<_> = table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        let places = vec!["?"; names.len()].join(", ");
        let sql = format!("insert into \"{}\" ({}) values ({places})", table.name, names.join(", "));
        let mut insert = step.prepare(&sql).unwrap();
        for n in 0..rows_of(table) {
            let values = table.columns.iter().enumerate().map(|(place, column)| {
                let is_null = nullable.contains(&column.name.to_owned()) && (n + place as i64) % 3 == 0;
                if is_null { Value::Null } else { value(table, column.name, column.kind, n) }
            });
            insert
                .execute(rusqlite::params_from_iter(values))
                .unwrap_or_else(|error| panic!("{}: {error}", table.name));
        }
    }
    step.execute("update server set latest_time = 5000000000", ()).unwrap();
    step.commit().unwrap();
}

/// A store that a server used once.
fn empty(data: &Path, group: u32) {
    std::fs::create_dir_all(data).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Sqlite::open(Options::new(data.join("passerby.db"))).unwrap();
        let now = Timestamp(1_795_500_000);
        let group_id = GroupId(ObjectId::from_parts(now, [group as u8; 5], group));
        store.found(Found { group_id, now }).await.unwrap();
        store.close().await.unwrap();
    });
}

fn rows_of(table: &Table) -> i64 {
    match table.name {
        "users" | "sessions" => 9_001,
        "identities" | "claims" => 4_000,
        _ => 2 * i64::from(table.page.min(30)) + 1,
    }
}

fn value(table: &Table, column: &str, kind: Kind, n: i64) -> Value {
    match kind {
        Kind::Number if table.key == 1 && table.columns[0].name == column => Value::Integer(n + 1),
        Kind::Number if column == "app" => Value::Integer(n % 3 + 1),
        Kind::Number if LARGE.contains(&column) => Value::Integer(5_000_000_000 + n),
        // Small, and no key has the same twice.
        Kind::Number if table.name == "claims" || table.name == "identities" => Value::Integer(n % 7),
        Kind::Number => Value::Integer(n % 100),
        Kind::Text if table.name == "identities" && column == "data" => {
            Value::Text(format!(r#"{{"email":"Ada{n}@People.example","name":"Ä{n}","n":{n}}}"#))
        }
        Kind::Text => Value::Text(format!("{n} ä'\"\\ \u{10ffff}\t{column}")),
        Kind::Bytes => Value::Blob([&n.to_be_bytes()[..], column.as_bytes()].concat()),
    }
}

fn nullable(file: &Connection, table: &Table) -> Vec<String> {
    columns(file, table.name).into_iter().filter(|(_, not_null)| !not_null).map(|(name, _)| name).collect()
}

/// A table's columns in a file, with whether they are never null.
fn columns(file: &Connection, table: &str) -> Vec<(String, bool)> {
    let mut info = file.prepare(&format!("pragma table_info(\"{table}\")")).unwrap();
    let read = |row: &rusqlite::Row| Ok((row.get("name")?, row.get("notnull")?));
    info.query_map((), read).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Everything that is in a file, table by table.
fn all_of(data: &Path) -> Vec<(String, Vec<Vec<Value>>)> {
    let file = Connection::open(data.join("passerby.db")).unwrap();
    let mut names =
        file.prepare("select name from sqlite_schema where type = 'table' order by name").unwrap();
    let names: Vec<String> =
        names.query_map((), |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let rows = |name: &String| {
        let mut rows = file.prepare(&format!("select * from \"{name}\"")).unwrap();
        let number = rows.column_count();
        let read = |row: &rusqlite::Row| (0..number).map(|column| row.get(column)).collect();
        let mut all: Vec<Vec<Value>> = rows.query_map((), read).unwrap().collect::<Result<_, _>>().unwrap();
        all.sort_by_key(|row| format!("{row:?}"));
        all
    };
    names.iter().map(|name| (name.clone(), rows(name))).collect()
}

/// A database as messages name it.
fn named(database: &Database) -> String {
    let url = database.url();
    let (_, place) = url.rsplit_once('@').unwrap();
    format!("postgres@{place}")
}

/// Runs `passerby move --json` with what follows.
fn moving(arguments: &[&str]) -> Ran {
    passerby(["move", "--json"].iter().chain(arguments))
}

fn move_to(data: &Path, database: &Database) -> Ran {
    moving(&["--from", data.to_str().unwrap(), "--to", &database.url()])
}

fn move_back(database: &Database, data: &Path) -> Ran {
    moving(&["--from", &database.url(), "--to", data.to_str().unwrap()])
}

fn compared(data: &Path, database: &Database) -> Ran {
    moving(&["--verify", "--from", data.to_str().unwrap(), "--to", &database.url()])
}

/// The tables that a move lists, after it went well.
fn tables(ran: &Ran) -> Vec<(String, u64, String)> {
    // The tests' URLs hold their password.
    let warned = ran.err.is_empty()
        || ran.err.starts_with("warning: the password in a URL") && ran.err.lines().count() == 1;
    assert!(ran.code == 0 && warned, "{ran:?}");
    let done: Json = serde_json::from_str(&ran.out).unwrap();
    let table = |table: &Json| {
        (
            table["table"].as_str().unwrap().to_owned(),
            table["rows"].as_u64().unwrap(),
            table["sha256"].to_string(),
        )
    };
    done["tables"].as_array().unwrap().iter().map(table).collect()
}
