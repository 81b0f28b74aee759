//! What the table in `src/lib.rs` allows, and what it says in words.

use super::paths::{Named, Source};

/// Files that are no room: what they may import of ours.
const BESIDE_ROOMS: [(&str, &[&str]); 2] = [("config", &[]), ("", &["cli"])];

/// The engines of the store.
const ENGINES: [&str; 2] = ["sqlite", "postgres"];

/// Parts of `http` that never import each other.
const FACES: [&str; 3] = ["client", "admin", "console"];

/// What `http` may name of the store: questions, and the error that an answer may be. Never an act.
const ASKING: [&str; 2] = ["Ask", "Error"];

/// Crates that only these rooms may name.
const CRATES: [(&str, &[&str]); 8] = [
    ("rusqlite", &["store::sqlite"]),
    ("tokio_postgres", &["store::postgres"]),
    ("axum", &["http", "server", "cli"]),
    ("hyper", &["http", "server", "cli", "outbound"]),
    ("hyper_util", &["http", "server", "cli", "outbound"]),
    ("tower", &["http", "server", "cli"]),
    ("http", &["http", "server", "cli", "config", "outbound"]),
    ("tokio", &["store", "auth", "http", "server", "cli", "expiry", "functions", "outbound"]),
];

/// What only the room with the real clock may call; the counters may measure spans, which decide
/// nothing, limits on what a function really takes need real time, and sweeps rest as long as they really worked.
const SERVER_ONLY: [(&[&str], &[&str], &str); 4] = [
    (&["SystemTime", "now"], &["server"], "only `server` has a clock"),
    (
        &["Instant", "now"],
        &["server", "http::metrics", "functions::ticks", "expiry"],
        "only `server` has a clock",
    ),
    (&["thread", "sleep"], &["server"], "only `server` waits"),
    (&["time", "sleep"], &["server"], "only `server` waits"),
];

/// The law.
pub(super) struct Law {
    rows: Vec<(String, Vec<May>)>,
}

/// One entry of the column "may import".
enum May {
    /// Another crate; see `CRATES` for those that are not for everybody.
    Crate,
    /// A room, whole, except the store's engines.
    Room(String),
    /// The store's questions.
    Asking,
    /// Every room but one.
    AllBut(String),
}

impl Law {
    /// Reads the table.
    pub(super) fn read(lib: &str) -> Law {
        let rows = lib.lines().filter_map(|line| line.strip_prefix("//! | [`"));
        let rows: Vec<(String, Vec<May>)> = rows
            .map(|row| {
                let mut columns = row.split('|').map(str::trim);
                let room = columns.next().unwrap_or_default().trim_end_matches("`]").to_owned();
                let may = columns.next().unwrap_or_default();
                (room, may.split(", ").map(may_import).collect())
            })
            .collect();
        assert!(rows.len() > 5, "src/lib.rs has no table of rooms");
        Law { rows }
    }

    pub(super) fn rooms(&self) -> Vec<&str> {
        self.rows.iter().map(|(room, _)| room.as_str()).collect()
    }

    /// What a file does against the law: file, line, and the rule.
    pub(super) fn broken_by(&self, source: &Source) -> Vec<String> {
        let at = |line: usize, rule: String| format!("{}:{line}: {rule}", source.file);
        let mut broken = Vec::new();
        for named in &source.paths {
            let rule = if named.ours { self.against(source, named) } else { against_others(source, named) };
            broken.extend(rule.map(|rule| at(named.line, rule)));
        }
        if room_of(source) != "store" {
            let sql = source.strings.iter().filter(|(_, text)| is_sql(text));
            broken.extend(sql.map(|(line, text)| at(*line, format!("only `store` speaks SQL: {text:?}"))));
        }
        broken
    }

