//! What anybody may ask: whether the server lives, and with which keys an app signs.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde_json::json;

use super::call::{Answer, Call};
use super::{Http, reply};

pub(super) fn routes() -> Router<Http> {
    Router::new()
        .merge(health_routes())
        .route("/api/client/v2.0/app/{app}/.well-known/jwks.json", get(jwks))
        .route("/api/client/v2.0/app/{app}/.well-known/openid-configuration", get(discovery))
}

/// What load balancers ask, on every listener.
pub(super) fn health_routes() -> Router<Http> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready))
}

/// What probes ask where no console is.
pub(super) fn home_route() -> Router<Http> {
    Router::new().route("/", get(home))
}

/// Somebody is here.
pub(super) async fn home() -> Response {
    reply::text(StatusCode::OK, "Passerby is running. Apps find it at /api/client/v2.0.\n")
}

/// The process answers.
async fn alive() -> Response {
    reply::text(StatusCode::OK, "ok\n")
}

/// The store answers too, and is the one that people use.
async fn ready(State(http): State<Http>) -> Response {
    if http.auth.has_moved() {
        return reply::try_again("the store has moved to another place");
    }
    match http.ask.ready().await {
        Ok(()) => reply::text(StatusCode::OK, "ready\n"),
        Err(_) => reply::try_again("the store does not answer"),
    }
}

/// The public keys of the app's standard access tokens (RFC 7517).
async fn jwks(call: Call, Path(app): Path<String>) -> Answer {
    let app = call.app(&app)?;
    Ok(reply::cacheable(reply::json(StatusCode::OK, &app.jwks())))
}

/// What a JWT library needs to find the keys by the issuer alone. It is no OpenID provider: nobody signs in here.
async fn discovery(call: Call, Path(app): Path<String>) -> Answer {
    let app = call.app(&app)?;
    let document = json!({
        "issuer": app.issuer,
        "jwks_uri": format!("{}/.well-known/jwks.json", app.issuer),
        "id_token_signing_alg_values_supported": ["ES256"],
        "subject_types_supported": ["public"],
        "response_types_supported": [],
    });
    Ok(reply::cacheable(reply::json(StatusCode::OK, &document)))
}
