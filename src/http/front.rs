//! The front of a listener: what happens to every request before and after its route.

use std::future::{Future, poll_fn};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, FORWARDED, HOST, HeaderName, HeaderValue, ORIGIN, VIA};
use http::{HeaderMap, Request, StatusCode, Uri};
use percent_encoding::percent_decode_str;
use tower::Service;

use super::address::{self, X_FORWARDED_FOR};
use super::call::ClientAddress;
use super::client::events::{self, Event};
use super::{Failure, Http, bland, cors, deadline, reply};
use crate::auth::{Asked, Error, FUNCTION_WALL, Journal};
use crate::model::{Millis, RequestId};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-appservices-request-id");

/// What a request may take beside its own time: a function ends by itself, and says so, where "try again" would have
/// clients repeat a call that never ends.
fn own_time(path: &str) -> Duration {
    if path.ends_with("/functions/call") { FUNCTION_WALL } else { Duration::ZERO }
}

/// Who is let in at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Everybody.
    Open,
    /// Only requests of this machine that name it: no foreign `Host` (a rebound DNS name) and nothing forwarded.
    ThisMachine,
}

/// The front of one listener.
#[derive(Clone)]
pub struct Front {
    http: Http,
    routes: Router,
    guard: Guard,
    in_flight: Arc<AtomicUsize>,
}

impl Front {
    /// Puts a front before routes.
    pub fn new(http: Http, routes: Router, guard: Guard) -> Front {
        Front { http, routes, guard, in_flight: Arc::default() }
    }

