//! The one place that wires: take the store, bind the listeners, build the parts, run the tasks, stop gracefully.

mod arrivals;
mod database;
mod doors;
mod first_admin;
mod hold;
mod house;
mod listen;
mod moving;
mod outbound;
mod patience;
mod real;
mod restore;
mod rounds;
mod tls;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use arrivals::{Directory, DirectoryError};
pub use database::{
    Migrated, StoreSchema, migrate_store, other_store, serves_database, shows_password, store_schema,
};
pub use first_admin::FirstAdmin;
pub use house::{House, HouseDesk};
pub use moving::{Carried, NotMoved, Place, SameTable, Step, carried, move_store, reopen_store};
pub use restore::{RestoreError, Restored, restore};
pub use tls::TlsError;

use crate::auth;
use crate::config::Config;
use crate::http::pages;
use crate::model::ClientAppId;
use crate::store;
use crate::store::{postgres, sqlite};
use doors::{Doors, Rooms};
use house::Ground;

/// The store's file in the data directory.
pub const STORE_FILE: &str = "passerby.db";
/// The owner-only socket in the data directory.
pub const SOCKET_FILE: &str = "passerby.sock";

/// Why a server does not start, or ends.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The data directory.
    #[error("failed to use the data directory {path}")]
    Data {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The store in a file.
    #[error("failed to open the store")]
    Open(#[from] sqlite::OpenError),
    /// The URL of a database.
    #[error("`{setting}` is no URL of a database")]
    Address {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it; never what it says.
        #[source]
        source: postgres::AddressError,
    },
    /// The store in a database.
    #[error("failed to open the store {address}")]
    Database {
        /// Who and where.
        address: String,
        /// Why.
        #[source]
        source: postgres::OpenError,
    },
    /// Another server answers at the data directory's socket.
    #[error("another passerby is using `{}`", .0.display())]
    Held(PathBuf),
    /// The master key's file.
    #[error("failed to read the master key from {path}: {reason}")]
    MasterKey {
        /// The file.
        path: PathBuf,
        /// Why; never its content.
        reason: String,
    },
    /// A listener.
    #[error("failed to listen on {address} ({setting})")]
    Listen {
        /// The address.
        address: String,
        /// The setting that names it.
        setting: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The signal that asks for the certificate to be read again.
    #[error("failed to listen for SIGHUP")]
    Signal(#[source] std::io::Error),
    /// A certificate.
    #[error("failed to set TLS up")]
    Tls(#[from] TlsError),
    /// An app directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The way to send mail, or to fetch from others.
    #[error("failed to prepare mail and fetches")]
    Outbound(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The engine of functions.
    #[error("failed to start the engine of functions")]
    Functions(#[source] std::io::Error),
    /// The file with issuers' addresses.
    #[error("failed to read issuers from {path}: {reason}")]
    Issuers {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The apps in the store.
    #[error("failed to read the apps in the store")]
    Auth(#[from] auth::Error),
    /// The store, later.
    #[error("the store failed")]
    Store(#[from] store::Error),
}

impl ServerError {
    /// Whether another process has the store.
    pub fn is_in_use(&self) -> bool {
        matches!(
            self,
            ServerError::Open(sqlite::OpenError::Locked(_))
                | ServerError::Held(_)
                | ServerError::Database { source: postgres::OpenError::InUse { .. }, .. }
        )
    }

    /// Whether the store is half of one, since a move to it is not finished.
    pub fn is_half(&self) -> bool {
        matches!(
            self,
            ServerError::Open(sqlite::OpenError::Filling { .. })
                | ServerError::Database { source: postgres::OpenError::Filling { .. }, .. }
        )
    }

    /// Whether the store was moved elsewhere.
    pub fn is_moved(&self) -> bool {
        matches!(
            self,
            ServerError::Open(sqlite::OpenError::Moved { .. })
                | ServerError::Database { source: postgres::OpenError::Moved { .. }, .. }
        )
    }

    /// Whether the database has no store in it yet.
    pub fn is_no_store(&self) -> bool {
        let ServerError::Database { source, .. } = self else { return false };
        matches!(source, postgres::OpenError::Older { schema: 0, .. })
    }
}

/// What is told when the server is ready; scripts rely on its JSON form.
#[derive(Debug, Serialize)]
pub struct Ready {
    /// The base URL for clients.
    pub client_url: String,
    /// The base URL for administrators; the same unless moved.
    pub admin_url: String,
    /// Where metrics are served.
    pub metrics_url: Option<String>,
    /// The given directories' apps first and in order, then the others of the store.
    pub apps: Vec<ReadyApp>,
    /// The administrator that this start made, since there was none.
    #[serde(skip)]
    pub first_admin: Option<FirstAdmin>,
    /// Whether the well-known administrator of development is let in.
    #[serde(skip)]
    pub dev: bool,
}

/// One app that is served.
#[derive(Debug, Serialize)]
pub struct ReadyApp {
    /// The id for clients.
    pub client_app_id: ClientAppId,
    /// Its name.
    pub name: String,
    /// Whether this start made it.
    pub created: bool,
    /// The address of its page, if it has one.
    pub try_url: Option<String>,
    /// The directory that it was given as.
    #[serde(skip)]
    pub directory: Option<PathBuf>,
    /// Whether guests can log in.
    #[serde(skip)]
    pub takes_guests: bool,
}

/// What a server is started with, beside its settings.
#[derive(Debug, Default)]
pub struct Serve {
    /// The app directories.
    pub directories: Vec<PathBuf>,
    /// The app that the one directory is.
    pub app: Option<ClientAppId>,
}

/// Serves until `stop` is done. `announce` hears when everything is ready.
pub async fn run(
    config: Config,
    serve: Serve,
    announce: impl FnOnce(&Ready),
    stop: impl Future<Output = ()>,
) -> Result<(), ServerError> {
    let certificate = config.tls.clone().map(tls::Certificate::read).transpose()?.map(Arc::new);
    let read = arrivals::read_all(&serve)?;
    // Before the ports: a second start on a data directory asks for the ports of the first as well, and what it must
    // hear of is the store.
    let ground = Ground::take(&config).await?;
    let _hold = match &config.store {
        Some(settings) => Some(hold::take(&config.data, &database::place(settings)?)?),
        None => None,
    };
    let doors = Doors::bind(&config, arrivals::have_pages(&read)).await?;
    let client_url = doors.client_url(&config);
    if let Some(doubt) = doors::doubt(&config) {
        tracing::warn!("`public_url` is not set, so clients are sent to {client_url}: {doubt}");
    }
    let mut house = ground.build(&config, &client_url).await?;
    let arrived = arrivals::import_all(&house.auth, read, serve.app.as_ref()).await?;
    arrivals::warn_of_concerns(&house.auth).await;
    let shown = arrivals::with_pages(&arrived);
    if let Some(origin) = doors.page_origin() {
        house.auth.allow_pages(shown.keys().map(|app| (app.clone(), origin.clone())).collect()).await?;
    }
    let first_admin = first_admin::make(&house.auth, &config.data).await?;
    if let Some(FirstAdmin { path, public_key, .. }) = &first_admin {
        tracing::info!("made the administrator {public_key}: its key pair is in {}", path.display());
    }
    if config.dev {
        let (email, password) = (auth::DEV_EMAIL, auth::DEV_PASSWORD);
        tracing::warn!(
            "--dev: whoever reaches this machine's loopback administers with {email} / {password}"
        );
    }
    let ready = Ready {
        first_admin,
        dev: config.dev,
        admin_url: doors.admin_url(&config).unwrap_or_else(|| client_url.clone()),
        metrics_url: doors.metrics_url(),
        apps: arrivals::ready_apps(&house.auth, &arrived, &shown, doors.page_origin().as_deref()),
        client_url,
    };

    let store = Arc::clone(&house.store);
    let http = house.http(&config);
    let auth = Arc::clone(&http.auth);
    auth.moved_by(Box::new(moving::LiveMove::new(Arc::clone(&store), &auth)));
    let (stopping, stopped) = watch::channel(());
    let mut tasks = JoinSet::new();
    if let Some(certificate) = &certificate {
        tasks.spawn(rounds::reread(Arc::clone(certificate), rounds::hang_up()?, stopped.clone()));
    }
    tasks.spawn(rounds::reread_apps(Arc::clone(&http.auth), stopped.clone()));
    tasks.spawn(rounds::clear_departed(Arc::clone(&http.auth), stopped.clone()));
    tasks.spawn(rounds::delete_guests(Arc::clone(&http.auth), stopped.clone()));
    tasks.spawn(rounds::deliver(Arc::clone(&http.auth), stopped.clone()));
    tasks.spawn(rounds::keep_logs(Arc::clone(&http.auth), stopped.clone()));
    tasks.spawn(rounds::reap(Arc::clone(&store), http.clone(), stopped.clone()));
    let pages = pages::Pages { roots: Arc::new(shown), client_url: ready.client_url.as_str().into() };
    doors.open(Rooms { config: &config, certificate, http, pages, stopped }, &mut tasks);

    announce(&ready);
    stop.await;
    tracing::info!("stopping: requests under way are finished first");
    let _ = stopping.send(());
    while tasks.join_next().await.is_some() {}
    rounds::write_logs(&auth).await;
    auth.end_turns(&rounds::WORKS).await;
    let _ = std::fs::remove_file(config.data.join(SOCKET_FILE));
    store.close().await?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "this is the room that waits")]
async fn rest(span: Duration) {
    tokio::time::sleep(span).await;
}
