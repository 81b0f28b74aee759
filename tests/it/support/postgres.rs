//! Databases of the tests' own, on the PostgreSQL that `scripts/postgres` starts.

use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::path::Path;
use std::sync::OnceLock;
use std::{env, fs, thread};

use passerby::store::postgres::{Address, Options, Postgres};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// The role of the tests' servers, which owns nothing, and its password, which guards nothing.
const ROLE: &str = "test_server";
const PASSWORD: &str = "test";

/// A database that nobody else has. It goes, with whoever is still connected, when it is dropped.
pub(crate) struct Database {
    /// The administrator's URL of its cluster.
    cluster: String,
    name: String,
    /// Whether the store is used by the role of servers rather than by the administrator.
    is_served: bool,
}

impl Database {
    /// An empty store: a copy of one that was migrated, which takes a third of the time of migrating one.
    pub(crate) fn fresh() -> Database {
        let mut database = Database::copy_of(template(), administrator());
        database.is_served = true;
        database
    }

    /// A database with nothing in it.
    pub(crate) fn bare() -> Database {
        Database::copy_of("template0", administrator())
    }

    /// The same with an encoding that has not every letter.
    pub(crate) fn in_latin1() -> Database {
        Database::copy_of("template0 encoding 'LATIN1' locale 'C'", administrator())
    }

    /// An empty store on another cluster, by its administrator's URL.
    pub(crate) fn fresh_at(cluster: String) -> Database {
        let mut database = Database::copy_of("template0", cluster);
        database.is_served = true;
        let url = database.administrators();
        aside(async move { migrate(&url).await });
        database
    }

    fn copy_of(template: &str, cluster: String) -> Database {
        // Nobody else draws the same number, in this process or another.
        let name = format!("test_{:016x}", RandomState::new().build_hasher().finish());
        administer(&cluster, &format!("create database {name} template {template}"));
        Database { cluster, name, is_served: false }
    }

    /// What `--store` takes.
    pub(crate) fn url(&self) -> String {
        let url = self.administrators();
        let (_, place) = url.rsplit_once('@').expect("a URL with a user");
        if self.is_served { format!("postgres://{ROLE}:{PASSWORD}@{place}") } else { url }
    }

    /// The same for the administrator.
    pub(crate) fn administrators(&self) -> String {
        url_of(&self.cluster, &self.name)
    }

    /// What tells a command to keep its store here.
    pub(crate) fn variable(&self) -> (&'static str, String) {
        ("PASSERBY_STORE", self.url())
    }

    /// Opens it in this process.
    pub(crate) async fn open(&self) -> Postgres {
        Postgres::open(options(&self.url())).await.expect("a store")
    }

    /// Does something behind everybody's back.
    pub(crate) fn run(&self, sql: &str) {
        query(self.administrators(), sql);
    }

    /// What a query answers, as PostgreSQL writes it; `null` for what is not there.
    pub(crate) fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        query(self.administrators(), sql)
    }
}

impl Drop for Database {
    /// Nobody waits for it: whatever is left goes with the cluster.
    fn drop(&mut self) {
        let (cluster, name) = (self.cluster.clone(), self.name.clone());
        thread::spawn(move || try_query(cluster, format!("drop database if exists {name} with (force)")));
    }
}

/// The administrator's URL of the tests' PostgreSQL.
fn administrator() -> String {
    env::var("PASSERBY_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "this test needs PostgreSQL, and PASSERBY_TEST_POSTGRES does not say where one is: run\n\n    \
             export PASSERBY_TEST_POSTGRES=$(scripts/postgres start)\n"
        )
    })
}

/// The URL of another database of a cluster.
fn url_of(cluster: &str, database: &str) -> String {
    let (server, other) = cluster.rsplit_once('/').expect("a URL with a database");
    let parameters = other.find('?').map_or("", |start| &other[start..]);
    format!("{server}/{database}{parameters}")
}

fn options(url: &str) -> Options {
    Options::new(Address::new(url, None, |_| None).expect("a URL"))
}

/// Makes a store, and lets the role of servers in.
async fn migrate(url: &str) {
    let server = connect(url).await.expect("the tests' PostgreSQL answers");
    let role = format!(
        "do $$ begin create role {ROLE} login password '{PASSWORD}'; exception when duplicate_object then null; end $$"
    );
    server.batch_execute(&role).await.expect("a role");
    let options = options(url);
    Postgres::migrate(&options).await.expect("the migrations");
    Postgres::grant(&options, ROLE).await.expect("the rights of the role");
}

fn administer(cluster: &str, sql: &str) {
    query(cluster.to_owned(), sql);
}

/// The database that fresh ones are copies of, by what is in the migrations: made by the first test that needs it, once
/// for all processes that test on this cluster.
fn template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = format!("template_{:016x}", migrations());
        let (made, cluster) = (name.clone(), administrator());
        aside(async move {
            let server = connect(&cluster).await.expect("the tests' PostgreSQL answers");
            // Held until the connection ends.
            server.batch_execute("select pg_advisory_lock(7)").await.expect("a lock");
            let there = server.query("select 1 from pg_database where datname = $1", &[&made]).await;
            if !there.expect("an answer").is_empty() {
                return;
            }
            let half = format!("{made}_half");
            for sql in [
                format!("drop database if exists {half}"),
                format!("create database {half} template template0"),
            ] {
                server.batch_execute(&sql).await.expect("an empty database");
            }
            migrate(&url_of(&cluster, &half)).await;
            server.batch_execute(&format!("alter database {half} rename to {made}")).await.expect("a name");
        });
        name
    })
}

/// What tells one set of migrations, and of rights, from another.
fn migrations() -> u64 {
    let mut digest = DefaultHasher::new();
    include_str!("../../../src/store/postgres/grants.rs").hash(&mut digest);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("migrations").map(|file| file.expect("a file").path()).collect();
    files.sort();
    for file in files {
        fs::read(file).expect("a migration").hash(&mut digest);
    }
    digest.finish()
}

/// The rows of the statements that have any.
fn query(url: String, sql: &str) -> Vec<Vec<String>> {
    try_query(url, sql.to_owned()).unwrap_or_else(|error| panic!("{error:?}: {sql}"))
}

fn try_query(url: String, sql: String) -> Result<Vec<Vec<String>>, tokio_postgres::Error> {
    aside(async move {
        let answer = connect(&url).await?.simple_query(&sql).await?;
        let rows = answer.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let text = |value: Option<&str>| value.unwrap_or("null").to_owned();
        Ok(rows.map(|row| (0..row.len()).map(|n| text(row.get(n))).collect()).collect())
    })
}

async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Runs something to its end on a thread and a runtime of its own, whoever asks: a test may have a runtime or none.
fn aside<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let done = thread::spawn(move || runtime().block_on(work)).join();
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
