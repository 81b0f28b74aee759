//! The SQL of the PostgreSQL engine keeps to what the distributed engines that speak its wire share, or
//! `docs/operate/scale.md` names the place in its one table, with what to say there instead.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::{root, sources, text};

/// Functions that all of them have.
const SHARED_FUNCTIONS: &[&str] = &[
    "any",
    "coalesce",
    "count",
    "current_schema",
    "decode",
    "encode",
    "exists",
    "extract",
    "floor",
    "greatest",
    "max",
    "strpos",
    "sum",
];

/// Types that all of them have, of columns.
const SHARED_TYPES: &[&str] = &["integer", "bigint", "smallint", "bytea", "text"];

/// What some of them do not have, or do otherwise: how the table names it, and how a statement says it.
const APART: &[(&str, &[&str])] = &[
    (
        "insert … in with",
        &["as (insert", "as ( insert", "as (update", "as ( update", "as (delete", "as ( delete"],
    ),
    ("with ordinality", &["with ordinality"]),
    ("for update", &["for update"]),
    ("for update of", &["for update of "]),
    ("for share", &["for share", "for key share", "for no key update"]),
    ("skip locked", &["skip locked", " nowait"]),
    ("lock table", &["lock table"]),
    ("listen", &["listen passerby", "unlisten"]),
    ("notify", &["notify passerby"]),
    ("repeatable read", &["repeatable read"]),
    ("serializable", &["serializable"]),
    (
        "set",
        &[
            "set jit",
            "jit = off",
            "set enable_",
            "enable_seqscan",
            "set statement_timeout",
            "set plan_cache_mode",
        ],
    ),
    ("set local", &["set local", "set_config("]),
    ("collate \"C\"", &["collate \"c\"", "collate \\\"c\\\""]),
    (
        "with (…) of a table",
        &["with (fillfactor", "with ( fillfactor", "with (autovacuum", "with ( autovacuum"],
    ),
    ("alter table", &["alter table "]),
    ("pg_ catalogs", &["from pg_", "join pg_", "information_schema."]),
    ("copy", &["copy ", " stdin"]),
    ("grant", &["grant ", "revoke "]),
    ("distinct on", &["distinct on"]),
    ("recursive", &["with recursive"]),
    ("lateral", &[" lateral "]),
    ("merge", &["merge into"]),
    ("partition by", &["partition by", "inherits ("]),
    ("trigger", &["create trigger", "create function", "create or replace", "create rule", "do $"]),
    ("sequence", &["nextval(", " serial", "generated always", "create sequence"]),
    ("foreign keys", &[" references ", "foreign key"]),
    ("extension", &["create extension"]),
    ("create type", &["create type", "create domain"]),
    ("using", &["using gin", "using gist", "using hash", "using brin", "exclude using"]),
    ("concurrently", &["concurrently"]),
    ("savepoint", &["savepoint "]),
    ("cursor", &["declare ", " cursor "]),
    ("ctid", &["ctid", "xmin"]),
    ("unlogged", &["unlogged", "create temp"]),
];

#[test]
fn whatever_the_distributed_engines_do_not_share_is_named_with_its_substitute() {
    let said = said();
    let named = named();
    let mut unnamed = Vec::new();
    for (what, places) in &said {
        if !named.contains(what) {
            unnamed.push(format!("`{what}`, in {}", places.iter().cloned().collect::<Vec<_>>().join(", ")));
        }
    }
    assert!(unnamed.is_empty(), "docs/operate/scale.md does not name:\n{}", unnamed.join("\n"));
    let gone: Vec<&String> = named.iter().filter(|what| !said.contains_key(*what)).collect();
    assert!(gone.is_empty(), "docs/operate/scale.md names what nothing says any more: {gone:?}");
}

