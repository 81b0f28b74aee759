//! The listeners: bound early, opened when there is somebody to answer.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use prometheus_client::metrics::gauge::Gauge;
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinSet;

use super::listen::{self, Manners, Stop};
use super::tls::Certificate;
use super::{SOCKET_FILE, ServerError, house};
use crate::config::Config;
use crate::http::pages::{self, Pages};
use crate::http::{Front, Guard, Http, admin_routes, metrics, routes};

/// A bound listener, and its address.
type Door = (TcpListener, SocketAddr);

/// Everything that listens on a port.
pub(super) struct Doors {
    client: Door,
    admin: Option<Door>,
    metrics: Option<Door>,
    pages: Option<Door>,
}

/// What is behind the doors.
pub(super) struct Rooms<'a> {
    pub(super) config: &'a Config,
    pub(super) certificate: Option<Arc<Certificate>>,
    pub(super) http: Http,
    pub(super) pages: Pages,
    pub(super) stopped: Stop,
}

impl Doors {
    /// Takes the ports. Connections wait until the doors are opened.
    pub(super) async fn bind(config: &Config, with_pages: bool) -> Result<Doors, ServerError> {
        Ok(Doors {
            client: bind(config.listen, "listen").await?,
            admin: bind_maybe(config.admin_listen, "admin_listen").await?,
            metrics: bind_maybe(config.metrics_listen, "metrics_listen").await?,
            pages: bind_maybe(with_pages.then_some(config.try_listen), "try_listen").await?,
        })
    }

    /// The base URL for clients.
    pub(super) fn client_url(&self, config: &Config) -> String {
        config.public_url.clone().unwrap_or_else(|| reachable(config, self.client.1))
    }

    /// The base URL for administrators, if they have a listener of their own.
    pub(super) fn admin_url(&self, config: &Config) -> Option<String> {
        self.admin.as_ref().map(|(_, address)| reachable(config, *address))
    }

    /// Where metrics are served.
    pub(super) fn metrics_url(&self) -> Option<String> {
        self.metrics.as_ref().map(|(_, address)| format!("http://{address}/metrics"))
    }

    /// The origin of example pages.
    pub(super) fn page_origin(&self) -> Option<String> {
        self.pages.as_ref().map(|(_, address)| format!("http://{address}"))
    }

    /// Answers from now on, in a task for each listener.
    pub(super) fn open(self, rooms: Rooms<'_>, tasks: &mut JoinSet<()>) {
        let Rooms { config, certificate, http, pages, stopped } = rooms;
        let guard = if config.dev { Guard::ThisMachine } else { Guard::Open };
        let manners = Manners {
            max_connections: config.max_connections,
            header_timeout: config.header_timeout,
            drain: config.drain,
            connections: http.metrics.connections.clone(),
            certificate,
        };
        // Connections beside the clients' are not counted as theirs.
        let beside = Manners { connections: Gauge::default(), ..manners.clone() };
        // Those that never leave the machine are in the clear.
        let plain = Manners { certificate: None, ..beside.clone() };

        let (listener, address) = self.client;
        let front = Front::new(http.clone(), routes(http.clone(), self.admin.is_none()), guard);
        tasks.spawn(listen::tcp(listener, manners, stopped.clone(), answering(front)));
        tracing::info!("listening for clients on {address}");
        if let Some((listener, _)) = self.admin {
            let front = Front::new(http.clone(), admin_routes(&http), guard);
            tasks.spawn(listen::tcp(listener, beside, stopped.clone(), answering(front)));
        }
        if let Some((listener, _)) = self.metrics {
            let routes = routing(metrics::routes(Arc::clone(&http.metrics)));
            tasks.spawn(listen::tcp(listener, plain.clone(), stopped.clone(), routes));
        }
        if let Some((listener, _)) = self.pages {
            let routes = routing(pages::routes(pages));
            tasks.spawn(listen::tcp(listener, plain.clone(), stopped.clone(), routes));
        }
        if let Some((listener, owner)) = bind_socket(&config.data) {
            tasks.spawn(listen::unix(listener, owner, plain, stopped, house::desk(http)));
        }
    }
}

async fn bind(address: SocketAddr, setting: &'static str) -> Result<Door, ServerError> {
    let failed = |source| ServerError::Listen { address: address.to_string(), setting, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

async fn bind_maybe(address: Option<SocketAddr>, setting: &'static str) -> Result<Option<Door>, ServerError> {
    match address {
        Some(address) => Ok(Some(bind(address, setting).await?)),
        None => Ok(None),
    }
}

/// How a client on this machine reaches an address: one that listens everywhere is reached at localhost.
fn reachable(config: &Config, address: SocketAddr) -> String {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    match address.ip().is_unspecified() {
        true => format!("{scheme}://localhost:{}", address.port()),
        false => format!("{scheme}://{address}"),
    }
}

/// Why clients may fail to reach the server, when nobody said at which address they do.
pub(super) fn doubt(config: &Config) -> Option<&'static str> {
    match &config.public_url {
        Some(_) => None,
        None if config.listen.ip().is_unspecified() => {
            Some("on another machine, that is the other machine itself")
        }
        None => config.tls.as_ref().map(|_| "a certificate is seldom for such a name"),
    }
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
type Answered = Pin<Box<dyn Future<Output = Response> + Send>>;

fn answering(front: Front) -> impl Fn(Option<IpAddr>, http::Request<Body>) -> Answered + Clone + Send + Sync {
    let front = Arc::new(front);
    move |peer, request| {
        let front = Arc::clone(&front);
        Box::pin(async move { front.answer(peer, request).await })
    }
}

/// Routes without a front: listeners on loopback that hold no one's tokens.
fn routing(routes: Router) -> impl Fn(Option<IpAddr>, http::Request<Body>) -> Answered + Clone + Send + Sync {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    #[test]
    fn an_address_that_others_cannot_use_is_doubted() {
        let doubted = |settings: Settings| doubt(&Config::load(None, settings).unwrap()).is_some();
        let everywhere = Settings { listen: Some("[::]:1".parse().unwrap()), ..Settings::default() };
        let tls = Settings { tls_cert: Some("c".into()), tls_key: Some("k".into()), ..Settings::default() };
        let named = |settings| Settings { public_url: Some("https://a.example".to_owned()), ..settings };
        assert!(!doubted(Settings::default()));
        assert!(doubted(everywhere.clone()) && !doubted(named(everywhere)));
        assert!(doubted(tls.clone()) && !doubted(named(tls)));
    }
}
