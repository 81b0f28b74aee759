//! The console: pages for people, over the Admin API.
//!
//! A page asks the Admin API within the process, as whoever is signed in, and says as HTML what it was answered
//! ([`api`]). So the console may do no more than a tool may, its acts stand in the audit log, and drafts, roles and
//! checks are those of the API. Every page works without scripts; [`assets`] makes it better with them.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `visit` | who looks, from the cookie; forms, and the checks before one is believed |
//! | `place` | the app that a page is about |
//! | `page` | the frame around every page, and its headers |
//! | `pieces` | what pages are made of: tables, fields, badges, times |
//! | `sign_in`, `sessions`, `home` | before an app is chosen |
//! | `providers` | Users > Providers |
//! | `users` | Users, one user, pending registrations |
//! | `logs` | what happened |
//! | `settings` | App Settings |
//! | `try_it` | a guest, from the browser |
//! | `deployment` | drafts, what they change, and history |

mod api;
mod assets;
mod deployment;
mod home;
mod json;
mod logs;
mod page;
mod pieces;
mod place;
mod providers;
mod same_site;
mod sessions;
mod settings;
mod sign_in;
mod trouble;
mod try_it;
mod users;
mod visit;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};

use super::Http;

/// What every page can reach.
#[derive(Clone)]
pub(super) struct Console {
    http: Http,
    /// The Admin API.
    api: Router,
}

impl FromRef<Console> for Http {
    fn from_ref(console: &Console) -> Http {
        console.http.clone()
    }
}

/// The routes of the console; `api` answers the Admin API's.
pub(super) fn routes(http: &Http, api: Router) -> Router {
    let console = Console { http: http.clone(), api };
    Router::new()
        .route("/", get(home::root))
        .route("/apps", get(home::apps))
        .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/sessions", get(sessions::list))
        .route("/sessions/{session}/end", post(sessions::end))
        .nest("/groups/{group}/apps/{app}", app_routes())
        .merge(assets::routes())
        .layer(axum::middleware::from_fn_with_state(console.clone(), same_site::check))
        .with_state(console)
}

/// The pages of an app, at the paths that tools print and errors link to.
fn app_routes() -> Router<Console> {
    Router::new()
        .route("/", get(home::to_app))
        .nest("/users", users::routes())
        .nest("/settings", settings::routes())
        .route("/try", get(try_it::show))
        .route("/logs", get(logs::list))
        .route("/auth/providers", get(providers::table))
        .route("/auth/providers/{provider}", get(providers::editor).post(providers::save))
        .route("/deployment", get(deployment::history))
        .route("/deployment/review", get(deployment::review))
        .route("/deployment/deploy", post(deployment::deploy))
        .route("/deployment/discard", get(deployment::ask_discard).post(deployment::discard))
        .route("/deployment/{deployment}/redeploy", get(deployment::ask_redeploy).post(deployment::redeploy))
}
