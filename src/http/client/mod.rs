//! The client API, `/api/client/v2.0`: one line a route.
//!
//! SDKs name the app only below `/app/{app}`; the `auth` routes find it from the token. Older clients name it there
//! too, so both forms are served.

mod accounts;
mod api_keys;
mod delete;
pub(super) mod events;
mod functions;
mod location;
mod login;
mod oauth;
mod profile;
mod session;
mod unserved;

use axum::Router;
use axum::extract::Path;
use axum::routing::{any, delete as on_delete, get, post, put};

use super::Http;

pub(super) fn routes() -> Router<Http> {
    Router::new()
        .nest("/auth", auth_routes())
        .route("/auth/callback", get(oauth::callback).post(oauth::callback_form))
        .nest("/app/{app}/auth", auth_routes())
        .route("/app/{app}/location", get(location::location))
        .route("/app/{app}/auth/providers/{provider}/login", post(login::login).get(login::get_login))
        .nest("/app/{app}/auth/providers/local-userpass", account_routes())
        .route("/app/{app}/auth/providers/{provider}/{*rest}", any(unserved::account))
        .route("/app/{app}/functions/call", post(functions::call).get(functions::stream))
        .route("/app/{app}/push/providers/{service}/registration", any(unserved::push))
}

fn auth_routes() -> Router<Http> {
    Router::new()
        .route("/session", post(session::refresh).delete(session::log_out))
        .route("/profile", get(profile::profile))
        .route("/delete", on_delete(delete::delete))
        .route("/api_keys", get(api_keys::list).post(api_keys::create))
        .route("/api_keys/{id}", get(api_keys::show).delete(api_keys::delete))
        .route("/api_keys/{id}/enable", put(api_keys::enable))
        .route("/api_keys/{id}/disable", put(api_keys::disable))
}

fn account_routes() -> Router<Http> {
    Router::new()
        .route("/register", post(accounts::register))
        .route("/confirm", post(accounts::confirm))
        .route("/confirm/send", post(accounts::resend_confirmation))
        .route("/confirm/call", post(accounts::rerun_confirmation))
        .route("/reset", post(accounts::reset))
        .route("/reset/send", post(accounts::send_reset))
        .route("/reset/call", post(accounts::call_reset))
}

/// The app in the path, on routes that have one in one of their two forms.
type Scope = Path<std::collections::HashMap<String, String>>;

fn scope(path: &Scope) -> Option<&str> {
    path.0.get("app").map(String::as_str)
}
