//! The editor of a secret. Its value comes in and is never shown.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{Method, StatusCode};
use maud::html;
use serde_json::json;

use super::super::api::Refusal;
use super::super::fields::{area, text, typed, typed_text};
use super::super::page::{self, Here};
use super::super::pieces;
use super::super::place::Place;
use super::super::trouble::Trouble;
use crate::http::form::{Fields, encoded};

/// `GET …/secrets/{secret}`; `new` is one that is to be made.
pub(in crate::http::console) async fn editor(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let list = place.get("/secrets").await?;
    let found = list.as_array().into_iter().flatten().find(|secret| secret["_id"] == id.as_str());
    match found.and_then(|secret| secret["name"].as_str()) {
        Some(name) => Ok(shown(&place, &id, name, None)),
        None if id == "new" => Ok(shown(&place, &id, "", None)),
        None => Err(Trouble::nothing("secret", &id)),
    }
}

/// `POST …/secrets/{secret}`: at once.
pub(in crate::http::console) async fn save(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
    body: Body,
) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    match keep(&place, &id, &fields).await {
        Ok(()) => Ok(page::go(&place.page("/values?done=live"))),
        Err(refusal) => Ok(shown(&place, &id, typed(&fields, "name"), Some(&refusal))),
    }
}

async fn keep(place: &Place, id: &str, fields: &Fields) -> Result<(), Refusal> {
    let value = typed_text(fields, "value");
    if id == "new" && value.is_empty() {
        return Err(Refusal::of_us(StatusCode::BAD_REQUEST, "Type the value.".to_owned()));
    }
    let body = json!({ "name": typed(fields, "name"), "value": value });
    match id {
        "new" => place.send(Method::POST, "/secrets", &body).await?,
        id => place.send(Method::PUT, &format!("/secrets/{}", encoded(id)), &body).await?,
    };
    Ok(())
}

fn shown(place: &Place, id: &str, name: &str, refusal: Option<&Refusal>) -> Response {
    let title = if id == "new" { "Create New Secret" } else { "Change secret" };
    let help = match id {
        "new" => "Typed once and never shown again.",
        _ => "Never shown. What you type takes its place; when this is empty, it stays.",
    };
    let content = html! {
        p class="back" { a href=(place.page("/values")) { "← Values & Secrets" } }
        h1 { (title) }
        @if let Some(refusal) = refusal { (pieces::refused(refusal)) }
        (pieces::form(&place.visit, &place.page(&format!("/secrets/{}", encoded(id))), &html! {
            fieldset class="card" disabled[!place.is_owner] {
                (text("name", "Secret Name", "ASCII letters, digits, _ and -; at most 64. Providers find it by this name.", name))
                (area("value", "Secret Value", help, "", 4))
                div class="actions" {
                    button class="primary" { "Save" }
                    a class="button" href=(place.page("/values")) { "Cancel" }
                }
            }
        }))
    };
    let status = refusal.map_or(StatusCode::OK, |refusal| refusal.status);
    page::of_app_with(status, place, Here::Values, title, &content)
}
