//! The one place that wires: open the store, build the parts, bind the listeners, run the tasks, stop gracefully.

mod arrivals;
mod listen;
mod real;
mod restore;
mod tls;

use std::collections::HashMap;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use serde::Serialize;
use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

pub use arrivals::{Directory, DirectoryError};
pub use restore::{RestoreError, Restored, restore};
pub use tls::TlsError;

use crate::auth::{self, Auth, Parts, Sealer};
use crate::config::Config;
use crate::expiry::{Reaper, Step};
use crate::http::{Front, Guard, Http, Limits, admin, metrics, pages, routes};
use crate::model::{ClientAppId, Clock, Dice, GroupId, Secret, with_causes};
use crate::store::sqlite::{OpenError, Options, Sqlite};
use crate::store::{self, Found, Store};

/// The store's file in the data directory.
pub const STORE_FILE: &str = "passerby.db";
/// The owner-only socket in the data directory.
pub const SOCKET_FILE: &str = "passerby.sock";

/// The largest body on the socket: an app directory with its hosting files.
const SOCKET_BODY: usize = 512 * 1024 * 1024;
/// What is asked through the socket may take long: a backup of a large store.
const SOCKET_TIMEOUT: Duration = Duration::from_secs(24 * 3600);
/// How often certificate files are looked at.
const CERTIFICATE_LOOK: Duration = Duration::from_secs(60);
/// How long the reaper rests after the store failed it.
const REAPER_REST: Duration = Duration::from_secs(60);

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
    /// The store.
    #[error("failed to open the store")]
    Open(#[from] OpenError),
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
        matches!(self, ServerError::Open(OpenError::Locked(_)))
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
}

/// An opened store with everything the stories need: what a server and a command without one have in common.
pub struct House {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The stories.
    pub auth: Auth,
}

impl House {
    /// Makes the data directory if it is absent, takes the store's lock, and reads the apps.
    pub async fn open(config: &Config, public_url: &str) -> Result<House, ServerError> {
        make_data_directory(&config.data)?;
        let path = config.data.join(STORE_FILE);
        let readers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        // Half for the writer; the readers for single rows, and the one for long asks, share the other.
        let half = config.store_cache_mib.saturating_mul(512);
        let shares = u32::try_from(readers).unwrap_or(u32::MAX).saturating_add(1);
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(Options {
            path,
            writer_cache_kib: half,
            reader_cache_kib: half / shares,
            readers,
            queue: config.store_queue,
        })?);
        let (clock, dice) = (Arc::new(real::SystemClock), Arc::new(real::SystemDice::new()));
        let now = clock.now();
        store.found(Found { group_id: GroupId(dice.object_id(now)), now }).await?;
        let auth = Auth::open(Parts {
            store: Arc::clone(&store),
            clock,
            dice,
            sealer: sealer(config.master_key_file.as_deref())?,
            public_url: public_url.to_owned(),
            page_origins: HashMap::new(),
            guest_logins_per_hour: config.guest_logins_per_hour,
        });
        Ok(House { auth: auth.await?, store })
    }

    /// What the owner-only socket answers, for a command that found no server to ask.
    pub fn desk(self, config: &Config) -> HouseDesk {
        let http = http(self.store, Arc::new(self.auth), config, Arc::new(metrics::Metrics::new()));
        HouseDesk(desk(http))
    }
}

/// What the owner-only socket answers, without a socket: for a command that found no server to ask.
pub struct HouseDesk(Front);

impl HouseDesk {
    /// Answers a request as the socket would.
    pub async fn answer(&self, request: ::http::Request<axum::body::Body>) -> axum::response::Response {
        self.0.answer(None, request).await
    }
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
    let (client, client_address) = bind(config.listen, "listen").await?;
    let scheme = if certificate.is_some() { "https" } else { "http" };
    let own_url = format!("{scheme}://{}", reachable(client_address));
    let client_url = config.public_url.clone().unwrap_or_else(|| own_url.clone());

    let mut house = House::open(&config, &client_url).await?;
    let arrived = arrivals::import_all(&house.auth, &serve).await?;
    let shown = arrivals::with_pages(&arrived);
    let try_listener = match shown.is_empty() {
        true => None,
        false => Some(bind(config.try_listen, "try_listen").await?),
    };
    if let Some((_, address)) = &try_listener {
        let origin = format!("http://{address}");
        house.auth.allow_pages(shown.keys().map(|app| (app.clone(), origin.clone())).collect()).await?;
    }
    let admin = bind_maybe(config.admin_listen, "admin_listen").await?;
    let metrics_listener = bind_maybe(config.metrics_listen, "metrics_listen").await?;
    let socket = bind_socket(&config.data);

