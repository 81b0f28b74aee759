//! The IP Access List: from where clients may come. In force at once, never in a draft.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{Method, StatusCode};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::done;
use crate::http::console::api::Refusal;
use crate::http::console::json::{items, text};
use crate::http::console::page::{self, Here};
use crate::http::console::pieces;
use crate::http::console::place::Place;
use crate::http::console::trouble::Trouble;
use crate::http::form::encoded;

/// Entries that are shown.
const SHOWN: usize = 50;

pub(super) fn list(place: &Place, list: &Value) -> Markup {
    let entries = items(&list["allowed_ips"]);
    html! {
        h2 { "IP Access List" }
        p { "Edits are in force at once. You come from " code { (text(list, "current_ip")) } "." }
        @if entries.is_empty() {
            (pieces::empty("Nobody can reach this app.", &html! { p { "Add the addresses that may." } }))
        } @else {
            div class="scroll" tabindex="0" {
                table {
                    thead { tr { th scope="col" { "IP Address" } th scope="col" { "Comment" } th scope="col" { "Actions" } } }
                    tbody { @for entry in entries.iter().take(SHOWN) { (line(place, entry)) } }
                }
            }
            (pieces::left_out(entries.len().saturating_sub(SHOWN), "entries are"))
        }
        @if place.is_owner {
            (pieces::form(&place.visit, &place.page("/settings/access"), &html! {
                div class="filters" {
                    label { "Address or network" input type="text" name="address" placeholder="203.0.113.0/24" spellcheck="false"; }
                    label { "Comment" input type="text" name="comment"; }
                    button { "Add IP Address" }
                }
            }))
        }
    }
}

fn line(place: &Place, entry: &Value) -> Markup {
    let address = text(entry, "address");
    html! {
        tr {
            td {
                code { (address) }
                @if address == "0.0.0.0/0" { " " span class="badge warn" { "ALLOWS ACCESS FROM ANYWHERE" } }
                @if entry["includes_current"] == true { " " span class="badge" { "includes you" } }
            }
            td { (pieces::cut(text(entry, "comment"), 100)) }
            td class="last" {
                @if place.is_owner {
                    a class="button" href=(place.page(&format!("/settings/access/{}/delete", text(entry, "_id")))) {
                        "Delete" span class="visually-hidden" { " " (address) }
                    }
                }
            }
        }
    }
}

/// `POST …/settings/access`.
pub(super) async fn add(place: Place, body: Body) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    let field = |name: &str| fields.get(name).unwrap_or_default().trim().to_owned();
    let entry = json!({ "address": field("address"), "comment": field("comment") });
    let kept = place.send(Method::POST, "/security/access_list", &entry).await;
    done(&place, kept, Some("kept")).await
}

/// `GET …/settings/access/{entry}/delete`.
pub(super) async fn ask(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let list = place.get("/security/access_list").await?;
    let entry = items(&list["allowed_ips"]).iter().find(|entry| text(entry, "_id") == id);
    let gone = || Refusal::of_us(StatusCode::NOT_FOUND, "this entry is gone".to_owned());
    let address = text(entry.ok_or_else(gone)?, "address");
    let content = pieces::ask(
        &place.visit,
        &place.page(&format!("/settings/access/{}/delete", encoded(&id))),
        "Delete this entry?",
        &html! { p { "Clients at " code { (address) } " are refused at once, unless another entry has them." } },
        "Delete",
        &place.page("/settings"),
    );
    Ok(page::of_app(&place, Here::Settings, "Delete an entry", &content))
}

/// `POST …/settings/access/{entry}/delete`.
pub(super) async fn delete(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
    body: Body,
) -> Result<Response, Trouble> {
    place.visit.form(body).await?;
    let path = format!("/security/access_list/{}", encoded(&id));
    let kept = place.send(Method::DELETE, &path, &json!({})).await;
    done(&place, kept, Some("kept")).await
}
