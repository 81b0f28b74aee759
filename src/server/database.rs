//! The store in PostgreSQL, as the settings name it.

use std::path::Path;
use std::sync::Arc;

use super::{ServerError, hold};
use crate::config::{Config, StoreSettings, StoreUrl};
use crate::store::Store;
use crate::store::postgres::{self, Address, Options, Postgres};

/// Opens the store.
pub(super) async fn open(config: &Config, settings: &StoreSettings) -> Result<Arc<dyn Store>, ServerError> {
    let options = options(config, settings)?;
    let address = options.address.to_string();
    match Postgres::open(options).await {
        Ok(store) => Ok(Arc::new(store)),
        Err(source) => Err(ServerError::Database { address, source }),
    }
}

/// What was done to a database's schema.
#[derive(Clone, Debug)]
pub struct Migrated {
    /// The database, and the role that did it.
    pub address: String,
    /// The schema before and after; 0 for none.
    pub schema: postgres::Migrated,
}

/// Which schema a database has.
#[derive(Clone, Debug)]
pub struct StoreSchema {
    /// The database, and the role that asks.
    pub address: String,
    /// The schema; 0 for none.
    pub schema: u32,
    /// The schema that this server knows.
    pub known: u32,
}

/// Brings a database's schema up to date, and lets roles use it that may not change it. Several may do so at once.
pub async fn migrate_store(
    config: &Config,
    settings: &StoreSettings,
    roles: &[String],
) -> Result<Migrated, ServerError> {
    let options = options(config, settings)?;
    let address = options.address.to_string();
    let failed = |source| ServerError::Database { address: address.clone(), source };
    let schema = Postgres::migrate(&options).await.map_err(failed)?;
    for role in roles {
        Postgres::grant(&options, role).await.map_err(failed)?;
    }
    Ok(Migrated { address, schema })
}

/// Which schema a database has.
pub async fn store_schema(config: &Config, settings: &StoreSettings) -> Result<StoreSchema, ServerError> {
    let options = options(config, settings)?;
    let address = options.address.to_string();
    match Postgres::schema(&options).await {
        Ok(schema) => Ok(StoreSchema { address, schema, known: Postgres::known() }),
        Err(source) => Err(ServerError::Database { address, source }),
    }
}

/// The store that the server on a data directory has instead of this one.
pub fn other_store(config: &Config, settings: &StoreSettings) -> Result<Option<String>, ServerError> {
    let served = hold::served(&config.data);
    Ok(if served == place(settings)? { None } else { Some(served) })
}

/// Whether the server on a data directory has its store in a database, rather than in a file in it.
pub fn serves_database(data: &Path) -> bool {
    !hold::served(data).is_empty()
}

/// Where a database is, whoever we are in it.
pub(super) fn place(settings: &StoreSettings) -> Result<String, ServerError> {
    Ok(address("store", &settings.url, settings)?.place())
}

/// Whether a text is a URL with a password in it, or ends in one, as a flag does.
pub fn shows_password(text: &str) -> bool {
    let url = text.strip_prefix("--").and_then(|flag| flag.split_once('=')).map_or(text, |(_, url)| url);
    Address::holds_password(url)
}

fn options(config: &Config, settings: &StoreSettings) -> Result<Options, ServerError> {
    let usual = Options::new(address("store", &settings.url, settings)?);
    let notify = settings.notify.as_ref().map(|url| address("store_notify", url, settings));
    Ok(Options {
        notify: notify.transpose()?,
        pooler: settings.pooler,
        migrate: settings.migrate,
        connections: settings.connections.unwrap_or(usual.connections),
        queue: config.store_queue,
        ..usual
    })
}

fn address(setting: &'static str, url: &StoreUrl, settings: &StoreSettings) -> Result<Address, ServerError> {
    let file = settings.password_file.as_deref();
    Address::new(url.expose(), file, |name| std::env::var_os(name))
        .map_err(|source| ServerError::Address { setting, source })
}