    let House { store, auth } = house;
    let (auth, counters) = (Arc::new(auth), Arc::new(metrics::Metrics::new()));
    let http = http(Arc::clone(&store), Arc::clone(&auth), &config, Arc::clone(&counters));
    let guard = if config.dev { Guard::ThisMachine } else { Guard::Open };
    let front = Front::new(http.clone(), routes(http.clone()), guard);
    let manners = listen::Manners {
        max_connections: config.max_connections,
        header_timeout: config.header_timeout,
        drain: config.drain,
        connections: counters.connections.clone(),
        certificate: certificate.clone(),
    };
    // Connections beside the clients' are not counted as theirs.
    let beside = listen::Manners { connections: Gauge::default(), ..manners.clone() };
    // Those that never leave the machine are in the clear.
    let plain = listen::Manners { certificate: None, ..beside.clone() };

    // Without TLS a hang-up keeps its usual meaning.
    let hang_up = certificate
        .is_some()
        .then(|| signal(SignalKind::hangup()))
        .transpose()
        .map_err(ServerError::Signal)?;
    let (stopping, stopped) = watch::channel(());
    let mut tasks = tokio::task::JoinSet::new();
    let admin_url = admin.as_ref().map(|(_, a)| format!("{scheme}://{}", reachable(*a)));
    let metrics_url = metrics_listener.as_ref().map(|(_, a)| format!("http://{a}/metrics"));
    let ready = Ready {
        admin_url: admin_url.unwrap_or_else(|| client_url.clone()),
        metrics_url,
        apps: arrivals::ready_apps(&auth, &arrived, &shown, try_listener.as_ref().map(|(_, a)| *a)),
        client_url: client_url.clone(),
    };
    tasks.spawn(listen::tcp(client, manners, stopped.clone(), answering(front)));
    if let Some((listener, _)) = admin {
        let front = Front::new(http.clone(), admin::public_routes(http.clone()), guard);
        tasks.spawn(listen::tcp(listener, beside, stopped.clone(), answering(front)));
    }
    if let Some((listener, _)) = metrics_listener {
        tasks.spawn(listen::tcp(
            listener,
            plain.clone(),
            stopped.clone(),
            routing(metrics::routes(Arc::clone(&counters))),
        ));
    }
    if let Some((listener, _)) = try_listener {
        let pages = pages::Pages { roots: Arc::new(shown), client_url: client_url.into() };
        tasks.spawn(listen::tcp(listener, plain.clone(), stopped.clone(), routing(pages::routes(pages))));
    }
    if let Some((listener, owner)) = socket {
        tasks.spawn(listen::unix(listener, owner, plain, stopped.clone(), desk(http)));
    }
    if let (Some(certificate), Some(hang_up)) = (certificate, hang_up) {
        tasks.spawn(reread(certificate, hang_up, stopped.clone()));
    }
    tasks.spawn(reap(Arc::clone(&store), auth, counters, stopped));

    tracing::info!("listening for clients on {}", client_address);
    announce(&ready);
    stop.await;
    tracing::info!("stopping: requests under way are finished first");
    let _ = stopping.send(());
    while tasks.join_next().await.is_some() {}
    let _ = std::fs::remove_file(config.data.join(SOCKET_FILE));
    store.close().await?;
    Ok(())
}

fn http(store: Arc<dyn Store>, auth: Arc<Auth>, config: &Config, metrics: Arc<metrics::Metrics>) -> Http {
    Http {
        auth,
        ask: store,
        metrics,
        limits: Limits {
            max_body: config.max_body,
            max_in_flight: config.max_in_flight,
            request_timeout: config.request_timeout,
        },
        trusted_proxies: config.trusted_proxies.iter().map(IpAddr::to_canonical).collect(),
    }
}

/// The front of the owner-only socket.
fn desk(mut http: Http) -> Front {
    http.limits.max_body = SOCKET_BODY;
    http.limits.request_timeout = SOCKET_TIMEOUT;
    Front::new(http.clone(), admin::desk_routes(http), Guard::Open)
}

type Answered = std::pin::Pin<Box<dyn Future<Output = axum::response::Response> + Send>>;

fn answering(
    front: Front,
) -> impl Fn(Option<IpAddr>, http::Request<axum::body::Body>) -> Answered + Clone + Send + Sync {
    let front = Arc::new(front);
    move |peer, request| {
        let front = Arc::clone(&front);
        Box::pin(async move { front.answer(peer, request).await })
    }
}