/// Users are sharded by app and user, or by user: whatever is a user's own says whose it is first.
#[test]
fn whatever_is_a_users_own_begins_its_key_with_the_app_and_the_user() {
    let schema: String = migrations().iter().map(|(_, sql)| format!("{sql} ")).collect();
    for (table, key) in [
        ("users", "(app, id)"),
        ("sessions", "(app, \"user\", id)"),
        ("identities", "(app, \"user\", n)"),
        ("api_keys", "(app, \"user\", id)"),
    ] {
        let (_, after) = schema.split_once(&format!("create table {table} (")).expect("the table");
        let (_, after) = after.split_once("primary key ").expect("a key");
        assert!(after.starts_with(key), "{table}: {}", &after[..40]);
    }
}

/// What is said that is not shared, and where.
fn said() -> BTreeMap<String, BTreeSet<String>> {
    let mut said: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut say = |what: &str, place: &str| {
        said.entry(what.to_owned()).or_default().insert(place.to_owned());
    };
    for (place, sql, is_all_sql) in statements() {
        for (what, forms) in APART {
            if forms.iter().any(|form| sql.contains(form)) {
                say(what, &place);
            }
        }
        if !is_all_sql {
            continue;
        }
        for function in functions(&sql) {
            if !SHARED_FUNCTIONS.contains(&function) {
                say(&format!("{function}()"), &place);
            }
        }
    }
    for (place, sql) in migrations() {
        for column in sql.split("create table ").skip(1).flat_map(columns) {
            if !SHARED_TYPES.contains(&column.as_str()) {
                say(&column, &place);
            }
        }
    }
    said
}

/// The names in the first column of the page's table.
fn named() -> BTreeSet<String> {
    let page = text(&root().join("docs/operate/scale.md"));
    let row = |line: &str| Some(line.strip_prefix("| `")?.split_once("` |")?.0.to_owned());
    page.lines().filter_map(row).collect()
}

/// Everything the engine says to a database, in one line and small letters: where, and whether all of it is SQL, not
/// messages beside it.
fn statements() -> Vec<(String, String, bool)> {
    let mut all = Vec::new();
    for source in sources() {
        let file = &source.file;
        let is_engine = file.starts_with("src/store/postgres") || file == "src/store/listing.rs";
        if !is_engine || file.contains("/tests") || file.contains("/address") {
            continue;
        }
        let is_all_sql = file.contains("/sql") || file == "src/store/listing.rs";
        let is_examination = file.ends_with("/care.rs");
        for (line, string) in &source.strings {
            all.push((format!("{file}:{line}"), plain(string), is_all_sql && !is_examination));
        }
    }
    all.extend(migrations().into_iter().map(|(file, sql)| (file, sql, false)));
    all
}

/// The migrations, without their comments.
fn migrations() -> Vec<(String, String)> {
    let folder = root().join("migrations/postgres");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("migrations").map(|file| file.expect("one").path()).collect();
    files.sort();
    let name = |path: &std::path::Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let code = |path: &std::path::Path| -> String {
        let text = text(path);
        text.lines().map(|line| format!("{} ", line.split("--").next().unwrap_or_default())).collect()
    };
    files.iter().map(|path| (name(path), plain(&code(path)))).collect()
}

fn plain(sql: &str) -> String {
    let sql = sql.replace("\\\n", " ").replace("\\\"", "\"").to_lowercase();
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The names right before an opening parenthesis.
fn functions(sql: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in sql.match_indices('(') {
        let before = &sql[..at];
        let start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |n| n + 1);
        if start < at {
            found.push(&before[start..]);
        }
    }
    found
}

/// The types of a table's columns.
fn columns(table: &str) -> Vec<String> {
    let body = table.split_once('(').map_or("", |(_, body)| body);
    let body = body.split(" primary key (").next().unwrap_or(body).split(';').next().unwrap_or(body);
    let kind = |column: &str| column.split_whitespace().nth(1).map(|kind| kind.trim_matches(')').to_owned());
    body.split(',').filter(|column| !column.trim().is_empty()).filter_map(kind).collect()
}
