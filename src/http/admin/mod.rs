//! What administrators ask: over the network, signed in, and through the owner-only socket in the data directory.
//!
//! Both speak the Admin API where that has a path, and beside it `/api/passerby/v1` for what the original had no place
//! for. Before every route stands the [`guard`]: over the network it asks who they are and what they may; whoever can
//! open the socket is the owner of the data, so nobody is asked there.

mod api_keys;
mod apps;
mod atlas;
mod audit;
mod backup;
mod configuration;
mod debug;
mod delete_guests;
mod dependencies;
mod documents;
mod drafts;
mod examine;
mod expiry;
mod export;
mod functions;
mod guard;
mod import;
mod import_users;
mod keys;
mod logs;
mod moving;
mod own_sessions;
mod parts;
mod pending;
mod people;
mod providers;
mod query;
mod secrets;
mod security;
mod services;
mod settings;
mod sign_in;
mod statistics;
mod summaries;
mod travel;
mod users;
mod view;
mod working;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::{delete, get, patch, post, put};
use serde::de::DeserializeOwned;

use guard::Door;

use super::call::Call;
use super::{Failure, Http, public, reply};
use crate::auth::{App, Error, UserChange};
use crate::model::{SessionId, UserId};

/// What the owner-only socket answers.
pub fn desk_routes(http: Http) -> Router {
    Router::new()
        .merge(public::health_routes())
        .merge(guarded(&http, Door::Socket, server_routes()))
        .fallback(reply::not_found)
        .method_not_allowed_fallback(reply::method_not_allowed)
        .with_state(http)
}

/// What administrators ask over the network.
pub(super) fn network_routes(http: &Http) -> Router<Http> {
    Router::new().merge(open_routes()).merge(guarded(http, Door::Network, Router::new()))
}

/// The routes behind the guard, and more behind the same.
fn guarded(http: &Http, door: Door, more: Router<Http>) -> Router<Http> {
    Router::new()
        .nest("/api/admin/v3.0", admin_routes())
        .nest("/api/private/v1.0/groups/{group}/apps", configuration::private_routes())
        .nest("/api/passerby/v1", passerby_routes())
        .merge(more)
        .route_layer(axum::middleware::from_fn_with_state((http.clone(), door), guard::guard))
}

/// What is answered before anybody signed in, to sign in, and what is signed in another way.
fn open_routes() -> Router<Http> {
    Router::new()
        .route("/api/private/v1.0/version", get(sign_in::version))
        .route("/api/admin/v3.0/auth/providers", get(sign_in::providers))
        .route("/api/admin/v3.0/auth/providers/{provider}/login", post(sign_in::log_in))
        .route("/api/admin/v3.0/auth/profile", get(sign_in::profile))
        .route("/api/admin/v3.0/auth/session", post(sign_in::refresh).delete(sign_in::log_out))
        .route("/api/public/v1.0", get(atlas::status))
        .route("/api/public/v1.0/groups", get(atlas::groups))
        .route("/api/public/v1.0/groups/byName/{name}", get(atlas::by_name))
        .route("/api/atlas/v1.0/groups/{group}/{kind}", get(atlas::none))
}

/// The Admin API's own.
fn admin_routes() -> Router<Http> {
    Router::new()
        .nest("/groups/{group}/apps", app_routes())
        .route("/provider_regions", get(apps::regions))
        .route("/templates", get(apps::templates))
}

/// The apps of a project; `{app}` is the `_id`.
fn app_routes() -> Router<Http> {
    let change = |change| move |call, path| users::change(call, path, change);
    let set_key = |disabled| move |call, path| api_keys::set(call, path, disabled);
    Router::new()
        .merge(configuration::routes())
        .route("/", get(apps::list))
        .route("/{app}", get(apps::one))
        .route("/{app}/api_keys", get(api_keys::list).post(api_keys::create))
        .route("/{app}/api_keys/{key}", get(api_keys::one).delete(api_keys::remove))
        .route("/{app}/api_keys/{key}/enable", put(set_key(false)))
        .route("/{app}/api_keys/{key}/disable", put(set_key(true)))
        .route("/{app}/logs", get(logs::list))
        .route("/{app}/debug/execute_function", post(debug::function))
        .route("/{app}/debug/execute_function_source", post(debug::source))
        .route("/{app}/users", get(users::list).post(users::create))
        .route("/{app}/users_count", get(users::count))
        .route("/{app}/users/verify_token", post(users::verify_token))
        .route("/{app}/users/{user}", get(users::one).delete(change(UserChange::Delete)))
        .route("/{app}/users/{user}/enable", put(change(UserChange::Enable)))
        .route("/{app}/users/{user}/disable", put(change(UserChange::Disable)))
        .route("/{app}/users/{user}/logout", put(change(UserChange::Revoke)))
        .route("/{app}/users/{user}/devices", get(users::devices))
        .route("/{app}/users/{user}/reset_email", patch(users::reset_email))
        .route("/{app}/user_registrations/pending_users", get(pending::list))
        .route("/{app}/user_registrations/{by}/{name}", delete(pending::remove))
        .route("/{app}/user_registrations/{by}/{name}/confirm", post(pending::confirm))
        .route("/{app}/user_registrations/{by}/{name}/send_confirm", post(pending::send_confirm))
        .route("/{app}/user_registrations/{by}/{name}/run_confirm", post(pending::run_confirm))
        .route("/{app}/secrets", get(secrets::list).post(secrets::create))
        .route("/{app}/secrets/{secret}", put(secrets::change).delete(secrets::remove))
        .route("/{app}/security/access_list", get(security::access_list).post(security::allow))
        .route("/{app}/security/access_list/{ip}", patch(security::change_allowed).delete(security::disallow))
        .route(
            "/{app}/security/refresh_token_expiration",
            get(security::refresh_token_expiration).put(security::set_refresh_token_expiration),
        )
}

