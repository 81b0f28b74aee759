//! The store and the stories on it: what a server and a command without one have in common.

use std::collections::HashMap;
use std::net::IpAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{STORE_FILE, ServerError, real};
use super::{database, outbound};
use crate::auth::{Auth, Parts, Sealer};
use crate::config::Config;
use crate::functions::{self, Engine};
use crate::http::{Front, Guard, Http, Limits, admin, metrics};
use crate::model::{Clock, Dice, GroupId, Secret, unhex};
use crate::store::sqlite::{Options, Sqlite};
use crate::store::{Found, Store};

/// The largest body on the socket: an app directory with its hosting files.
const SOCKET_BODY: usize = 512 * 1024 * 1024;
/// What is asked through the socket may take long: a backup of a large store.
const SOCKET_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// A store, of whose apps nothing was read yet. A file is this process' alone; a database may be many servers'.
pub(super) struct Ground {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    dice: Arc<dyn Dice>,
    sealer: Sealer,
}

impl Ground {
    /// Makes the data directory if it is absent, and opens the store.
    pub(super) async fn take(config: &Config) -> Result<Ground, ServerError> {
        let sealer = sealer(config.master_key_file.as_deref())?;
        make_data_directory(&config.data)?;
        let store: Arc<dyn Store> = match &config.store {
            None => Arc::new(Sqlite::open(options(config))?),
            Some(settings) => database::open(config, settings).await?,
        };
        let (clock, dice) = (Arc::new(real::SystemClock), Arc::new(real::SystemDice::new()));
        let now = clock.now();
        store.found(Found { group_id: GroupId(dice.object_id(now)), now }).await?;
        Ok(Ground { store, clock, dice, sealer })
    }

    /// Reads the apps. `public_url` is where clients reach them.
    pub(super) async fn build(self, config: &Config, public_url: &str) -> Result<House, ServerError> {
        let others = outbound::others(config, public_url)?;
        let engine = Engine::start(functions::Limits::default()).map_err(ServerError::Functions)?;
        let auth = Auth::open(Parts {
            store: Arc::clone(&self.store),
            clock: self.clock,
            dice: self.dice,
            sealer: self.sealer,
            public_url: public_url.to_owned(),
            page_origins: HashMap::new(),
            guest_logins_per_hour: config.guest_logins_per_hour,
            password_logins_per_minute: config.password_logins_per_minute,
            mails_per_hour: config.mails_per_hour,
            log_entries_per_second: config.log_entries_per_second,
            log_retention_days: config.log_retention_days,
            engine: Arc::new(engine),
            mail: others.mail,
            fetch: others.fetch,
            issuers: others.issuers,
            dev_admin: config.dev,
        });
        Ok(House { auth: auth.await?, store: self.store })
    }
}

fn options(config: &Config) -> Options {
    let readers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    // Half for the writer; the readers for single rows, and the one for long asks, share the other.
    let half = config.store_cache_mib.saturating_mul(512);
    let shares = u32::try_from(readers).unwrap_or(u32::MAX).saturating_add(1);
    Options {
        path: config.data.join(STORE_FILE),
        writer_cache_kib: half,
        reader_cache_kib: half / shares,
        readers,
        queue: config.store_queue,
    }
}

/// An opened store with everything the stories need.
pub struct House {
    pub(super) store: Arc<dyn Store>,
    pub(super) auth: Auth,
}

impl House {
    /// Makes the data directory if it is absent, opens the store, and reads the apps.
    pub async fn open(config: &Config, public_url: &str) -> Result<House, ServerError> {
        Ground::take(config).await?.build(config, public_url).await
    }

    /// What handlers reach.
    pub(super) fn http(self, config: &Config) -> Http {
        Http {
            auth: Arc::new(self.auth),
            ask: self.store,
            metrics: Arc::new(metrics::Metrics::new()),
            limits: Limits {
                max_body: config.max_body,
                max_in_flight: config.max_in_flight,
                body_timeout: config.header_timeout,
                request_timeout: config.request_timeout,
            },
            trusted_proxies: config.trusted_proxies.iter().map(IpAddr::to_canonical).collect(),
        }
    }

    /// What the owner-only socket answers, for a command that found no server to ask.
    pub fn desk(self, config: &Config) -> HouseDesk {
        HouseDesk(desk(self.http(config)))
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

/// The front of the owner-only socket.
pub(super) fn desk(mut http: Http) -> Front {
    http.limits.max_body = SOCKET_BODY;
    http.limits.body_timeout = SOCKET_TIMEOUT;
    http.limits.request_timeout = SOCKET_TIMEOUT;
    Front::new(http.clone(), admin::desk_routes(http), Guard::Open)
}

pub(super) fn make_data_directory(path: &Path) -> Result<(), ServerError> {
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
    let key = unhex(text.trim()).ok_or_else(|| failed("expected 64 hex digits".to_owned()))?;
    Ok(Sealer::with_master_key(&Secret::new(key))?)
}
