//! Whose database it is, its schema, and how many connections there are.

use std::sync::Arc;
use std::time::Duration;

use super::address::Address;
use super::bearers::Bearers;
use super::connection::{Connection, Manners, Transacted};
use super::failure::{self, Failure};
use super::guests::Guests;
use super::pool::Pool;
use super::readers::Readers;
use super::row::{self, Cells};
use super::watch::{self, Ears, Watch};
use super::writer::{Devices, Writer};
use super::{Parts, Postgres, care, copying, sql};
use crate::store::Error;
use crate::store::copying::Mark;

/// The schema, step by step.
pub(super) const MIGRATIONS: [&str; 8] = [
    include_str!("../../../migrations/postgres/0001_init.sql"),
    include_str!("../../../migrations/postgres/0002_become_someone.sql"),
    include_str!("../../../migrations/postgres/0003_admins.sql"),
    include_str!("../../../migrations/postgres/0004_logs.sql"),
    include_str!("../../../migrations/postgres/0005_users.sql"),
    include_str!("../../../migrations/postgres/0006_drafts.sql"),
    include_str!("../../../migrations/postgres/0007_tallies.sql"),
    include_str!("../../../migrations/postgres/0008_guest_deletions.sql"),
];

/// The encoding that holds every name, as PostgreSQL calls it.
pub(super) const UTF8: &str = "UTF8";

/// How much longer a long ask, an examination or a migration may take than anything else.
pub(super) const LONG: u32 = 24;

/// Where the database is and how it is used.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database.
    pub address: Address,
    /// Another way to it, for notifications, when the first one leads through a pooler.
    pub notify: Option<Address>,
    /// Whether a pooler in transaction mode stands before it; `None` when nobody said.
    pub pooler: Option<bool>,
    /// Whether to bring the schema up to date first.
    pub migrate: bool,
    /// Connections for acts. Half as many are for asks, and as many again for long ones.
    pub connections: usize,
    /// Writes that may wait.
    pub queue: usize,
    /// How long the database may take to answer; whoever asked waits half as long again for another connection to.
    pub patience: Duration,
}

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no schema yet, or not all of it.
    #[error(
        "the store has schema {schema}, and this server needs {known}: `passerby migrate-store` brings it there"
    )]
    Older {
        /// The schema that the database has; 0 for none.
        schema: u32,
        /// The schema that this server knows.
        known: u32,
    },
    /// A newer server made the schema into something that this one does not understand.
    #[error(
        "the store has schema {schema} and needs a server that knows schema {min_server}; this one knows {known}"
    )]
    Newer {
        /// The schema that the database has.
        schema: u32,
        /// The oldest schema whose server can live with it.
        min_server: u32,
        /// The schema that this server knows.
        known: u32,
    },
    /// It is being filled from another store.
    #[error("the store is not whole: a move from {from} is not finished")]
    Filling {
        /// From where.
        from: String,
    },
    /// It was moved elsewhere.
    #[error("the store was moved to {to}")]
    Moved {
        /// Where it is now.
        to: String,
    },
    /// Servers may be writing.
    #[error("other sessions use the store: {others}")]
    InUse {
        /// Who, from where, with which program.
        others: String,
    },
    /// Only the owner makes tables, and locks them.
    #[error("{role} does not own the store: move it as the role that does")]
    NotOwner {
        /// The role.
        role: String,
    },
    /// Only the owner makes the store.
    #[error("{role} may not make the store: do it as the role that owns the database")]
    NotMaker {
        /// The role.
        role: String,
    },
    /// A role was not let in, though the schema is there.
    #[error("{role} was not let in; the schema itself is up to date")]
    NotGranted {
        /// The role that was to be.
        role: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The role that we are was not let in.
    #[error(
        "{role} may not use the store: `passerby migrate-store --grant {role}`, by the role that owns it, lets it in"
    )]
    Denied {
        /// The role.
        role: String,
    },
    /// It holds tables of something else.
    #[error(
        "the database holds tables of another program: passerby wants a database, or a schema, of its own"
    )]
    Foreign,
    /// Its texts cannot hold what ours hold.
    #[error(
        "the database has the encoding {encoding}, which cannot hold every name: make one with encoding 'UTF8' template template0"
    )]
    Encoding {
        /// What it has.
        encoding: String,
    },
    /// It cannot be reached, or refused.
    #[error(transparent)]
    Database(Box<dyn std::error::Error + Send + Sync>),
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> OpenError {
        OpenError::Database(Box::new(failure))
    }
}

impl From<Error> for OpenError {
    fn from(error: Error) -> OpenError {
        OpenError::Database(Box::new(error))
    }
}

/// What a migration did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Migrated {
    /// The schema before; 0 for none.
    pub from: u32,
    /// The schema now.
    pub to: u32,
}

/// The schema that this server knows.
pub(super) fn known() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

