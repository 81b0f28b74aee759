//! Before an app is chosen: the projects and their apps.

use axum::response::Response;
use http::HeaderMap;
use http::header::ACCEPT;
use maud::{Markup, html};
use serde_json::Value;

use super::json::{count, items, text};
use super::place::Place;
use super::trouble::Trouble;
use super::visit::Visit;
use super::{page, pieces};
use crate::http::public;

/// `GET /`: the console for people, a line for probes.
pub(super) async fn root(headers: HeaderMap) -> Response {
    let accepts = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/html") {
        return page::go("/apps");
    }
    public::home().await
}

/// `GET /groups/{group}/apps/{app}`.
pub(super) async fn to_app(place: Place) -> Response {
    page::go(&place.page("/dashboard"))
}

/// `GET /apps`: the apps of the projects that the visitor has a role in.
pub(super) async fn apps(visit: Visit) -> Result<Response, Trouble> {
    // Counted by the day, not one by one: an app may have millions of users.
    let mut apps = visit.api.get("/api/passerby/v1/apps?count=false").await?;
    for app in apps.as_array_mut().into_iter().flatten() {
        let path = format!("/api/passerby/v1/apps/{}/statistics?days=1", text(app, "client_app_id"));
        app["live"] = visit.api.get(&path).await?["live"].take();
    }
    let apps = items(&apps);
    let projects = visit.projects().await?;
    let content = html! {
        h1 { "Apps" }
        @for (project, name, role) in &projects {
            @let id = project.to_string();
            @let of_project: Vec<&Value> = apps.iter().filter(|app| app["group_id"] == id.as_str()).collect();
            section {
                h2 class="project" {
                    (name) " " code { (id) } " " span class="badge" { (role.as_str()) }
                }
                @if of_project.is_empty() { (no_app()) }
                ul class="cards" { @for app in of_project { li { (card(app)) } } }
            }
        }
        @if projects.is_empty() {
            (pieces::empty("You have no role in any project.", &html! {
                p { "The owner of the data gives one: " code { "passerby admins roles ADMIN PROJECT owner" } }
            }))
        }
    };
    Ok(page::of_visit(&visit, "Apps", &content))
}

fn card(app: &Value) -> Markup {
    let path = format!("/groups/{}/apps/{}", text(app, "group_id"), text(app, "_id"));
    let (live, providers) = (&app["live"], items(&app["providers"]).len());
    html! {
        a class="card app-card" href=(path) {
            strong { (text(app, "name")) }
            code { (text(app, "client_app_id")) }
            span class="facts" {
                (counted(count(live, "guests"), "guest")) " · " (people(count(live, "people"))) " · "
                (counted(providers as u64, "provider")) " enabled"
            }
        }
    }
}

pub(super) fn counted(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn no_app() -> Markup {
    pieces::empty(
        "No app yet.",
        &html! {
            p { "Start the server with an app directory: " code { "passerby serve ./my-app" } ", or push one: " code { "passerby push" } }
        },
    )
}

/// How many people, in words.
pub(super) fn people(count: u64) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}
