//! The import law: rooms know their neighbours, not their neighbours' neighbours.
//!
//! The law is the table in `src/lib.rs`; what it says in words about engines, acts, crates and the clock stands below.
//! Sources are read as text, so the law also holds for code that a feature or `cfg(test)` hides.

mod common_ground;
mod law;
mod paths;
mod twins;
mod words;

use std::path::{Path, PathBuf};

use law::Law;
use paths::Source;

/// Lines of code, without comments and empty lines, that a file has at most.
const MOST_LINES: usize = 400;

/// Files that are longer, and why that is clearer.
const LONG: &[(&str, &str)] =
    &[("src/config.rs", "each setting stands in it as a flag, in a file, and as it is used")];

#[test]
fn rooms_import_only_what_the_law_allows() {
    let law = Law::read(&text(&root().join("src/lib.rs")));
    let broken: Vec<String> = sources().iter().flat_map(|source| law.broken_by(source)).collect();
    assert!(broken.is_empty(), "the import law is broken:\n{}", broken.join("\n"));
}

#[test]
fn the_law_names_every_room_and_no_other() {
    let lib = text(&root().join("src/lib.rs"));
    let mut rooms: Vec<&str> =
        lib.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    // The settings are a plain file beside the rooms: everything of ours that it names is listed in `law`.
    rooms.retain(|room| *room != "config");
    let law = Law::read(&lib);
    let mut named = law.rooms();
    rooms.sort_unstable();
    named.sort_unstable();
    assert_eq!(named, rooms);
}

/// Tests are lists: they may be as long as what they list.
#[test]
fn files_are_short_or_say_why_not() {
    let (sources, named) = (sources(), |file: &str| LONG.iter().any(|(long, _)| *long == file));
    let long: Vec<String> = sources
        .iter()
        .filter(|source| source.lines_of_code() > MOST_LINES && !named(&source.file))
        .filter(|source| !source.file.ends_with("/tests.rs") && !source.file.contains("/tests/"))
        .map(|source| format!("{}: {} lines of code", source.file, source.lines_of_code()))
        .collect();
    assert!(long.is_empty(), "longer than {MOST_LINES}: split them, or say why not:\n{}", long.join("\n"));
    for (file, _) in LONG {
        assert!(sources.iter().any(|source| source.file == *file), "{file} is gone");
    }
}

#[test]
fn every_way_to_name_a_room_is_seen() {
    let law = Law::read(&text(&root().join("src/lib.rs")));
    let cases = [
        ("src/model/x.rs", "use crate::store::Error;", "`model` may not import `store`"),
        ("src/model/x.rs", "fn f() { crate::auth::Auth::open() }", "`model` may not import `auth`"),
        ("src/model/x.rs", "use tokio::sync::Notify;", "`model` may not name the crate `tokio`"),
        ("src/auth/x.rs", "use super::super::http::Front;", "`auth` may not import `http`"),
        (
            "src/auth/x.rs",
            "use crate::{model::Day, store::{Ask, sqlite::Sqlite}};",
            "names the engine `store::sqlite`",
        ),
        ("src/auth/x.rs", "use crate::store;\nfn f() { store::sqlite::Sqlite::open(x) }", "x.rs:2: "),
        (
            "src/auth/x.rs",
            "use crate::store as s;\ntype T = s::sqlite::Sqlite;",
            "names the engine `store::sqlite`",
        ),
        (
            "src/auth/x.rs",
            "mod tests { use super::super::super::http::Front; }",
            "`auth` may not import `http`",
        ),
        ("src/auth/x.rs", "pub use crate::store::Store;", "hands on what is of `store`"),
        ("src/auth/x.rs", "const Q: &str = \"select 1 from users\";", "speaks SQL"),
        ("src/auth/x.rs", "use rusqlite::Connection;", "`auth` may not name the crate `rusqlite`"),
        ("src/auth/x.rs", "fn f() -> http::StatusCode { todo() }", "`auth` may not name the crate `http`"),
        ("src/auth/x.rs", "fn f() { std::time::SystemTime::now(); }", "only `server` has a clock"),
        ("src/http/x.rs", "use crate::store::Store;", "`http` may ask the store, not act: `store::Store`"),
        ("src/http/x.rs", "use tokio::time;\nasync fn f() { time::sleep(x).await }", "only `server` waits"),
        (
            "src/http/admin/x.rs",
            "use super::super::client::profile;",
            "`http::admin` may not import `http::client`",
        ),
        ("src/http/client/x.rs", "use crate::http::admin;", "`http::client` may not import `http::admin`"),
        ("src/store/x.rs", "use super::sqlite::Sqlite;", "names the engine `store::sqlite`"),
        ("src/store/postgres/x.rs", "use crate::store::sqlite::Sqlite;", "names the engine `store::sqlite`"),
        ("src/cli/x.rs", "use crate::http::Front;", "`cli` may not import `http`"),
    ];
    for (file, code, expected) in cases {
        let broken = law.broken_by(&Source::read(file, code));
        assert!(
            broken.iter().any(|b| b.contains(expected)),
            "{code}\nexpected: {expected}\nfound: {broken:?}"
        );
    }
    let fine = [
        (
            "src/auth/x.rs",
            "// use crate::http::Front;\n/* crate::http /* nested */ */ const A: &str = \"crate::http::X\";",
        ),
        (
            "src/auth/x.rs",
            "use crate::store::{Ask, Store};\nfn f<'a>(c: char) -> bool { c == '\"' || c == 'a' }",
        ),
        (
            "src/http/client/x.rs",
            "use http::StatusCode;\nuse crate::http::reply;\nuse crate::store::{Ask, Error};",
        ),
        ("src/store/sqlite/x.rs", "use super::sql;\nuse rusqlite::params;\nuse crate::store::Store;"),
        ("src/server/x.rs", "use crate::store::sqlite::Sqlite;\nfn f() { std::time::SystemTime::now(); }"),
    ];
    for (file, code) in fine {
        assert_eq!(law.broken_by(&Source::read(file, code)), Vec::<String>::new(), "{code}");
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let file = path.strip_prefix(root()).expect("below the root").to_str().expect("text");
                found.push(Source::read(file, &text(&path)));
            }
        }
    }
    found.sort_by(|a, b| a.file.cmp(&b.file));
    found
}
