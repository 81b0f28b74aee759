//! Drafts: what they change, and making that live. History: what was live.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::Method;
use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::json::items;
use super::page::{self, Here};
use super::pieces;
use super::place::Place;
use super::trouble::Trouble;
use crate::http::form::encoded;

/// Bytes of lines that a review has room for, files that it names, and characters of a line.
const ROOM: usize = 60 * 1024;
const FILES: usize = 100;
const LINE: usize = 400;

/// `GET …/deployment`.
pub(super) async fn history(place: Place) -> Result<Response, Trouble> {
    let deployments = place.get("/deployments").await?;
    let deployments: &[Value] = deployments.as_array().map(Vec::as_slice).unwrap_or_default();
    let content = html! {
        h1 { "Deployment" }
        p { "The newest is live. The last 25 are kept, and each can be made live again." }
        @if place.draft.is_none() {
            p class="note" { "There is no draft. Whatever you change in the console waits in one until you deploy it." }
        }
        div class="scroll" tabindex="0" {
            table {
                thead { tr {
                    th { "Deployment" } th { "Time of Deployment" } th { "Status" } th { "Change Origin" }
                    th { "User ID" } th { "Actions" }
                } }
                tbody {
                    @for (n, deployment) in deployments.iter().enumerate() { (line(&place, deployment, n == 0)) }
                }
            }
        }
    };
    Ok(page::of_app(&place, Here::Deployment, "Deployment", &content))
}

fn line(place: &Place, deployment: &Value, is_live: bool) -> Markup {
    let text = |key: &str| deployment[key].as_str().unwrap_or_default();
    let id = text("_id");
    html! {
        tr {
            td {
                @if !text("name").is_empty() { (text("name")) " " }
                code { (id) }
            }
            td { (pieces::moment(deployment["deployed_at"].as_i64().unwrap_or_default())) }
            td { @if is_live { span class="badge on" { "Live" } } @else { "Successful" } }
            td { (text("origin")) }
            td { @if !text("user_id").is_empty() { code { (text("user_id")) } } }
            td {
                @if !is_live && place.is_owner {
                    a class="button" href=(place.page(&format!("/deployment/{id}/redeploy"))) { "Re-deploy" }
                }
            }
        }
    }
}

/// `GET …/deployment/review`: what the draft changes, file by file.
pub(super) async fn review(place: Place) -> Result<Response, Trouble> {
    let Some(draft) = &place.draft else { return Ok(page::go(&place.page("/deployment"))) };
    let diff = place.get(&format!("/drafts/{draft}/diff")).await?;
    let files: Vec<&str> = items(&diff["diffs"]).iter().filter_map(Value::as_str).collect();
    let mut room = ROOM;
    let shown: Vec<Markup> = files.iter().take(FILES).map(|file| file_diff(file, &mut room)).collect();
    let content = html! {
        h1 { "Review & Deploy" }
        @if files.is_empty() {
            (pieces::empty("The draft changes nothing.", &html! {
                p { "It may be discarded, or deployed to no effect." }
            }))
        }
        @for file in shown { (file) }
        (left_out(files.len().saturating_sub(FILES), "files"))
        div class="actions" {
            (pieces::form(&place.visit, &place.page("/deployment/deploy"), &html! {
                button class="primary" { "Deploy" }
            }))
            a class="button" href=(place.page("/deployment/discard")) { "Discard Draft" }
            a class="button" href=(place.page("/deployment")) { "Cancel" }
        }
    };
    Ok(page::of_app(&place, Here::Deployment, "Review & Deploy", &content))
}

/// One file, as far as there is room: what goes and what comes, told by signs too, not by colour alone.
fn file_diff(diff: &str, room: &mut usize) -> Markup {
    let mut lines = diff.lines();
    let head: Vec<&str> = lines.by_ref().take(2).collect();
    let name = head.iter().rev().find_map(|line| line.get(6..)).unwrap_or_default();
    let mut shown = String::new();
    let mut left = 0;
    for line in lines {
        let line = diff_line(line).into_string();
        if left > 0 || line.len() > *room {
            left += 1;
        } else {
            *room -= line.len();
            shown.push_str(&line);
        }
    }
    html! {
        section class="card diff" {
            h2 { code { (pieces::cut(name, LINE)) } }
            @if !shown.is_empty() { pre tabindex="0" { code { (PreEscaped(shown)) } } }
            (left_out(left, "lines"))
        }
    }
}

fn diff_line(line: &str) -> Markup {
    let class = match line.as_bytes().first() {
        Some(b'+') => "added",
        Some(b'-') => "removed",
        Some(b'@') => "hunk",
        _ => "",
    };
    html! { span class=(class) { (pieces::cut(line, LINE)) "\n" } }
}

fn left_out(count: usize, of: &str) -> Markup {
    html! {
        @if count > 0 {
            p class="soft" { (count) " more " (of) " change than a page has room for. The Admin API tells all." }
        }
    }
}

/// `POST …/deployment/deploy`.
pub(super) async fn deploy(place: Place, body: Body) -> Result<Response, Trouble> {
    place.visit.form(body).await?;
    let Some(draft) = &place.draft else { return Ok(page::go(&place.page("/deployment"))) };
    place.send(Method::POST, &format!("/drafts/{draft}/deployment"), &json!({})).await?;
    Ok(page::go(&place.page("/deployment?done=deployed")))
}

/// `GET …/deployment/discard`.
pub(super) async fn ask_discard(place: Place) -> Response {
    let content = pieces::ask(
        &place.visit,
        &place.page("/deployment/discard"),
        "Discard the draft?",
        &html! { p { "Every change that waits in it is lost. What is live stays as it is." } },
        "Discard Draft",
        &place.page("/deployment/review"),
    );
    page::of_app(&place, Here::Deployment, "Discard the draft", &content)
}

/// `POST …/deployment/discard`.
pub(super) async fn discard(place: Place, body: Body) -> Result<Response, Trouble> {
    place.visit.form(body).await?;
    if let Some(draft) = &place.draft {
        place.send(Method::DELETE, &format!("/drafts/{draft}"), &json!({})).await?;
    }
    Ok(page::go(&place.page("/deployment?done=discarded")))
}

/// `GET …/deployment/{deployment}/redeploy`.
pub(super) async fn ask_redeploy(
    place: Place,
    Path((_, _, deployment)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let found = place.get(&format!("/deployments/{}", encoded(&deployment))).await?;
    let content = pieces::ask(
        &place.visit,
        &place.visit.target,
        "Make this deployment live again?",
        &html! {
            p {
                "The configuration of " (pieces::moment(found["deployed_at"].as_i64().unwrap_or_default()))
                " takes the place of what is live. That stays in the history."
            }
        },
        "Re-deploy",
        &place.page("/deployment"),
    );
    Ok(page::of_app(&place, Here::Deployment, "Re-deploy", &content))
}

/// `POST …/deployment/{deployment}/redeploy`.
pub(super) async fn redeploy(
    place: Place,
    Path((_, _, deployment)): Path<(String, String, String)>,
    body: Body,
) -> Result<Response, Trouble> {
    place.visit.form(body).await?;
    let path = format!("/deployments/{}/redeploy", encoded(&deployment));
    place.send(Method::POST, &path, &json!({})).await?;
    Ok(page::go(&place.page("/deployment?done=redeployed")))
}
