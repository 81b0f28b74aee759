//! How it is said on the wire. Handlers parse, ask `auth`, and reply; every refusal becomes an answer in [`error`].

mod address;
pub mod admin;
mod api_key;
mod call;
mod client;
mod console;
mod cors;
mod deadline;
mod error;
mod form;
mod front;
pub mod metrics;
pub mod pages;
mod public;
mod reply;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;

pub use error::{Failure, bland};
pub use front::{Front, Guard};

use crate::auth::Auth;
use crate::store::Ask;

/// What every handler can reach.
#[derive(Clone)]
pub struct Http {
    /// The stories.
    pub auth: Arc<Auth>,
    /// What may be asked without a story: whether the store answers.
    pub ask: Arc<dyn Ask>,
    /// The counters.
    pub metrics: Arc<metrics::Metrics>,
    /// The limits of a request.
    pub limits: Limits,
    /// Proxies whose word on the client's address is believed.
    pub trusted_proxies: Arc<[IpAddr]>,
}

/// The limits of a request.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body in bytes.
    pub max_body: usize,
    /// Requests at once.
    pub max_in_flight: usize,
    /// The time in which a body must have arrived.
    pub body_timeout: Duration,
    /// The time a request may take.
    pub request_timeout: Duration,
}

/// The table of contents: every route of the listener for clients, grouped by who calls. `with_admin` says that
/// administrators have no listener of their own.
pub fn routes(http: Http, with_admin: bool) -> Router {
    let clients = Router::new().merge(public::routes()).nest("/api/client/v2.0", client::routes());
    if with_admin {
        return finished(clients.merge(admin::network_routes(&http)).with_state(http.clone()), &http);
    }
    // Probes of the clients' listener find somebody at home, as where the console is.
    bounded(clients.merge(public::home_route()).with_state(http))
}

/// Every route of a listener for administrators alone.
pub fn admin_routes(http: &Http) -> Router {
    let routes = public::health_routes().merge(admin::network_routes(http));
    finished(routes.with_state(http.clone()), http)
}

/// With the console, which asks the Admin API within the process.
fn finished(routes: Router, http: &Http) -> Router {
    let api = bounded(admin::network_routes(http).with_state(http.clone()));
    bounded(routes.merge(console::routes(http, api)))
}

/// With an answer to every other path and method.
fn bounded(routes: Router) -> Router {
    routes.fallback(reply::not_found).method_not_allowed_fallback(reply::method_not_allowed)
}
