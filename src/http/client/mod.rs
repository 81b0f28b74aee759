//! The client API, `/api/client/v2.0`: one line a route.
//!
//! SDKs name the app only below `/app/{app}`; the `auth` routes find it from the token. Older clients name it there
//! too, so both forms are served.

mod delete;
mod location;
mod login;
mod profile;
mod session;
mod unserved;

use axum::Router;
use axum::extract::Path;
use axum::routing::{any, delete as on_delete, get, post};

use super::Http;

pub(super) fn routes() -> Router<Http> {
    Router::new()
        .nest("/auth", auth_routes())
        .nest("/app/{app}/auth", auth_routes())
        .route("/app/{app}/location", get(location::location))
        .route("/app/{app}/auth/providers/{provider}/login", post(login::login).get(login::get_login))
        .route("/app/{app}/auth/providers/{provider}/{*rest}", any(unserved::account))
        .route("/app/{app}/functions/call", post(unserved::call_function).get(unserved::stream_function))
        .route("/app/{app}/push/providers/{service}/registration", any(unserved::push))
}

fn auth_routes() -> Router<Http> {
    Router::new()
        .route("/session", post(session::refresh).delete(session::log_out))
        .route("/profile", get(profile::profile))
        .route("/delete", on_delete(delete::delete))
        .route("/api_keys", any(unserved::api_keys))
        .route("/api_keys/{*rest}", any(unserved::api_keys))
}

/// The app in the path, on routes that have one in one of their two forms.
type Scope = Path<std::collections::HashMap<String, String>>;

fn scope(path: &Scope) -> Option<&str> {
    path.0.get("app").map(String::as_str)
}
