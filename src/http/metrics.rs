//! Counters in Prometheus' words.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Instant;

use http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::front;

/// Upper bounds in seconds, from what a cache answers to what a time-out ends.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// The routes that are told apart. A label must not come from the request, or anybody could make series.
const ROUTES: [(&str, &str); 9] = [
    ("/login", "login"),
    ("/auth/session", "session"),
    ("/auth/profile", "profile"),
    ("/auth/delete", "delete"),
    ("/location", "location"),
    ("/jwks.json", "jwks"),
    ("/openid-configuration", "discovery"),
    ("/healthz", "healthz"),
    ("/readyz", "readyz"),
];
const OTHER: usize = ROUTES.len();

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: &'static str,
}

/// The counters of a server.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Vec<Histogram>,
    in_flight: Gauge,
    /// Open connections on the listener for clients.
    pub connections: Gauge,
    /// Guests that the expiry policy removed since the start.
    pub expired: Counter,
}

/// A request under way.
pub(super) struct Timer {
    route: usize,
    started: Instant,
    in_flight: Gauge,
}

impl Timer {
    pub(super) fn route(&self) -> &'static str {
        name(self.route)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.in_flight.dec();
    }
}

fn name(route: usize) -> &'static str {
    ROUTES.get(route).map_or("other", |(_, name)| name)
}

impl Metrics {
    /// Registers every counter.
    pub fn new() -> Metrics {
        let mut registry = Registry::with_prefix("passerby");
        let requests = Family::<Answered, Counter>::default();
        registry.register("requests", "Requests answered, by route and status", requests.clone());
        let family = Family::<Route, Histogram>::new_with_constructor(|| Histogram::new(BUCKETS));
        registry.register(
            "request_seconds",
            "Time from a request's head to its answer, by route",
            family.clone(),
        );
        let seconds = (0..=OTHER).map(|r| family.get_or_create(&Route { route: name(r) }).clone()).collect();
        let in_flight = Gauge::<i64, AtomicI64>::default();
        registry.register("requests_in_flight", "Requests under way", in_flight.clone());
        let connections = Gauge::<i64, AtomicI64>::default();
        registry.register("connections", "Open connections of clients", connections.clone());
        let expired = Counter::<u64, AtomicU64>::default();
        registry.register("expired_guests", "Guests that the expiry policy removed", expired.clone());
        Metrics { registry, requests, seconds, in_flight, connections, expired }
    }

    #[expect(clippy::disallowed_methods, reason = "a span that is only reported, never decided by")]
    pub(super) fn start(&self, path: &str) -> Timer {
        // Administrators' paths end like clients', and are none of theirs.
        let admin = path.starts_with("/api/admin/");
        let route = ROUTES.iter().position(|(end, _)| !admin && path.ends_with(end)).unwrap_or(OTHER);
        self.in_flight.inc();
        Timer { route, started: Instant::now(), in_flight: self.in_flight.clone() }
    }

    pub(super) fn finish(&self, timer: &Timer, status: StatusCode) {
        if let Some(histogram) = self.seconds.get(timer.route) {
            histogram.observe(timer.started.elapsed().as_secs_f64());
        }
        self.requests.get_or_create(&Answered { route: timer.route(), status: status.as_u16() }).inc();
    }

    /// Everything in the text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

/// The routes of the metrics listener. A page whose DNS name was rebound to this machine reads nothing.
pub fn routes(metrics: Arc<Metrics>) -> axum::Router {
    let answer = async move |headers: http::HeaderMap| match front::names_this_machine(&headers) {
        true => render(&metrics),
        false => front::not_of_this_machine(),
    };
    axum::Router::new().route("/metrics", axum::routing::get(answer)).fallback(super::reply::not_found)
}

fn render(metrics: &Metrics) -> axum::response::Response {
    let mut response = super::reply::text(StatusCode::OK, metrics.text());
    let kind = http::HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}
