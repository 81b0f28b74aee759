//! API Keys: beside the switch, the keys of servers. They are no part of drafts: what is done to one is done at once.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::Method;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{Sheet, stored};
use crate::http::console::api::Refusal;
use crate::http::console::fields::{text, typed};
use crate::http::console::json::{self, items};
use crate::http::console::listed;
use crate::http::console::page;
use crate::http::console::pieces;
use crate::http::console::place::Place;
use crate::http::console::trouble::Trouble;
use crate::http::form::{Fields, encoded};
use crate::model::ProviderType;

/// The page of the keys.
pub(in crate::http::console) const PAGE: &str = "/auth/providers/api-key";

/// The keys, and the form of another one.
pub(super) async fn keys(place: &Place, typed_in: Option<&Fields>) -> Result<Markup, Refusal> {
    let name = typed_in.map_or("", |fields| typed(fields, "name"));
    let keys = place.get("/api_keys").await?;
    let keys = items(&keys);
    let (shown, more) = listed::shown(place, keys);
    Ok(html! {
        section class="card" {
            h2 { "Server keys" }
            p { "A server logs in with one, as a user of its own. Users make their own keys through the app." }
            (listed::finder(place, PAGE, &[keys]))
            @if keys.is_empty() {
                p class="soft" { "No key yet. Create one below; it takes an enabled provider that is deployed." }
            } @else {
                div class="scroll" tabindex="0" { table {
                    thead { tr {
                        th scope="col" { "Name" } th scope="col" { "Id" } th scope="col" { "Enabled" }
                        th scope="col" { "Actions" }
                    } }
                    tbody { @for key in shown { (line(place, key)) } }
                } }
                (listed::more(more))
            }
            (pieces::form(&place.visit, &place.page("/auth/providers/api-key/keys"), &html! {
                fieldset class="plain" disabled[!place.is_owner] {
                    (text("name", "Create API Key", "A name of ASCII letters, digits, _ and -.", name))
                    div class="actions" { button { "Create API Key" } }
                }
            }))
        }
    })
}

fn line(place: &Place, key: &Value) -> Markup {
    let (name, id) = (json::text(key, "name"), json::text(key, "_id"));
    let on = key["disabled"] == false;
    let page = |act: &str| place.page(&format!("{PAGE}/keys/{}/{act}", encoded(id)));
    html! {
        tr {
            th scope="row" { (name) }
            td { (pieces::copyable(id)) }
            td { (pieces::on_off(on)) }
            td { @if place.is_owner {
                div class="actions tight" {
                    (pieces::form(&place.visit, &page(if on { "disable" } else { "enable" }), &html! {
                        button { (if on { "Disable" } else { "Enable" }) span class="visually-hidden" { " " (name) } }
                    }))
                    a class="button" href=(page("delete")) { "Delete" span class="visually-hidden" { " " (name) } }
                }
            } }
        }
    }
}

/// `POST …/auth/providers/api-key/keys`: makes one, and shows its value this once.
pub(in crate::http::console) async fn create(place: Place, body: Body) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    let name = typed(&fields, "name");
    match place.send(Method::POST, "/api_keys", &json!({ "name": name })).await {
        Ok(made) => Ok(page::of_app(
            &place,
            page::Here::Authentication,
            "API key created",
            &shown_once(&place, &made),
        )),
        Err(refusal) => {
            let record = stored(&place, ProviderType::ApiKey).await?;
            let sheet = Sheet {
                refusal: Some(&refusal),
                typed: Some(&fields),
                ..Sheet::of(ProviderType::ApiKey, &record)
            };
            sheet.shown(&place).await
        }
    }
}

fn shown_once(place: &Place, made: &Value) -> Markup {
    html! {
        h1 { "API key created" }
        section class="card" {
            p { "The key " strong { (json::text(made, "name")) } " is:" }
            p { (pieces::copyable(json::text(made, "key"))) }
            p { strong { "Copy it now." } " It is never shown again; whoever has it logs in with it." }
            div class="actions" { a class="button primary" href=(place.page(PAGE)) { "Done" } }
        }
    }
}

/// `POST …/auth/providers/api-key/keys/{key}/enable|disable`.
pub(in crate::http::console) async fn set(
    place: Place,
    Path((_, _, key)): Path<(String, String, String)>,
    body: Body,
    act: &str,
) -> Result<Response, Trouble> {
    place.visit.form(body).await?;
    place.send(Method::PUT, &format!("/api_keys/{}/{act}", encoded(&key)), &Value::Null).await?;
    Ok(page::go(&place.page(&format!("{PAGE}?done=live"))))
}
