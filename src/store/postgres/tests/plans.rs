//! How PostgreSQL finds what statements ask for, with a million users there: along an index, reading little more than
//! what it brings. Its own statistics must not matter to a session of ours; a pooler's has nothing of ours set.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use serde_json::Value;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::{open, sql};
use crate::model::{AppKey, ObjectId, Order, Page, ProviderType, Span, Timestamp, UserId, hex};
use crate::store::listing;
use crate::store::postgres::listing::DIALECT;

/// Statements that read the whole of a table, and the table: each holds few rows, and they are asked for rarely.
const WHOLE: &[(&str, &str)] = &[
    ("DELETE_ADMIN_SESSIONS_OF_KEY", "admin_sessions"),
    ("DOMAIN_EXISTS", "apps"),
    ("CLEAR_DIRECTORIES", "directories"),
];

/// The table of one row.
const SERVER: &str = "server";

/// Tables that are large in this test: of these a session that nobody has set reads none whole either. It may read the
/// others so while they are small.
const LARGE: &[&str] = &["users", "sessions", "identities", "logs"];

/// What a session that nobody has set does by reading more: therefore it is set, or its role.
const BADLY_PLANNED: &[&str] =
    &["USER_COUNT", "DELETE_LAPSED_REDIRECTS", "TRIM_LOGS", "CLEAR_LOGS", "others", "a provider's"];

/// A statement that everybody waits for, its parameters, and what it may read: rows at most, along these indexes.
struct Hot {
    name: &'static str,
    values: &'static str,
    rows: u64,
    indexes: &'static [&'static str],
}

const fn hot(name: &'static str, values: &'static str, rows: u64, indexes: &'static [&'static str]) -> Hot {
    Hot { name, values, rows, indexes }
}

