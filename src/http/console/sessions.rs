//! The visitor's own open sessions, in the console and of tools.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::Method;
use maud::{Markup, html};
use serde_json::Value;

use super::json::{items, number, text};
use super::trouble::Trouble;
use super::visit::Visit;
use super::{page, pieces};
use crate::http::form::encoded;

/// Sessions that are shown.
const SHOWN: usize = 100;

/// `GET /sessions`.
pub(super) async fn list(visit: Visit) -> Result<Response, Trouble> {
    let sessions = visit.api.get("/api/passerby/v1/admin/sessions").await?;
    let sessions = items(&sessions);
    let content = html! {
        p class="back" { a href="/apps" { "← Apps" } }
        h1 { "Your sessions" }
        p { "Wherever you are signed in: this console, other browsers, and tools." }
        div class="scroll" tabindex="0" {
            table {
                thead { tr {
                    th scope="col" { "Began" } th scope="col" { "With" } th scope="col" { "Ends by itself" }
                    th scope="col" { "Actions" }
                } }
                tbody { @for session in sessions.iter().rev().take(SHOWN) { (line(&visit, session)) } }
            }
        }
        (pieces::left_out(sessions.len().saturating_sub(SHOWN), "that began before these are"))
    };
    Ok(page::of_visit(&visit, "Your sessions", &content))
}

fn line(visit: &Visit, session: &Value) -> Markup {
    let id = text(session, "_id");
    html! {
        tr {
            td { (pieces::moment(number(session, "created"))) }
            td { @match session["public_key"].as_str() { Some(key) => { "the key pair " code { (key) } }, None => "a password" } }
            td { (pieces::moment(number(session, "expires"))) }
            td class="last" {
                @if session["current"] == true {
                    span class="badge on" { "This one" }
                } @else {
                    (pieces::form(visit, &format!("/sessions/{id}/end"), &html! {
                        button { "End" span class="visually-hidden" { " the session " (id) } }
                    }))
                }
            }
        }
    }
}

/// `POST /sessions/{session}/end`.
pub(super) async fn end(visit: Visit, Path(session): Path<String>, body: Body) -> Result<Response, Trouble> {
    visit.form(body).await?;
    let path = format!("/api/passerby/v1/admin/sessions/{}", encoded(&session));
    visit.api.send(Method::DELETE, &path, None).await?;
    Ok(page::go("/sessions?done=ended"))
}
