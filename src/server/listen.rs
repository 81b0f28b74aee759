//! Listeners: accept, bound, speak HTTP/1.1, and stop without cutting anybody off.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};

use super::patience::Patience;
use super::tls::Certificate;
use crate::http::Front;

/// The largest head of a request: the longest token, and as much again. Each connection may fill so much memory before
/// anything of it is understood.
const LARGEST_HEAD: usize = 64 * 1024;

/// Told when the server stops.
pub(super) type Stop = watch::Receiver<()>;

/// How a listener treats its connections.
#[derive(Clone)]
pub(super) struct Manners {
    pub(super) max_connections: usize,
    pub(super) header_timeout: Duration,
    pub(super) drain: Duration,
    /// Counts the open ones.
    pub(super) connections: Gauge,
    pub(super) certificate: Option<Arc<Certificate>>,
}

/// Serves a TCP listener until told to stop, then drains it.
pub(super) async fn tcp<S, F>(listener: TcpListener, manners: Manners, mut stop: Stop, service: S)
where
    S: Fn(Option<IpAddr>, http::Request<Body>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(manners.max_connections));
    loop {
        // A place is taken before accepting: over the limit, connections wait in the kernel's queue. A stop is heard
        // meanwhile too, or whoever holds every place could keep the server from ending.
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            _ = stop.changed() => break,
        };
        let Some((stream, peer)) = taken(accepted).await else { continue };
        let (service, manners, watcher) = (service.clone(), manners.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _place = place;
            manners.connections.inc();
            // Answers are written whole, so there is nothing to wait for.
            let _ = stream.set_nodelay(true);
            connection(stream, peer, &manners, watcher, service).await;
            manners.connections.dec();
        });
    }
    drop(listener);
    drain(graceful, manners.drain).await;
}

/// Serves the owner-only socket until told to stop, then drains it. `owner` is the user id that owns it.
pub(super) async fn unix(listener: UnixListener, owner: u32, manners: Manners, mut stop: Stop, front: Front) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        let Some((stream, _)) = taken(accepted).await else { continue };
        if !is_owner(&stream, owner) {
            continue;
        }
        let (front, watcher, header_timeout) = (front.clone(), graceful.watcher(), manners.header_timeout);
        tokio::spawn(async move {
            let service = move |peer, request| {
                let front = front.clone();
                async move { front.answer(peer, request).await }
            };
            speak(stream, None, header_timeout, watcher, service).await;
        });
    }
    drop(listener);
    drain(graceful, manners.drain).await;
}

/// Whether a peer is the owner, or root. The socket's mode keeps others out already; this holds where a file system
/// or a careless `chmod` does not. Where the platform cannot tell, the mode alone decides.
fn is_owner(stream: &UnixStream, owner: u32) -> bool {
    match stream.peer_cred() {
        Ok(peer) if peer.uid() == owner || peer.uid() == 0 => true,
        Ok(peer) => {
            tracing::warn!(
                uid = peer.uid(),
                "somebody else's connection to the socket for commands was closed"
            );
            false
        }
        Err(_) => true,
    }
}

/// What was accepted. Failures are the peer's (it went away) or the system's (no file descriptors left): then a
/// moment's rest keeps the loop from spinning.
async fn taken<T>(accepted: std::io::Result<T>) -> Option<T> {
    match accepted {
        Ok(taken) => Some(taken),
        Err(error) => {
            tracing::warn!(%error, "failed to accept a connection");
            super::rest(Duration::from_millis(50)).await;
            None
        }
    }
}

async fn connection<S, F>(
    stream: tokio::net::TcpStream,
    peer: SocketAddr,
    manners: &Manners,
    watcher: Watcher,
    service: S,
) where
    S: Fn(Option<IpAddr>, http::Request<Body>) -> F + Clone + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let peer = Some(peer.ip());
    match &manners.certificate {
        None => speak(stream, peer, manners.header_timeout, watcher, service).await,
        Some(certificate) => {
            let handshake = certificate.acceptor().accept(stream);
            match tokio::time::timeout(manners.header_timeout, handshake).await {
                Ok(Ok(stream)) => speak(stream, peer, manners.header_timeout, watcher, service).await,
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            }
        }
    }
}

async fn speak<S, F>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Option<IpAddr>,
    header_timeout: Duration,
    watcher: Watcher,
    service: S,
) where
    S: Fn(Option<IpAddr>, http::Request<Body>) -> F + Clone + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let service = service_fn(move |request: http::Request<Incoming>| {
        let answer = service(peer, request.map(Body::new));
        async move { Ok::<_, std::convert::Infallible>(answer.await) }
    });
    let connection = http1::Builder::new()
        .timer(Patience::new(header_timeout))
        .header_read_timeout(header_timeout)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended badly");
    }
}

/// Lets requests that are under way finish, for as long as is allowed.
async fn drain(graceful: GracefulShutdown, limit: Duration) {
    if tokio::time::timeout(limit, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were cut off: they took longer than the stop waits");
    }
}
