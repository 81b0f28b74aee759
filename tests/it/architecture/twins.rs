//! The engines are twins: who knows the folder of one finds everything at the same place in the other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{root, text};

/// Files that one engine has alone, each with why.
const FILES: &[(&str, &[&str])] = &[
    ("a database is elsewhere, and the way to it is private", &["address.rs", "connection.rs", "pool.rs"]),
    (
        "a URL has many parts",
        &[
            "address/parameters.rs",
            "address/parse.rs",
            "address/passwords.rs",
            "address/tests.rs",
            "address/tls.rs",
        ],
    ),
    ("what a round trip carries is gathered first", &["bearers.rs", "guests.rs", "queue.rs"]),
    ("the driver takes values its own way", &["bind.rs"]),
    ("one role makes the schema, another serves", &["grants.rs"]),
    ("many servers share a database", &["acts/lease.rs", "watch.rs"]),
    ("the catalog of a database says what SQLite's pragmas say", &["sql/care.rs"]),
    ("a planner may choose another index than the one that is meant", &["tests/load.sql", "tests/plans.rs"]),
    ("an index is named in the statement itself", &["listing/tests.rs"]),
];

/// Statements that one engine has alone, each with why.
const STATEMENTS: &[(&str, &[&str])] = &[
    ("SQLite's one transaction holds many acts", &["SAVEPOINT", "RELEASE", "UNDO"]),
    ("SQLite keeps a log beside the file", &["LOG_PAGES", "FOLD_LOG", "FOLD_LOG_AWAY"]),
    ("a file is copied and examined by its engine", &["VACUUM_INTO", "QUICK_CHECK", "SQLITE_VERSION"]),
    (
        "a database tells its settings, roles and clock",
        &["CARE_REPLICATION", "CARE_ROLE", "CARE_SETTINGS", "CARE_WAY", "ENCODING", "ENGINE_TIME"],
    ),
    (
        "the number of the schema is in a row, and one of many servers changes it",
        &["ANY_TABLE", "ONE_MIGRATES", "SCHEMA", "SERVER_EXISTS", "SET_SCHEMA"],
    ),
    ("one role makes the schema, another serves", &["CURRENT_SCHEMA", "OWN_COLUMNS", "OWN_TABLES"]),
    ("many servers share a database", &["CHANGES", "LEAVE_A_MARK", "LISTEN", "TAKE_LEASE"]),
    (
        "of many writers each holds what it changes",
        &[
            "INSERT_ADDRESS",
            "LOCK_ADDRESS",
            "LOCK_ADDRESS_OF",
            "LOCK_ADDRESS_OF_TOKEN",
            "LOCK_CLAIMANT",
            "LOCK_USER",
            "LOCK_USER_OF_CREDENTIAL",
            "LOCK_USER_OF_RESET_TOKEN",
            "LOCK_USER_OF_SERVER_KEY",
        ],
    ),
    (
        "what a round trip carries is gathered first",
        &[
            "ADD_TO_TALLY",
            "ADD_TO_TALLIES",
            "BEARERS",
            "CLAIMANT_NOW",
            "DELETE_SESSIONS_OF_ALL",
            "IDENTITIES_OF",
            "INSERT_EVENT",
            "INSERT_EVENTS",
            "INSERT_GUESTS",
            "INSERT_GUESTS_AND_MORE",
            "INSERT_LOG",
            "INSERT_LOGS",
            "SESSION_OF_CLAIMANT",
            "SESSIONS_THERE",
        ],
    ),
];

#[test]
fn the_engines_have_the_same_files() {
    let [sqlite, postgres] = ["sqlite", "postgres"].map(|engine| {
        let folder = root().join("src/store").join(engine);
        let below = |file: &PathBuf| file.strip_prefix(&folder).unwrap().display().to_string();
        files(&folder).iter().map(below).collect()
    });
    assert_twins(&sqlite, &postgres, FILES);
}

#[test]
fn the_engines_have_the_same_migrations() {
    let names = |engine| -> Vec<String> {
        let files = files(&root().join("migrations").join(engine));
        files.iter().map(|file| file.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn the_engines_say_the_same_things() {
    let [sqlite, postgres] = ["sqlite", "postgres"].map(statements);
    assert!(sqlite.len() > 150, "{sqlite:?}");
    assert_twins(&sqlite, &postgres, STATEMENTS);
}

/// What only one has is listed, and nothing else is.
fn assert_twins(one: &BTreeSet<String>, other: &BTreeSet<String>, listed: &[(&str, &[&str])]) {
    let alone: BTreeSet<&str> = one.symmetric_difference(other).map(String::as_str).collect();
    let listed: BTreeSet<&str> = listed.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let unsaid: Vec<_> = alone.difference(&listed).collect();
    assert!(unsaid.is_empty(), "one engine alone has {unsaid:?}: say why, or give the other its twin");
    let gone: Vec<_> = listed.difference(&alone).collect();
    assert!(gone.is_empty(), "both engines or none have {gone:?}");
}

/// The names of an engine's statements.
fn statements(engine: &str) -> BTreeSet<String> {
    let folder = root().join("src/store").join(engine);
    let sources = [vec![folder.join("sql.rs")], files(&folder.join("sql"))].concat();
    let name = |line: &str| {
        let (name, _) = line.trim_start().split_once(" =")?;
        let is_name = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        (is_name && !name.is_empty()).then(|| name.to_owned())
    };
    sources.iter().flat_map(|source| text(source).lines().filter_map(name).collect::<Vec<_>>()).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