    /// The rule that naming something of ours breaks.
    fn against(&self, source: &Source, named: &Named) -> Option<String> {
        let here = room_of(source);
        let path: Vec<&str> = named.path.iter().map(String::as_str).collect();
        let (&there, inside) = path.split_first()?;
        if let ("store", Some(engine)) = (there, inside.first().filter(|name| ENGINES.contains(name))) {
            let at_home = here == "server" || within(source, &["store", engine]);
            return (!at_home).then(|| format!("`{here}` names the engine `store::{engine}`"));
        }
        if here == there {
            return faces_apart(source, inside);
        }
        if !self.rooms().contains(&there) && there != "config" {
            return None;
        }
        let may = self.rows.iter().find(|(room, _)| room == here).map(|(_, may)| may);
        let allowed = match may {
            Some(may) => may.iter().any(|may| match may {
                May::Crate => false,
                May::Room(room) => room == there,
                May::Asking => there == "store",
                May::AllBut(room) => room != there,
            }),
            None => BESIDE_ROOMS.iter().any(|(file, may)| *file == here && may.contains(&there)),
        };
        if !allowed {
            return Some(format!("`{here}` may not import `{there}`"));
        }
        let asks_only =
            there == "store" && may.is_some_and(|may| may.iter().any(|m| matches!(m, May::Asking)));
        if asks_only && inside.first().is_some_and(|name| !ASKING.contains(name)) {
            return Some(format!("`{here}` may ask the store, not act: `store::{}`", inside.join("::")));
        }
        named
            .handed_on
            .then(|| format!("`{here}` hands on what is of `{there}`: whoever needs it imports it there"))
    }
}

fn may_import(word: &str) -> May {
    match word.trim_matches('`') {
        "std" | "serde" => May::Crate,
        "store's traits" => May::Room("store".to_owned()),
        "store::Ask" => May::Asking,
        word => match word.strip_prefix("all but ") {
            Some(room) => May::AllBut(room.to_owned()),
            None => {
                let is_name = word.bytes().all(|b| b.is_ascii_lowercase()) && !word.is_empty();
                assert!(is_name, "the table of rooms says `{word}`, which this test does not understand");
                May::Room(word.to_owned())
            }
        },
    }
}

fn room_of(source: &Source) -> &str {
    source.module.first().map_or("", String::as_str)
}

/// Whether a file is a module or below it.
fn within(source: &Source, module: &[&str]) -> bool {
    module.iter().enumerate().all(|(n, step)| source.module.get(n).is_some_and(|here| here == step))
}

/// The faces of `http` know nothing of each other.
fn faces_apart(source: &Source, inside: &[&str]) -> Option<String> {
    let face = source.module.get(1).map(String::as_str).filter(|face| FACES.contains(face))?;
    let other = inside.first().filter(|other| FACES.contains(other) && **other != face)?;
    (room_of(source) == "http").then(|| format!("`http::{face}` may not import `http::{other}`"))
}

/// The rule that naming another crate breaks.
fn against_others(source: &Source, named: &Named) -> Option<String> {
    let here = room_of(source);
    let path: Vec<&str> = named.path.iter().map(String::as_str).collect();
    let allowed_in =
        |rooms: &[&str]| rooms.iter().any(|room| within(source, &room.split("::").collect::<Vec<_>>()));
    for (end, rooms, rule) in SERVER_ONLY {
        if path.ends_with(end) && !allowed_in(rooms) {
            return Some(format!("{rule}: `{}`", path.join("::")));
        }
    }
    let (_, rooms) = CRATES.iter().find(|(name, _)| Some(name) == path.first())?;
    let allowed = allowed_in(rooms);
    (!allowed).then(|| format!("`{here}` may not name the crate `{}`", path[0]))
}

fn is_sql(text: &str) -> bool {
    let text = text.trim_start().to_ascii_lowercase();
    let begins = |word: &str| text.starts_with(word);
    (begins("select ") && text.contains(" from "))
        || begins("insert into ")
        || begins("delete from ")
        || (begins("update ") && text.contains(" set "))
        || begins("create table ")
        || begins("pragma ")
}
