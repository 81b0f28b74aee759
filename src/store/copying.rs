//! What a store consists of, whichever engine keeps it: tables of rows in the order of their keys, that can be read,
//! added and removed. This is how a store is moved to another engine; nobody else works on rows.

use super::Answer;
use crate::model::{GroupId, ObjectId};

/// A table. Both engines have it, with these columns; what one of them keeps beside is made of these.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns: first those of the key.
    pub columns: &'static [Column],
    /// How many of the columns are the key.
    pub key: usize,
    /// How many rows are read at once: few where a row may be large.
    pub page: u32,
}

/// A column.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds, when it is not null.
    pub kind: Kind,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Number,
    /// Text, sorted by its bytes.
    Text,
    /// Bytes.
    Bytes,
}

/// A value. It has no `Debug`: it may be a key or a hash. Values of one column sort as the engines sort them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// None.
    Null,
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// The values of a row, in the order of the table's columns.
pub type Row = Vec<Value>;

/// What a store says of a move that it is, or was, part of. No server opens a store that says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is being filled, or was when the move broke off.
    Filling {
        /// From where, as people name it.
        from: String,
        /// The first project of the store that it is to become, which no other store has.
        group: GroupId,
    },
    /// It was moved, and is what it was then.
    Moved {
        /// To where, as people name it.
        to: String,
    },
}

/// What a mark is written as: which one, the place, and the store.
type Written = (i64, String, Option<[u8; 12]>);

impl Mark {
    pub(super) fn read((state, place, group): Written) -> Mark {
        match group {
            Some(id) if state == FILLING => Mark::Filling { from: place, group: GroupId(ObjectId(id)) },
            _ => Mark::Moved { to: place },
        }
    }

    pub(super) fn write(self) -> Written {
        match self {
            Mark::Filling { from, group } => (FILLING, from, Some(group.0.0)),
            Mark::Moved { to } => (MOVED, to, None),
        }
    }
}

const FILLING: i64 = 0;
const MOVED: i64 = 1;

