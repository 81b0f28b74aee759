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
//! | `dashboard`, `charts` | an app's home |
//! | `providers` | Users > Providers |
//! | `functions`, `values`, `triggers` | what else an app is made of, one file each |
//! | `listed` | lists that may be longer than a page |
//! | `editor`, `fields`, `choices` | what forms are made of, and what may be named in them |
//! | `remove` | taking a part of an app away |
//! | `users` | Users, one user, pending registrations |
//! | `logs` | what happened |
//! | `settings` | App Settings |
//! | `try_it` | a guest, from the browser |
//! | `deployment` | drafts, what they change, and history |

mod api;
mod assets;
mod charts;
mod choices;
mod dashboard;
mod deployment;
mod editor;
mod fields;
mod functions;
mod home;
mod json;
mod listed;
mod logs;
mod page;
mod pieces;
mod place;
mod providers;
mod remove;
mod same_site;
mod sessions;
mod settings;
mod sign_in;
mod triggers;
mod trouble;
mod try_it;
mod users;
mod values;
mod visit;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{MethodRouter, get, post};

use super::Http;
use remove::Part;

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
        .route("/dashboard", get(dashboard::show))
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
        .merge(part_routes())
        .merge(api_key_routes())
}

/// What an app is made of; `new` in place of an id is one that is to be made.
fn part_routes() -> Router<Console> {
    Router::new()
        .route("/functions", get(functions::list))
        .route("/functions/{function}", get(functions::editor).post(functions::save))
        .route("/functions/{function}/run", post(functions::run))
        .route("/functions/{function}/delete", removal(remove::FUNCTION))
        .route("/values", get(values::page))
        .route("/values/{value}", get(values::editor).post(values::save))
        .route("/values/{value}/delete", removal(remove::VALUE))
        .route("/environment_values/{value}", get(values::environment_editor).post(values::save_environment))
        .route("/environment_values/{value}/delete", removal(remove::ENVIRONMENT_VALUE))
        .route("/secrets/{secret}", get(values::secret_editor).post(values::save_secret))
        .route("/secrets/{secret}/delete", removal(remove::SECRET))
        .route("/triggers", get(triggers::list))
        .route("/triggers/{trigger}", get(triggers::editor).post(triggers::save))
        .route("/triggers/{trigger}/delete", removal(remove::TRIGGER))
}

fn api_key_routes() -> Router<Console> {
    let set = |act: &'static str| move |place, path, body| providers::api_key::set(place, path, body, act);
    Router::new()
        .route("/auth/providers/api-key/keys", post(providers::api_key::create))
        .route("/auth/providers/api-key/keys/{key}/enable", post(set("enable")))
        .route("/auth/providers/api-key/keys/{key}/disable", post(set("disable")))
        .route("/auth/providers/api-key/keys/{key}/delete", removal(remove::API_KEY))
}

fn removal(part: Part) -> MethodRouter<Console> {
    get(move |place, path| remove::ask(place, path, part))
        .post(move |place, path, body| remove::remove(place, path, body, part))
}
