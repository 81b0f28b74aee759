//! What an operator should know of the database, on a connection of its own: what it is, whether what was answered is
//! safe in it, who we are there, and on which way.

use std::sync::Arc;

use super::address::Way;
use super::connection::{Connection, Manners};
use super::row::Cells;
use super::{open, row, sql};
use crate::model::Timestamp;
use crate::store::{Finding, Result};

/// The oldest server that is tested, as PostgreSQL numbers it.
const OLDEST: i64 = 150_000;

/// Of a hundred connections, so many may be taken before somebody should know.
const CROWDED: i64 = 80;

/// What an operator is told when nobody said what stands between us and the database.
pub(super) const BETWEEN: &str = "something stands between us and the database: set `store_pooler` to true if it is a \
                                  pooler in transaction mode, where logins fail otherwise, and to false if it is none";

/// Examines a database, of which somebody said whether a pooler stands before it, or nobody did.
pub(super) async fn examine(manners: &Arc<Manners>, pooler: Option<bool>) -> Result<Vec<Finding>> {
    let connection = Connection::open(manners).await?;
    let settings = row::one(&connection, sql::CARE_SETTINGS, &[], Settings::read).await?;
    let mut findings = Vec::new();
    if let Some(settings) = settings {
        findings.extend(settings.of_the_server(manners));
        findings.push(schema(&connection).await?);
        findings.extend(settings.of_durability());
        findings.push(replication(&connection, &settings).await?);
        findings.extend(settings.of_work());
    }
    findings.extend(way(&connection, manners, pooler).await?);
    findings.extend(role(&connection).await?);
    Ok(findings)
}

/// The second on the clock of the database's machine.
pub(super) async fn engine_time(manners: &Arc<Manners>) -> Result<Option<Timestamp>> {
    let connection = Connection::open(manners).await?;
    row::one(&connection, sql::ENGINE_TIME, &[], |row| Cells::new(row, "pg_clock", 0).get(0).map(Timestamp))
        .await
}

/// What the server says of itself, and of a session of ours.
struct Settings {
    version: String,
    number: i64,
    encoding: String,
    bytes: i64,
    fsync: String,
    full_page_writes: String,
    synchronous_commit: String,
    standbys: String,
    password_encryption: String,
    autovacuum: String,
    track_counts: String,
    statement_timeout: String,
    lock_timeout: String,
    idle_timeout: String,
    most_connections: i64,
    connections: i64,
}

impl Settings {
    fn read(row: &tokio_postgres::Row) -> Result<Settings> {
        let cells = Cells::new(row, "pg_settings", 0);
        Ok(Settings {
            version: cells.get(0)?,
            number: cells.get(1)?,
            encoding: cells.get(2)?,
            bytes: cells.get(3)?,
            fsync: cells.get(4)?,
            full_page_writes: cells.get(5)?,
            synchronous_commit: cells.get(6)?,
            standbys: cells.get(7)?,
            password_encryption: cells.get(8)?,
            autovacuum: cells.get(9)?,
            track_counts: cells.get(10)?,
            statement_timeout: cells.get(11)?,
            lock_timeout: cells.get(12)?,
            idle_timeout: cells.get(13)?,
            most_connections: cells.get(14)?,
            connections: cells.get(15)?,
        })
    }

    fn of_the_server(&self, manners: &Manners) -> [Finding; 3] {
        let old = match self.number {
            OLDEST.. => "",
            _ => ": too old, 15 is the oldest that is tested; upgrade it",
        };
        let utf8 = self.encoding == open::UTF8;
        let advice =
            if utf8 { "" } else { ": it cannot hold every name; make a database with encoding 'UTF8'" };
        [
            finding("engine", format!("PostgreSQL {}{old}", self.version), old.is_empty()),
            finding("database", format!("{}: {} bytes", manners.address, self.bytes), true),
            finding("encoding", format!("{}{advice}", self.encoding), utf8),
        ]
    }