pub(super) async fn open(options: Options) -> Result<Postgres, OpenError> {
    if options.migrate {
        migrate(&options).await?;
    }
    let manners = Arc::new(options.manners(1));
    let first = Connection::open(&manners).await?;
    let schema = schema(&first).await.map_err(|error| options.denied(error))?;
    if schema < known() {
        return Err(OpenError::Older { schema, known: known() });
    }
    match copying::mark(&first).await? {
        None => {}
        Some(Mark::Filling { from, .. }) => return Err(OpenError::Filling { from }),
        Some(Mark::Moved { to }) => return Err(OpenError::Moved { to }),
    }
    let changes = watch::changes(&first).await?;
    if options.pooler.is_none() && care::is_something_between(&first, &manners).await? {
        tracing::warn!("{}", care::BETWEEN);
    }
    drop(first);
    let devices = Arc::new(Devices::default());
    let acts = Pool::new(Arc::clone(&manners), options.connections);
    let writer =
        Arc::new(Writer::new(Arc::clone(&acts), Arc::clone(&devices), options.queue, manners.whole()));
    let half = options.connections.div_ceil(2);
    let readers = Readers::new(&manners, &Arc::new(options.manners(LONG)), half);
    let guests = Guests::start(&manners, devices, Arc::clone(&writer), options.queue).await;
    let bearers = Bearers::start(&manners, half, options.queue);
    let watch = Watch::start(Arc::clone(&manners), options.ears(), changes);
    let parts = Parts { writer, guests, readers, bearers, acts, watch, manners };
    Ok(Postgres { parts, pooler: options.pooler })
}

impl Options {
    /// A database with what is due for this machine: two connections a core, at least four.
    pub fn new(address: Address) -> Options {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Options {
            address,
            notify: None,
            pooler: None,
            migrate: false,
            connections: (2 * cores).max(4),
            queue: 20_000,
            patience: Duration::from_secs(5),
        }
    }

    pub(super) fn manners(&self, times: u32) -> Manners {
        let pooler = self.pooler == Some(true);
        Manners { address: self.address.clone(), pooler, patience: times * self.patience }
    }

    /// Says who was refused, when that is why.
    pub(super) fn denied(&self, error: OpenError) -> OpenError {
        match error {
            OpenError::Database(source) if failure::is_denied(&*source) => {
                OpenError::Denied { role: self.address.user().to_owned() }
            }
            other => other,
        }
    }
}

/// The schema's number, without opening the store.
pub(super) async fn schema_of(options: &Options) -> Result<u32, OpenError> {
    let connection = Connection::open(&options.manners(1)).await?;
    schema(&connection).await.map_err(|error| options.denied(error))
}

impl Options {
    /// How notifications are heard: over another way when there is one. A pooler carries none.
    fn ears(&self) -> Ears {
        match &self.notify {
            Some(address) => {
                let address = address.clone();
                Ears::Apart(Arc::new(Manners { address, pooler: false, ..self.manners(1) }))
            }
            None if self.pooler == Some(true) => Ears::None,
            None => Ears::Here,
        }
    }
}

/// The schema's number: 0 for a database that is still empty. Refuses what is not ours to touch.
pub(super) async fn schema(connection: &Connection) -> Result<u32, OpenError> {
    let encoding = |row: &tokio_postgres::Row| Cells::new(row, "pg_settings", 0).get::<String>(0);
    match row::one(connection, sql::ENCODING, &[], encoding).await? {
        Some(encoding) if encoding != UTF8 => return Err(OpenError::Encoding { encoding }),
        _ => {}
    }
    if !connection.exists(sql::SERVER_EXISTS, &[]).await? {
        return if connection.exists(sql::ANY_TABLE, &[]).await? { Err(OpenError::Foreign) } else { Ok(0) };
    }
    let schema = row::server::<u32>(connection, sql::SCHEMA).await?;
    let min_server = row::server::<u32>(connection, sql::MIN_SERVER).await?;
    if min_server > known() {
        return Err(OpenError::Newer { schema, min_server, known: known() });
    }
    Ok(schema)
}

/// Brings the schema to what this server knows, in one transaction. Whoever comes second waits for the first, and finds
/// nothing to do.
pub(super) async fn migrate(options: &Options) -> Result<Migrated, OpenError> {
    let connection = Connection::open(&options.manners(LONG)).await?;
    let work = async {
        connection.rows(sql::ONE_MIGRATES, &[]).await?;
        let from = match schema(&connection).await {
            Ok(from) => from,
            Err(refused) => return Ok(Err(refused)),
        };
        for (number, migration) in (1_u32..).zip(MIGRATIONS).skip(from as usize) {
            connection.batch(migration).await?;
            connection.run(sql::SET_SCHEMA, super::bind::params![number]).await?;
        }
        Ok(Ok(Migrated { from, to: from.max(known()) }))
    };
    match connection.transaction(sql::BEGIN, work, || None).await {
        Transacted::Done(Err(error)) => Err(options.denied(error)),
        Transacted::Done(migrated) => migrated,
        Transacted::Undone(error) if failure::is_denied(&error) => {
            Err(OpenError::NotMaker { role: options.address.user().to_owned() })
        }
        Transacted::Undone(error) => Err(error.into()),
        Transacted::Unanswered(failure) => Err(failure.into()),
    }
}
