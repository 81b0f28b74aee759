//! Values & Secrets: what functions ask for by name.

mod environment;
mod secret;
mod value;

pub(super) use environment::{editor as environment_editor, save as save_environment};
pub(super) use secret::{editor as secret_editor, save as save_secret};
pub(super) use value::{editor, save};

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::json::{items, text};
use super::listed;
use super::page::{self, Here};
use super::pieces;
use super::place::Place;
use super::trouble::Trouble;
use crate::http::form::encoded;

/// `GET …/values`.
pub(super) async fn page(place: Place) -> Result<Response, Trouble> {
    let values = place.get("/values").await?;
    let environment = place.get("/environment_values").await?;
    let secrets = place.get("/secrets").await?;
    let content = html! {
        h1 { "Values & Secrets" }
        (listed::finder(&place, "/values", &[&values, &environment, &secrets].map(items)))
        (section(&place, "Values", "/values", "Create New Value", &values, &html! {
            "Functions read one with " code { "context.values.get(name)" } "."
        }))
        (section(&place, "Environment values", "/environment_values", "Create New Environment Value", &environment,
            &html! { "One value for each environment; functions read " code { "context.environment.values" } "." }))
        (section(&place, "Secrets", "/secrets", "Create New Secret", &secrets, &html! {
            "Passwords and keys. Their values are never shown, and they are no part of drafts: changes are live at once."
        }))
    };
    Ok(page::of_app(&place, Here::Values, "Values & Secrets", &content))
}

fn section(place: &Place, title: &str, path: &str, create: &str, list: &Value, about: &Markup) -> Markup {
    let list = items(list);
    let (shown, more) = listed::shown(place, list);
    html! {
        section {
            h2 { (title) }
            p { (about) }
            @if place.is_owner {
                div class="actions first" { a class="button" href=(place.page(&format!("{path}/new"))) { (create) } }
            }
            @if list.is_empty() {
                (pieces::empty("None yet.", &html! {}))
            } @else {
                div class="scroll" tabindex="0" { table {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Type" } th scope="col" { "Actions" } } }
                    tbody { @for one in shown { (line(place, path, one)) } }
                } }
                (listed::more(more))
            }
        }
    }
}

fn line(place: &Place, path: &str, one: &Value) -> Markup {
    let name = listed::name(one);
    let page = place.page(&format!("{path}/{}", encoded(text(one, "_id"))));
    let kind = match path {
        "/secrets" => "Secret",
        "/environment_values" => "Environment",
        _ if one["from_secret"] == true => "Link to a secret",
        _ => "Custom content",
    };
    html! {
        tr {
            th scope="row" { (name) }
            td { (kind) }
            td { (pieces::edit_and_delete(place, &page, &name)) }
        }
    }
}