    fn of_durability(&self) -> [Finding; 3] {
        let on = |name: &str, value: &str, otherwise: &str| match value {
            "on" => finding(name, "on".to_owned(), true),
            value => finding(name, format!("{value}: {otherwise}"), false),
        };
        let lost = "a crash of its machine loses or breaks the store; set it to on, and restart the database";
        let commit = match (self.synchronous_commit.as_str(), self.standbys.as_str()) {
            (level @ ("on" | "remote_apply"), _) | (level @ ("local" | "remote_write"), "") => {
                finding("synchronous commit", level.to_owned(), true)
            }
            (level, standbys) => {
                let who = if standbys.is_empty() { "its machine" } else { "the primary" };
                let said = format!(
                    "{level}: a crash of {who} loses what was answered; alter role … set synchronous_commit = on"
                );
                finding("synchronous commit", said, false)
            }
        };
        [
            on("fsync", &self.fsync, lost),
            on(
                "full page writes",
                &self.full_page_writes,
                "a crash of its machine may break the store; set it to on",
            ),
            commit,
        ]
    }

    fn of_work(&self) -> [Finding; 4] {
        let clean = self.autovacuum == "on" && self.track_counts == "on";
        let vacuum = match clean {
            true => "on".to_owned(),
            false => format!(
                "autovacuum is {}, track_counts {}: tables grow without end; set both to on",
                self.autovacuum, self.track_counts
            ),
        };
        let crowded = self.connections * 100 > self.most_connections * CROWDED;
        let advice =
            if crowded { ": raise max_connections, lower `store_connections`, or use a pooler" } else { "" };
        let spans = [
            ("statement_timeout", &self.statement_timeout),
            ("lock_timeout", &self.lock_timeout),
            ("idle_in_transaction_session_timeout", &self.idle_timeout),
        ];
        let said = spans.map(|(name, span)| format!("{name} {span}")).join(", ");
        let endless = spans.iter().any(|(_, span)| span.as_str() == "0");
        let bound = if endless { ": 0 waits for ever; alter role … set each, such as to 10s" } else { "" };
        let scram = self.password_encryption == "scram-sha-256";
        let weak =
            if scram { "" } else { ": set it to scram-sha-256, then give every role its password anew" };
        [
            finding("autovacuum", vacuum, clean),
            finding(
                "connections",
                format!("{} of {}{advice}", self.connections, self.most_connections),
                !crowded,
            ),
            finding("timeouts", format!("{said}{bound}"), !endless),
            finding("password encryption", format!("{}{weak}", self.password_encryption), scram),
        ]
    }
}

async fn schema(connection: &Connection) -> Result<Finding> {
    let schema = row::server::<u32>(connection, sql::SCHEMA).await?;
    let known = open::known();
    Ok(finding("schema", format!("{schema} (this server knows {known})"), schema == known))
}

async fn replication(connection: &Connection, settings: &Settings) -> Result<Finding> {
    let read = |row: &tokio_postgres::Row| {
        let cells = Cells::new(row, "pg_stat_replication", 0);
        Ok((cells.get::<i64>(0)?, cells.get::<i64>(1)?, cells.get::<i64>(2)?, cells.get::<i64>(3)?))
    };
    let (in_recovery, replicas, known, waited_for) =
        row::one(connection, sql::CARE_REPLICATION, &[], read).await?.unwrap_or_default();
    let (said, well) = match (in_recovery, replicas, settings.standbys.as_str()) {
        (1, ..) => ("this is a replica, which takes no writes: name the primary".to_owned(), false),
        (_, 0, "") => {
            ("none: what the disk of its machine loses is lost, but for your backups".to_owned(), true)
        }
        (_, 0, standbys) => {
            (format!("commits wait for {standbys}, and no replica is connected: start one"), false)
        }
        (_, _, "") => (
            format!("replicas: {replicas}; no commit waits for one, so a fail-over may lose the last logins"),
            true,
        ),
        (_, _, standbys) if known == 0 => {
            (format!("replicas: {replicas}; commits wait for {standbys} (pg_monitor may see which)"), true)
        }
        (_, _, standbys) if waited_for == 0 => {
            (format!("commits wait for {standbys}, and none of {replicas} replicas is that: start it"), false)
        }
        (..) => (format!("replicas: {replicas}; commits wait for some of {waited_for}"), true),
    };
    Ok(finding("replication", said, well))
}

/// A connection as the database sees it, which is a pooler's where one stands between.
#[derive(Default)]
struct End {
    /// Version and cipher.
    tls: Option<String>,
    /// From which address; none over a socket.
    client: Option<String>,
    /// To which port.
    port: Option<i64>,
}