const HOT: &[Hot] = &[
    hot(
        "INSERT_GUESTS",
        "array_fill(7, array[1000]), ids(1000000, 1000, 1), ids(1000000, 1000, 2),
         array_fill(null::bytea, array[1000]), array_fill(null::bytea, array[1000]), array_fill(null::int8, array[1000])",
        0,
        &[],
    ),
    hot(
        "INSERT_GUESTS_AND_MORE",
        "array_fill(7, array[1000]), ids(1000000, 1000, 1), ids(1000000, 1000, 2),
         array_fill(null::bytea, array[1000]), array_fill('\\x01'::bytea, array[1000]),
         array_fill(null::int8, array[1000]), array[7], array['\\x01'::bytea], array['{}'],
         array[7], array['\\x02'::bytea], array[1::int2], ids(1000000, 1, 1), array['\\x00'::bytea],
         array[null::text], array[0::int8]",
        0,
        &[],
    ),
    hot(
        "SESSIONS_THERE",
        "array_fill(7, array[1000]), ids(500000, 1000, 1), ids(500000, 1000, 2)",
        1_902,
        &["sessions_pkey"],
    ),
    hot("BEARER", "7, id(500000, 1), id(500000, 2)", 4, &["identities_pkey", "sessions_pkey", "users_pkey"]),
    hot(
        "BEARERS",
        "array_fill(7, array[500]), ids(500000, 500, 1), ids(500000, 500, 2)",
        1_410,
        &["identities_pkey", "sessions_pkey", "users_pkey"],
    ),
    hot("USER", "7, id(500000, 1)", 3, &["identities_pkey", "users_pkey"]),
    hot("USER_EXISTS", "7, id(500001, 1)", 1, &["users_pkey"]),
    hot("LOCK_USER", "7, id(500001, 1)", 1, &["users_pkey"]),
    hot("SESSION", "7, id(500000, 1), id(500000, 2)", 2, &["identities_pkey", "sessions_pkey"]),
    hot("SESSIONS_OF", "7, id(500000, 1)", 2, &["identities_pkey", "sessions_pkey"]),
    hot("TOUCH_GUEST", "7, id(500002, 1), 30000", 1, &["users_pkey"]),
    hot("TOUCH", "7, id(500000, 1), 3000000000", 1, &["users_not_guests"]),
    hot("DELETE_USER", "7, id(500002, 1)", 1, &["users_pkey"]),
    hot("DELETE_SESSIONS_OF", "7, id(500002, 1)", 1, &["sessions_pkey"]),
    hot("DELETE_SESSIONS_OF_ALL", "7, ids(500000, 250, 1)", 250, &["sessions_pkey"]),
    hot("CLAIMANT", "7, 1, 'identity 500000'", 1, &["claims_pkey"]),
    hot("LOCK_CLAIMANT", "7, 1, 'identity 500000'", 2, &["claims_pkey", "users_pkey"]),
    hot("CLAIMANT_NOW", "7, 1, 'identity 500000'", 4, &["claims_pkey", "identities_pkey", "users_pkey"]),
    hot(
        "SESSION_OF_CLAIMANT",
        "7, 1, 'identity 500000', id(500000, 2)",
        3,
        &["claims_pkey", "identities_pkey", "sessions_pkey"],
    ),
    hot("CREDENTIAL_OF_ADDRESS", "7, 'n500000@example.com'", 2, &["credentials_pkey", "emails_pkey"]),
    hot("PENDING", "7, id(500000, 3), 50", 50, &["credentials_pending"]),
    hot("API_KEY_BY_HASH", "7, sha256(id(500000, 6))", 1, &["api_keys_by_hash"]),
    hot("DEVICE", "7, substr(sha256(id(500000, 1)), 1, 16)", 1, &["devices_pkey"]),
    hot("REDIRECT", "sha256(id(500000, 1))", 1, &["redirects_pkey"]),
    hot("DELETE_LAPSED_REDIRECTS", "1786960000, 50", 100, &["redirects_by_until", "redirects_pkey"]),
    // Those of the last second that is read are put in order.
    hot("DUE_EVENTS", "2000000000, 50", 51, &["events_by_due"]),
    hot("NEXT_EVENT", "", 1, &["events_by_due"]),
    // One entry in five is of the type, one in two an error.
    hot("LOGS", "7, 31, 0, 1787000000000, 1790000000000, 50, 0", 50, &["devices_pkey", "logs_pkey"]),
    hot("LOGS_OF_REQUEST", "7, 31, 0, 0, 1900000000000, 50, 0, id(500000, 8), null", 1, &["devices_pkey", "logs_by_request"]),
    hot("LOGS_OF_USER", "7, 31, 0, 0, 1900000000000, 50, 0, id(500000, 1)", 1, &["devices_pkey", "logs_by_user"]),
    hot("TRIM_LOGS", "7, 1788000000000, 500", 1_000, &["logs_pkey"]),
    // Ninety days on, everybody of the first ten days is due, who did not come back.
    hot("EXPIRED", "7, id(0, 1), id(108000, 1), 20690, 20690, 50", 60, &["identities_pkey", "users_pkey"]),
    hot("LOOK_AHEAD", "7, id(0, 1), id(108000, 1), 20690, 20690, 4000", 4_000, &["users_pkey"]),
    hot("DELETE_DUE_UP_TO", "7, id(0, 1), id(108000, 1), 20690, 20690, id(300, 1)", 280, &["identities_pkey", "users_pkey"]),
    hot("DELETE_DUE_SEEN", "7, 250, id(108000, 1), 20690, 20690", 510, &["identities_pkey", "users_by_last_seen", "users_pkey"]),
    hot("FIRST_GUEST_AFTER", "7, id(500000, 1)", 2, &["users_pkey"]),
    hot("FIRST_UNSEEN_GUEST_AFTER", "7, id(500000, 1)", 4, &["users_pkey"]),
    hot("FIRST_SEEN_GUEST", "7", 1, &["users_by_last_seen"]),
    hot("CLEAR_USERS", "7, 250", 500, &["users_pkey"]),
    hot("CLEAR_SESSIONS", "7, 250", 500, &["sessions_pkey"]),
    hot("CLEAR_LOGS", "7, 250", 500, &["logs_pkey"]),
];

/// Who plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Session {
    /// Set by this server.
    Ours,
    /// A pooler's, whose role is set as the operator is told to.
    Role,
    /// A pooler's, of which nothing is set.
    Plain,
}