/// A store as its rows. What one call writes is there whole or not at all, and durable.
pub trait Copying: Send + Sync {
    /// The rows after a key, in the order of their keys, at most so many.
    fn page<'a>(
        &'a self,
        table: &'static Table,
        after: Option<&'a [Value]>,
        limit: u32,
    ) -> Answer<'a, Vec<Row>>;

    /// How many rows a table has.
    fn count(&self, table: &'static Table) -> Answer<'_, u64>;

    /// Adds rows, but for those whose key, or what else must be unique, is there already. The server's own row takes the
    /// place of the one that is there.
    fn add(&self, table: &'static Table, rows: Vec<Row>) -> Answer<'_, ()>;

    /// Removes rows, of which only the keys are looked at.
    fn remove(&self, table: &'static Table, rows: Vec<Row>) -> Answer<'_, ()>;

    /// What it says of a move.
    fn mark(&self) -> Answer<'_, Option<Mark>>;

    /// Has it say that, or nothing.
    fn set_mark(&self, mark: Option<Mark>) -> Answer<'_, ()>;

    /// Whether nobody else is connected to it; who is just leaving is waited for.
    fn is_alone(&self) -> Answer<'_, bool>;

    /// Where it is, as people name it; never a password.
    fn place(&self) -> &str;
}

/// The table that has one row, which every store has from its beginning.
pub const SERVER: &Table = &TABLES[0];

/// The column of `server` that is the first project.
pub const GROUP: usize = 1;

/// Makes a table of its name, how many rows are read at once, its key, and its other columns.
macro_rules! table {
    ($name:literal, $page:literal, [$($key:ident $key_kind:ident),*], [$($other:ident $kind:ident),*]) => {
        Table {
            name: $name,
            columns: &[
                $(Column { name: stringify!($key), kind: Kind::$key_kind },)*
                $(Column { name: stringify!($other), kind: Kind::$kind },)*
            ],
            key: [$(stringify!($key)),*].len(),
            page: $page,
        }
    };
}

/// Every table, in the order in which they are copied. What concerns the schema is no part of the store, and moves with
/// no row: in `server` its numbers, and the tables that say what an engine did.
pub const TABLES: &[Table] = &[
    table!("server", 1, [one Number], [group_id Bytes, founded Number, latest_time Number]),
    table!("projects", 1_000, [id Bytes], [name Text]),
    table!("admins", 1_000, [id Bytes], [email Text, hash Text, disabled Number]),
    table!("roles", 1_000, [admin Bytes, project Bytes], [role Number]),
    table!("admin_keys", 1_000, [public_key Text],
        [admin Bytes, name Text, hash Bytes, digest Bytes, created Number]),
    table!("admin_sessions", 1_000, [id Bytes], [admin Bytes, public_key Text, expires Number]),
    table!("server_keys", 1_000, [purpose Number], [id Text, created Number, material Bytes]),
    table!("audit", 1_000, [id Bytes],
        [admin Bytes, who Text, project Bytes, what Text, target Text, origin Text, address Text, status Number]),
    table!("apps", 100, [key Number],
        [id Bytes, client_app_id Text, domain_id Bytes, group_id Bytes, created Number, deployment Bytes,
         refresh_token_seconds Number, deploy_config Text,
         guest_deletion Text]),
    table!("departed", 1_000, [app Number], [cleared Number]),
    table!("deployments", 20, [app Number, id Bytes],
        [created Number, config Text, n Number, name Text, draft Bytes, admin Bytes, origin Text]),
    table!("deployment_files", 1_000, [app Number, deployment Bytes, path Text], [hash Bytes]),
    table!("files", 4, [hash Bytes], [bytes Bytes]),
    table!("directories", 1_000, [path Text], [app Number, content Bytes]),
    table!("drafts", 1_000, [app Number, id Bytes],
        [admin Bytes, origin Text, created Number, base Bytes, snapshot Bytes]),
    table!("signing_keys", 1_000, [app Number, purpose Number, id Text], [created Number, material Bytes]),
    table!("secrets", 1_000, [app Number, id Bytes], [name Text, material Bytes]),
    table!("access_list", 1_000, [app Number, id Bytes], [address Text, comment Text]),
    table!("devices", 4_000, [app Number, hash Bytes], [details Text]),
    table!("users", 4_000, [app Number, id Bytes],
        [guest Number, disabled Number, kind Number, last_seen Number, identity Text, custom_data Text]),
    table!("sessions", 4_000, [app Number, user Bytes, id Bytes],
        [identity Number, device Bytes, device_hash Bytes, expires Number]),
    table!("identities", 4_000, [app Number, user Bytes, n Number], [provider Number, id Text, data Text]),
    table!("claims", 4_000, [app Number, provider Number, id Text], [user Bytes]),
    table!("credentials", 4_000, [app Number, id Bytes],
        [email Text, hash Text, confirmed Number, user Bytes, blocks_until Number, confirm_id Bytes,
         confirm_hash Bytes, reset_id Bytes, reset_hash Bytes, reset_until Number]),
    table!("emails", 4_000, [app Number, email Text], [credential Bytes]),
    table!("api_keys", 4_000, [app Number, user Bytes, id Bytes],
        [server Number, name Text, hash Bytes, disabled Number]),
    table!("redirects", 4_000, [state Bytes], [record Text, until Number]),
    table!("events", 1_000, [app Number, id Bytes],
        [operation Number, user Bytes, providers Bytes, snapshot Text, at Number, due Number, tries Number]),
    table!("logs", 2_000, [app Number, started Number, id Bytes],
        [co_id Bytes, kind Number, is_error Number, user Bytes, completed Number, device Bytes, details Text]),
    table!("guest_logins", 4_000, [app Number, day Number, platform Text, counter Bytes], [logins Number]),
    table!("tallies", 4_000, [app Number, what Number, day Number, which Number], [n Number]),
];

impl Table {
    /// The key of a row.
    pub fn key_of<'a>(&self, row: &'a [Value]) -> &'a [Value] {
        &row[..self.key.min(row.len())]
    }

    /// The names of all columns as SQL takes them, whatever word they are.
    pub(super) fn names(&self) -> String {
        list(self.columns)
    }

    /// The same of the key.
    pub(super) fn key_names(&self) -> String {
        list(&self.columns[..self.key])
    }

    /// How many rows it may have in a store that was opened, and that nobody used: its own row, the first project, and
    /// the server's keys.
    pub(super) fn first_rows(&self) -> usize {
        match self.name {
            "server" | "projects" => 1,
            "server_keys" => 2,
            _ => 0,
        }
    }

    /// Whether it is the one whose row is never removed.
    pub(super) fn stays(&self) -> bool {
        self.name == SERVER.name
    }
}

fn list(columns: &[Column]) -> String {
    columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ")
}

/// So many parameters, numbered from 1 behind the sign that the engine has for them.
pub(super) fn parameters(sign: char, number: usize) -> String {
    (1..=number).map(|number| format!("{sign}{number}")).collect::<Vec<_>>().join(", ")
}