    /// Answers a request of a peer; a peer on a Unix socket has no address.
    pub async fn answer(&self, peer: Option<IpAddr>, mut request: Request<Body>) -> Response {
        collapse_slashes(&mut request);
        let auth = &self.http.auth;
        let started = auth.clock().now_ms();
        let id = RequestId(auth.dice().object_id(started.second()));
        let timer = self.http.metrics.start(request.uri().path());
        let cross_origin = cors::applies(request.uri().path());
        let origin = request.headers().get(ORIGIN).cloned().filter(|_| cross_origin);

        let mut response = match events::of(request.method(), request.uri().path()) {
            Some(event) => self.journaled(event, id, started, peer, request).await,
            None => self.admit(id, peer, request).await,
        };

        let headers = response.headers_mut();
        headers.insert(
            REQUEST_ID,
            HeaderValue::from_bytes(&id.0.hex()).unwrap_or(HeaderValue::from_static("-")),
        );
        headers.insert(http::header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(http::header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        if cross_origin {
            headers.entry(CACHE_CONTROL).or_insert(reply::NO_STORE);
            cors::finish(origin, &mut response);
        }
        tracing::debug!(request = %id, route = timer.route(), status = response.status().as_u16(), "answered");
        self.http.metrics.finish(&timer, response.status());
        response
    }

    /// Answers a request of which the app's log may tell.
    async fn journaled(
        &self,
        event: Event,
        id: RequestId,
        started: Millis,
        peer: Option<IpAddr>,
        request: Request<Body>,
    ) -> Response {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        // Pinned here, so that only the way to it is moved into the journal's scope.
        let (response, journal) = Journal::kept(pin!(self.admit(id, peer, request))).await;
        let Event { kind, event, provider, only_refusals } = event;
        let asked = Asked {
            id,
            started,
            method: method.as_str(),
            // Without the query, which may hold codes and tokens.
            path: uri.path(),
            status: response.status().as_u16(),
            kind,
            event,
            provider,
            only_refusals,
        };
        self.http.auth.log_request(&asked, journal);
        response
    }

    async fn admit(&self, id: RequestId, peer: Option<IpAddr>, mut request: Request<Body>) -> Response {
        if self.guard == Guard::ThisMachine && !is_of_this_machine(request.headers()) {
            return not_of_this_machine();
        }
        let path = request.uri().path();
        if cors::applies(path) {
            let answer = cors::preflight(&self.http.auth, request.method(), path, request.headers());
            if let Some(answer) = answer {
                return answer;
            }
        }
        if percent_decode_str(path).decode_utf8().is_err() {
            let error = Error::BadParameter("the path is not UTF-8".to_owned());
            return Failure::new(error, id, self.http.auth.public_url(), None).into_response();
        }
        let Some(_place) = self.enter(path) else {
            return reply::try_again("the server is busy: try again in a moment");
        };
        if let Some(address) =
            peer.map(|peer| address::of(peer, request.headers(), &self.http.trusted_proxies))
        {
            request.extensions_mut().insert(ClientAddress(address));
            Journal::note_address(address);
        }
        request.extensions_mut().insert(id);
        let timeout = self.http.limits.request_timeout + own_time(request.uri().path());
        let request = request.map(|body| deadline::within(self.http.limits.body_timeout, body));
        let answer = caught(self.routes.clone().call(request));
        match tokio::time::timeout(timeout, answer).await {
            Ok(Some(Ok(response))) => response,
            Ok(None) => {
                tracing::error!(request = %id, "a handler panicked");
                reply::json(StatusCode::INTERNAL_SERVER_ERROR, &serde_json::json!({ "error": bland(id) }))
            }
            Err(_) => reply::try_again("the request took too long: try again in a moment"),
        }
    }

    /// A place among the requests under way. Health checks need none, or a busy server would look dead.
    fn enter(&self, path: &str) -> Option<Place> {
        let before = self.in_flight.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(&self.in_flight));
        let free = before < self.http.limits.max_in_flight || matches!(path, "/healthz" | "/readyz");
        free.then_some(place)
    }
}

/// A request under way.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Old SDKs with a base URL that ends in a slash ask for `//api/client/…`.
fn collapse_slashes(request: &mut Request<Body>) {
    let uri = request.uri();
    let Some(target) = uri.path_and_query().map(http::uri::PathAndQuery::as_str) else { return };
    if !target.starts_with("//") {
        return;
    }
    let one = format!("/{}", target.trim_start_matches('/'));
    if let Ok(uri) = one.parse::<Uri>() {
        *request.uri_mut() = uri;
    }
}

/// What proxies add, each its own.
const OF_PROXIES: [HeaderName; 6] = [
    FORWARDED,
    VIA,
    X_FORWARDED_FOR,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

/// Whether a request names this machine and did not come through a proxy.
pub(super) fn is_of_this_machine(headers: &HeaderMap) -> bool {
    names_this_machine(headers) && !OF_PROXIES.iter().any(|name| headers.contains_key(name))
}

/// Whether `Host` is `localhost` or a loopback address: no DNS name, so none that was rebound to this machine. Of two
/// such headers nobody knows which one counts.
pub(super) fn names_this_machine(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().is_ok_and(is_this_machine),
        _ => false,
    }
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(v6) => v6.parse().is_ok_and(|ip: Ipv6Addr| ip.is_loopback()),
        None => {
            name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
        }
    }
}

/// What a request is told that names another machine, or came through one.
pub(super) fn not_of_this_machine() -> Response {
    reply::text(StatusCode::FORBIDDEN, "this listener answers only requests that name this machine\n")
}

/// Runs a future to its end; `None` when it panicked, so that the connection survives and the client gets an answer.
async fn caught<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => Poll::Ready(None),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn only_requests_that_name_this_machine_are_of_it() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.0.0.2", "[::1]:80", "[::1]"] {
            assert!(is_of_this_machine(&headers(&[("host", host)])), "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example", "127.0.0.1.nip.example:80", "", "::1", "192.0.2.1:80"]
        {
            assert!(!is_of_this_machine(&headers(&[("host", host)])), "{host}");
        }
        assert!(!is_of_this_machine(&headers(&[])));
        assert!(!is_of_this_machine(&headers(&[("host", "localhost"), ("x-forwarded-for", "203.0.113.7")])));
    }

    #[test]
    fn leading_slashes_collapse_to_one() {
        let mut request = Request::builder().uri("//api//x?y=//z").body(Body::empty()).unwrap();
        collapse_slashes(&mut request);
        assert_eq!(request.uri(), "/api//x?y=//z");
    }

    #[tokio::test]
    async fn a_panic_is_caught() {
        async fn panics() {
            panic!("on purpose");
        }
        assert_eq!(caught(async { 7 }).await, Some(7));
        assert_eq!(caught(panics()).await, None);
    }
}