impl End {
    async fn of(connection: &Connection) -> Result<End> {
        let read = |row: &tokio_postgres::Row| {
            let cells = Cells::new(row, "pg_stat_ssl", 0);
            let (version, cipher) = (cells.get::<Option<String>>(1)?, cells.get::<Option<String>>(2)?);
            let is_private = cells.get::<i64>(0)? == 1;
            let tls = is_private.then(|| [version, cipher].map(Option::unwrap_or_default).join(" "));
            Ok(End { tls, client: cells.get(3)?, port: cells.get(4)? })
        };
        Ok(row::one(connection, sql::CARE_WAY, &[], read).await?.unwrap_or_default())
    }

    /// Whether the database listens at another port than those that we know, as it does behind a pooler.
    fn is_elsewhere(&self, manners: &Manners) -> bool {
        self.port.is_some_and(|port| !manners.address.has_port(port))
    }
}

/// Whether something stands between us and the database.
pub(super) async fn is_something_between(connection: &Connection, manners: &Manners) -> Result<bool> {
    Ok(End::of(connection).await?.is_elsewhere(manners))
}

/// How private the way is: what we ask for, and what the database sees at its end, which may be a pooler's.
async fn way(connection: &Connection, manners: &Manners, pooler: Option<bool>) -> Result<[Finding; 2]> {
    let end = End::of(connection).await?;
    let between = end.is_elsewhere(manners);
    let (asked, tls_well) = match manners.address.way() {
        Way::Here => ("none, and none is needed on this machine", true),
        Way::Open => ("none: passwords and users travel in the clear; sslmode=verify-full", false),
        Way::Encrypted => {
            ("without knowing to whom: whoever stands in between reads along; sslmode=verify-full", false)
        }
        Way::AnyName => {
            ("to any server of the authority: sslmode=verify-full asks for the name as well", true)
        }
        Way::Verified => ("verify-full", true),
    };
    let said = match end.tls {
        Some(tls) => format!("{tls}, {asked}"),
        None if end.client.is_some()
            && matches!(manners.address.way(), Way::Encrypted | Way::AnyName | Way::Verified) =>
        {
            format!("{asked}; from the pooler to the database none")
        }
        None => asked.to_owned(),
    };
    let (pooler, well) = match (pooler, between) {
        (Some(true), _) => ("in transaction mode, as `store_pooler` says", true),
        (None, true) => (BETWEEN, false),
        (Some(false), true) => ("none, though something stands between, as `store_pooler` says", true),
        (_, false) => ("none", true),
    };
    Ok([finding("TLS", said, tls_well), finding("pooler", pooler.to_owned(), well)])
}

async fn role(connection: &Connection) -> Result<[Finding; 2]> {
    let read = |row: &tokio_postgres::Row| {
        let cells = Cells::new(row, "pg_roles", 0);
        let powers = [
            (cells.get::<i64>(1)? == 1, "is a superuser"),
            (cells.get::<i64>(2)? == 1, "may make roles or databases, or replicate"),
            (cells.get::<i64>(5)? > 0, "owns the tables"),
            (cells.get::<i64>(3)? == 1, "may create in the schema"),
        ];
        let powers = powers.into_iter().filter_map(|(has, power)| has.then_some(power)).collect::<Vec<_>>();
        Ok((cells.get::<String>(0)?, powers.join(", "), cells.get::<Option<String>>(6)?))
    };
    let (name, powers, missing) = row::one(connection, sql::CARE_ROLE, &[], read).await?.unwrap_or_default();
    let role = match powers.as_str() {
        "" => finding("role", format!("{name} owns nothing and cannot change the schema"), true),
        powers => {
            let said = format!(
                "{name} {powers}: serve with a role of its own, which `passerby migrate-store --grant ROLE` lets in"
            );
            finding("role", said, false)
        }
    };
    let rights = match missing {
        None => finding("rights", "on all tables".to_owned(), true),
        Some(missing) => {
            let said = format!(
                "none, or not all, on {missing}: `passerby migrate-store --grant {name}` as the owner"
            );
            finding("rights", said, false)
        }
    };
    Ok([role, rights])
}

fn finding(name: &str, finding: String, well: bool) -> Finding {
    Finding { name: name.to_owned(), finding, well }
}
