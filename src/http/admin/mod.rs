//! What administrators ask: through the owner-only socket in the data directory, and later over the network.

use axum::Router;

use super::{Http, reply};

/// What the owner-only socket answers.
pub fn desk_routes(http: Http) -> Router {
    Router::new().fallback(reply::not_found).with_state(http)
}

/// What a listener for administrators answers.
pub fn public_routes() -> Router {
    Router::new().fallback(reply::not_found)
}