/// Ours of one app; `{app}` is the client app id.
fn passerby_routes() -> Router<Http> {
    Router::new()
        .route("/audit", get(audit::list))
        .route("/admin/sessions", get(own_sessions::list))
        .route("/admin/sessions/{session}", delete(own_sessions::end))
        .route("/apps", get(summaries::list))
        .route("/apps/{app}", get(summaries::one))
        .route("/apps/{app}/export", get(export::export))
        .route("/apps/{app}/import", post(import::import_as))
        .route("/apps/{app}/diff", post(import::diff_with))
        .route("/apps/{app}/guest_logins", get(logs::guest_logins))
        .route("/apps/{app}/keys", get(keys::list))
        .route("/apps/{app}/keys/rotate", post(keys::rotate))
        .route("/apps/{app}/keys/retire", post(keys::retire))
        .route("/apps/{app}/secrets", get(secrets::names).post(secrets::set))
        .route("/apps/{app}/secrets/delete", post(secrets::delete))
        .route(
            "/apps/{app}/guest_deletion",
            get(delete_guests::get).post(delete_guests::ask).delete(delete_guests::call_off),
        )
        .route("/apps/{app}/settings", get(settings::get).patch(settings::patch))
        .route("/apps/{app}/users/import", post(import_users::import))
        .route("/apps/{app}/users/{user}", get(users::whole))
        .route("/apps/{app}/users/{user}/sessions/{session}", delete(users::end_session))
        .route(
            "/apps/{app}/users/{user}/custom_data",
            put(users::set_custom_data).delete(users::remove_custom_data),
        )
        .route("/apps/{app}/statistics", get(statistics::statistics))
        .route("/apps/{app}/expiry/preview", get(statistics::preview))
        .route("/apps/{app}/expiring", get(expiry::expiring))
        .route("/apps/{app}/expire", post(expiry::expire))
}

/// Ours of the whole server: for the owner of the data alone: administrators, and files of the machine.
fn server_routes() -> Router<Http> {
    let set_disabled = |disabled| move |call, path| people::set_disabled(call, path, disabled);
    Router::new()
        .route("/api/passerby/v1/admins", get(people::list).post(people::create))
        .route("/api/passerby/v1/admins/{admin}", delete(people::delete))
        .route("/api/passerby/v1/admins/{admin}/enable", put(set_disabled(false)))
        .route("/api/passerby/v1/admins/{admin}/disable", put(set_disabled(true)))
        .route("/api/passerby/v1/admins/{admin}/roles/{project}", put(people::set_role))
        .route("/api/passerby/v1/admin_keys", post(people::create_key))
        .route("/api/passerby/v1/admin_keys/{public_key}", delete(people::revoke_key))
        .route("/api/passerby/v1/projects", get(people::projects).post(people::create_project))
        .route("/api/passerby/v1/projects/{project}", put(people::rename_project))
        .route("/api/passerby/v1/import", post(import::import))
        .route("/api/passerby/v1/diff", post(import::diff))
        .route("/api/passerby/v1/backup", post(backup::back_up))
        .route("/api/passerby/v1/move", get(moving::state).post(moving::begin))
        .route("/api/passerby/v1/examine", get(examine::examine))
}

/// The app of a path of the Admin API: its project and its `_id`.
fn app_in_group(call: &Call, group: &str, app: &str) -> Result<Arc<App>, Failure> {
    let found = app.parse().ok().and_then(|id| call.auth().app_by_id(id));
    let found = found.filter(|found| group.parse().is_ok_and(|group| found.group_id == group));
    found.ok_or_else(|| call.failed(Error::AdminAppNotFound(app.to_owned()), None))
}

fn user_id(call: &Call, text: &str) -> Result<UserId, Failure> {
    let wrong = || Error::BadParameter(format!("`{text}` is no user id: expected 24 hex digits"));
    text.parse().map_err(|_| call.failed(wrong(), None))
}

fn session_id(call: &Call, text: &str) -> Result<SessionId, Failure> {
    let wrong = || Error::BadParameter(format!("`{text}` is no session id: expected 24 hex digits"));
    text.parse().map_err(|_| call.failed(wrong(), None))
}

/// The body as a value. No body is an empty object, as everywhere.
async fn body<T: DeserializeOwned>(call: &Call, body: Body) -> Result<T, Failure> {
    let bytes = call.bytes(body).await.map_err(|error| call.failed(error, None))?;
    parsed(call, &bytes)
}

/// The same of a body that was read.
fn parsed<T: DeserializeOwned>(call: &Call, bytes: &[u8]) -> Result<T, Failure> {
    let bytes = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { bytes };
    serde_json::from_slice(bytes).map_err(|error| call.failed(Error::BadBody(error.to_string()), None))
}