/// Routes without a front: listeners on loopback that hold no one's tokens.
fn routing(
    routes: axum::Router,
) -> impl Fn(Option<IpAddr>, http::Request<axum::body::Body>) -> Answered + Clone + Send + Sync {
    move |_, request| {
        let mut routes = routes.clone();
        Box::pin(async move {
            match tower::Service::call(&mut routes, request).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        })
    }
}

/// Steps the reaper at its deadlines, at each deployment, and again after a rest when the store failed it.
async fn reap(
    store: Arc<dyn Store>,
    auth: Arc<Auth>,
    counters: Arc<metrics::Metrics>,
    mut stop: listen::Stop,
) {
    let mut reaper = Reaper::new(store);
    loop {
        let now = auth.clock().now();
        // A sweep of millions takes minutes. Left between two bites it is whole, and goes on at the next start.
        let stepped = tokio::select! {
            stepped = reaper.step(now) => stepped,
            _ = stop.changed() => return,
        };
        let wait = match stepped {
            Ok(Step::Done { removed, next }) => {
                counters.expired.inc_by(removed);
                if removed > 0 {
                    tracing::info!(removed, "guests expired");
                }
                Duration::from_secs(u64::try_from(next.0 - now.0).unwrap_or_default())
            }
            Ok(Step::Paused(jump)) => {
                tracing::warn!(
                    from = %jump.from.rfc3339(), to = %jump.to.rfc3339(),
                    "the clock went further than is believed, so no guest expires until \
                     `passerby users expire --accept-clock` says that it is right"
                );
                REAPER_REST
            }
            Err(error) => {
                tracing::error!(error = %with_causes(&error, ": "), "failed to expire guests");
                REAPER_REST
            }
        };
        tokio::select! {
            () = rest(wait) => {}
            () = auth.changed() => {}
            _ = stop.changed() => return,
        }
    }
}

/// Reads the certificate again when its files changed: looks once a minute, and at once on SIGHUP.
async fn reread(
    certificate: Arc<tls::Certificate>,
    mut hang_up: tokio::signal::unix::Signal,
    mut stop: listen::Stop,
) {
    loop {
        tokio::select! {
            () = rest(CERTIFICATE_LOOK) => {}
            _ = hang_up.recv() => {}
            _ = stop.changed() => return,
        }
        match certificate.reread() {
            Ok(true) => tracing::info!("the certificate was read again"),
            Ok(false) => {}
            Err(error) => {
                tracing::error!(error = %with_causes(&error, ": "), "the old certificate stays in use");
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the room that waits")]
async fn rest(span: Duration) {
    tokio::time::sleep(span).await;
}

async fn bind(address: SocketAddr, setting: &'static str) -> Result<(TcpListener, SocketAddr), ServerError> {
    let failed = |source| ServerError::Listen { address: address.to_string(), setting, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

async fn bind_maybe(
    address: Option<SocketAddr>,
    setting: &'static str,
) -> Result<Option<(TcpListener, SocketAddr)>, ServerError> {
    match address {
        Some(address) => Ok(Some(bind(address, setting).await?)),
        None => Ok(None),
    }
}

/// How a client on this machine reaches an address: one that listens everywhere is reached at localhost.
fn reachable(address: SocketAddr) -> String {
    if address.ip().is_unspecified() { format!("localhost:{}", address.port()) } else { address.to_string() }
}

/// The owner-only socket, and the user id that owns it. A server without it serves all the same; its commands then ask
/// to stop it first.
fn bind_socket(data: &Path) -> Option<(UnixListener, u32)> {
    let path = data.join(SOCKET_FILE);
    // We hold the store's lock, so whatever lies there was left by a server that is gone.
    let _ = std::fs::remove_file(&path);
    let bound = UnixListener::bind(&path).and_then(|listener| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok((listener, path.metadata()?.uid()))
    });
    bound.inspect_err(|error| tracing::warn!(%error, path = %path.display(), "no socket for commands")).ok()
}

fn make_data_directory(path: &Path) -> Result<(), ServerError> {
    if path.is_dir() {
        return Ok(());
    }
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| ServerError::Data { path: path.to_owned(), source })
}

fn sealer(file: Option<&Path>) -> Result<Sealer, ServerError> {
    let Some(path) = file else { return Ok(Sealer::none()) };
    let failed = |reason: String| ServerError::MasterKey { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    let key = hex_key(text.trim()).ok_or_else(|| failed("expected 64 hex digits".to_owned()))?;
    Ok(Sealer::with_master_key(&Secret::new(key))?)
}

fn hex_key(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(key)
}