#[tokio::test]
async fn every_statement_goes_along_an_index() {
    let (database, client) = Database::loaded().await;
    // A panic, too, must leave no database behind.
    let judged = tokio::spawn(async move {
        let mut wrong = Vec::new();
        client.batch_execute(&sql::session(Duration::from_secs(60))).await.unwrap();
        judge_statements(&client, Session::Ours, &mut wrong).await;
        // What comes back of millions is counted within a minute.
        for statement in ["reset all", "vacuum analyze"] {
            client.batch_execute(statement).await.unwrap();
        }
        for (session, set) in [
            (Session::Plain, "reset all"),
            (Session::Role, sql::PLANNING),
            (Session::Ours, &sql::session(Duration::from_secs(60))),
        ] {
            client.batch_execute(set).await.unwrap();
            judge_statements(&client, session, &mut wrong).await;
            judge_pages(&client, session, &mut wrong).await;
        }
        wrong
    })
    .await;
    database.drop().await;
    let wrong = judged.expect("a judgement");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_operator_is_told_what_a_role_behind_a_pooler_is_to_have_set() {
    let page = include_str!("../../../../docs/operate/postgres.md");
    for setting in sql::PLANNING.split("; ") {
        assert!(page.contains(&format!("alter role passerby {setting};\n")), "{setting}");
    }
}

/// Whether a session is excused from what it is told to read.
fn excused(session: Session, name: &str) -> bool {
    session == Session::Plain && BADLY_PLANNED.contains(&name)
}

async fn judge_statements(client: &Client, session: Session, wrong: &mut Vec<String>) {
    let every = [sql::ALL, sql::admins::ALL, sql::apps::ALL, sql::care::ALL, sql::tallies::ALL].concat();
    for (name, statement) in &every {
        if is_planned(statement) && !excused(session, name) {
            no_table_is_read_whole(client, session, name, statement, wrong).await;
        }
    }
    for Hot { name, values, rows, indexes } in HOT {
        if excused(session, name) {
            continue;
        }
        let statement = every.iter().find(|(other, _)| other == name);
        let statement = statement.unwrap_or_else(|| panic!("{name} is gone")).1;
        let plan = Plan::run(client, &told(name), statement, values).await;
        let found = plan.indexes();
        if found != indexes.iter().copied().collect() || plan.rows() > *rows {
            let read = plan.rows();
            wrong.push(format!(
                "{session:?}: {name} reads {read} rows, at most {rows}, along {found:?}, not {indexes:?}\n{plan}"
            ));
        }
    }
}

async fn judge_pages(client: &Client, session: Session, wrong: &mut Vec<String>) {
    for (name, page, rows, indexes) in pages() {
        if excused(session, name) {
            continue;
        }
        let (mut found, mut read, mut shown) = (BTreeSet::new(), 0, String::new());
        for query in listing::queries(&DIALECT, AppKey(7), &page) {
            let (kinds, values): (Vec<_>, Vec<_>) = query.values.iter().map(literal).unzip();
            let plan = Plan::run(client, &kinds.join(", "), &query.text, &values.join(", ")).await;
            found.extend(plan.indexes().into_iter().map(str::to_owned));
            read += plan.rows();
            let _ = write!(shown, "{plan}");
        }
        if found != indexes.iter().map(|index| (*index).to_owned()).collect() || read > rows {
            wrong.push(format!(
                "{session:?}: a page of {name} reads {read} rows, at most {rows}, along {found:?}, not {indexes:?}\n{shown}"
            ));
        }
    }
}

/// Pages of fifty, what each may read, and along what.
fn pages() -> Vec<(&'static str, Page, u64, &'static [&'static str])> {
    let page = || Page { limit: 50, ..Page::default() };
    let after = |n: u32| {
        let id = ObjectId::from_parts(Timestamp(1_786_860_000 + 8 * i64::from(n)), [1; 5], n);
        Page { after: Some(UserId(id)), ..page() }
    };
    let since = Span { from: Some(Timestamp(1_790_860_000)), until: None };
    vec![
        ("everybody", after(500_000), 60, &["identities_pkey", "users_pkey"]),
        (
            "everybody, the latest first",
            Page { descending: true, ..after(500_000) },
            60,
            &["identities_pkey", "users_pkey"],
        ),
        ("who came since", Page { created: since, ..page() }, 60, &["identities_pkey", "users_pkey"]),
        ("guests", Page { guest: Some(true), ..after(500_000) }, 60, &["identities_pkey", "users_pkey"]),
        (
            "others",
            Page { guest: Some(false), ..after(500_000) },
            150,
            &["identities_pkey", "users_not_guests"],
        ),
        (
            "who is kept out",
            Page { disabled: Some(true), ..after(0) },
            150,
            &["identities_pkey", "users_disabled"],
        ),
        (
            "a provider's",
            Page { providers: vec![ProviderType::LocalUserpass], ..after(500_000) },
            250,
            &["identities_by_provider", "identities_pkey", "users_pkey"],
        ),
        (
            "whoever was active, the latest first",
            Page { order: Order::Activity, descending: true, ..page() },
            310,
            &[
                "identities_pkey",
                "users_by_activity",
                "users_by_last_seen",
                "users_never_active",
                "users_pkey",
            ],
        ),
        (
            "whose address it is",
            Page { email: Some("n500000@example.com".to_owned()), ..page() },
            10,
            &["identities_by_email", "identities_pkey", "users_pkey"],
        ),
        (
            "guests who were seen before, and others",
            Page { seen: Span { from: None, until: Some(Timestamp(1_787_400_000)) }, ..page() },
            3_500,
            &[
                "identities_pkey",
                "users_by_activity",
                "users_by_last_seen",
                "users_never_active",
                "users_pkey",
            ],
        ),
        (
            "whose id begins so",
            Page { begins: Some("6abe5ae0".to_owned()), ..page() },
            10,
            &["identities_by_email", "identities_by_name", "identities_pkey", "users_pkey"],
        ),
        (
            "whose name begins so",
            Page { begins: Some("n50000".to_owned()), ..page() },
            30,
            &["identities_by_email", "identities_by_name", "identities_pkey", "users_pkey"],
        ),
    ]
}

/// A value's type, and how it is written.
fn literal(value: &listing::Value) -> (&'static str, String) {
    match value {
        listing::Value::Number(number) => ("bigint", number.to_string()),
        listing::Value::Text(text) => ("text", format!("'{text}'")),
        listing::Value::Bytes(bytes) => ("bytea", format!("'\\x{}'", hex(bytes))),
    }
}

/// Whether a statement is one that PostgreSQL makes a plan of.
fn is_planned(statement: &str) -> bool {
    ["select ", "insert ", "update ", "delete ", "with "].iter().any(|word| statement.starts_with(word))
}

async fn no_table_is_read_whole(
    client: &Client,
    session: Session,
    name: &str,
    statement: &str,
    wrong: &mut Vec<String>,
) {
    let plan = Plan::of_any(client, name, statement).await;
    for table in plan.read_whole() {
        let may = table == SERVER
            || table.starts_with("pg_")
            || WHOLE.contains(&(name, table))
            || session != Session::Ours && !LARGE.contains(&table);
        if !may {
            wrong.push(format!("{session:?}: {name} reads all of {table}\n{plan}"));
        }
    }
}

/// The types of a statement's parameters that it does not show.
fn told(name: &str) -> String {
    let types = super::types(name);
    let names: Vec<&str> = types.iter().map(tokio_postgres::types::Type::name).collect();
    names.join(", ")
}

/// What PostgreSQL says of how it does something.
struct Plan(Value);

impl Plan {
    /// What it would do, whatever the parameters are.
    async fn of_any(client: &Client, name: &str, statement: &str) -> Plan {
        prepare(client, &told(name), statement).await;
        let types = "select array_to_string(parameter_types::text[], ',') from pg_prepared_statements where name = 's'";
        let types = ask(client, types).await;
        let values: Vec<&str> = types.split(',').filter(|kind| !kind.is_empty()).map(any_of).collect();
        let plan = Plan::read(client, "explain (format json)", &values.join(", ")).await;
        client.batch_execute("deallocate s").await.unwrap();
        plan
    }

    /// What it did; all of it is undone.
    async fn run(client: &Client, types: &str, statement: &str, values: &str) -> Plan {
        prepare(client, types, statement).await;
        client.batch_execute("begin").await.unwrap();
        let plan = Plan::read(client, "explain (analyze, timing off, format json)", values).await;
        client.batch_execute("rollback; deallocate s").await.unwrap();
        plan
    }

    async fn read(client: &Client, explain: &str, values: &str) -> Plan {
        let values = if values.is_empty() { String::new() } else { format!("({values})") };
        let said = ask(client, &format!("{explain} execute s {values}")).await;
        let mut plan: Value = serde_json::from_str(&said).unwrap();
        Plan(plan[0]["Plan"].take())
    }

    fn nodes(&self) -> Vec<&Value> {
        let (mut nodes, mut next) = (Vec::new(), vec![&self.0]);
        while let Some(node) = next.pop() {
            nodes.push(node);
            next.extend(node["Plans"].as_array().into_iter().flatten().rev());
        }
        nodes
    }

    /// The tables of which every row is looked at: also by an index, where nothing says from where to where.
    fn read_whole(&self) -> BTreeSet<&str> {
        let is_whole = |node: &&Value| node["Node Type"] == "Seq Scan";
        self.nodes().into_iter().filter(is_whole).filter_map(|node| node["Relation Name"].as_str()).collect()
    }

    fn indexes(&self) -> BTreeSet<&str> {
        self.nodes().into_iter().filter_map(|node| node["Index Name"].as_str()).collect()
    }

    /// How many rows of tables were looked at, those that were passed over as well.
    fn rows(&self) -> u64 {
        let of = |node: &Value| {
            let number = |name: &str| node[name].as_f64().unwrap_or_default();
            let each = number("Actual Rows")
                + number("Rows Removed by Filter")
                + number("Rows Removed by Index Recheck");
            (each * number("Actual Loops")).round() as u64
        };
        let looks = |node: &&Value| node["Relation Name"].is_string() && node["Node Type"] != "ModifyTable";
        self.nodes().into_iter().filter(looks).map(of).sum()
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for node in self.nodes() {
            let part = |name: &str| node[name].as_str().map(|text| format!(" {text}")).unwrap_or_default();
            let (of, along) = (part("Relation Name"), part("Index Name"));
            let (condition, filter) = (part("Index Cond"), part("Filter"));
            let rows = [&node["Actual Rows"], &node["Rows Removed by Filter"], &node["Actual Loops"]];
            let kind = node["Node Type"].as_str().unwrap_or_default();
            writeln!(
                f,
                "    {kind}{of}{along}:{condition} filter{filter} {}/{}/{}",
                rows[0], rows[1], rows[2]
            )?;
        }
        Ok(())
    }
}

/// A value of a type.
fn any_of(kind: &str) -> &'static str {
    match kind {
        "integer" => "7",
        "bigint" => "50",
        "smallint" => "1",
        "text" => "'x'",
        "bytea" => "'\\x74'",
        "integer[]" => "array_fill(7, array[500])",
        "smallint[]" => "array_fill(7::int2, array[500])",
        "bigint[]" => "array_fill(7::int8, array[500])",
        "bytea[]" => "array_fill('\\x74'::bytea, array[500])",
        "text[]" => "array_fill('x'::text, array[500])",
        other => panic!("a parameter is a {other}"),
    }
}

async fn prepare(client: &Client, types: &str, statement: &str) {
    let types = if types.is_empty() { String::new() } else { format!("({types})") };
    let done = client.batch_execute(&format!("prepare s {types} as {statement}")).await;
    done.unwrap_or_else(|error| panic!("{error:?}: {statement}"));
}

async fn ask(client: &Client, query: &str) -> String {
    let answer = client.simple_query(query).await.unwrap_or_else(|error| panic!("{error:?}: {query}"));
    let rows = answer.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// A database of the test's own.
struct Database {
    cluster: String,
    name: String,
}

impl Database {
    /// With a million users, of whom PostgreSQL keeps no statistics yet.
    async fn loaded() -> (Database, Client) {
        let cluster = std::env::var("PASSERBY_TEST_POSTGRES");
        let cluster =
            cluster.expect("PostgreSQL is there: export PASSERBY_TEST_POSTGRES=$(scripts/postgres start)");
        let name = format!("plans_{:016x}", RandomState::new().build_hasher().finish());
        connect(&cluster).await.batch_execute(&format!("create database {name}")).await.unwrap();
        let (server, _) = cluster.rsplit_once('/').unwrap();
        let client = connect(&format!("{server}/{name}")).await;
        let database = Database { cluster, name };
        for step in open::MIGRATIONS.iter().chain([&include_str!("load.sql")]) {
            if let Err(error) = client.batch_execute(step).await {
                database.drop().await;
                panic!("{error:?}");
            }
        }
        (database, client)
    }

    async fn drop(self) {
        let drop = format!("drop database {} with (force)", self.name);
        connect(&self.cluster).await.batch_execute(&drop).await.unwrap();
    }
}

async fn connect(url: &str) -> Client {
    let (client, line) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(line);
    client
}
