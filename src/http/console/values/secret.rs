//! The editor of a secret. Its value comes in and is never shown.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;
use maud::html;
use serde_json::json;

use super::super::api::Refusal;
use super::super::editor::Editor;
use super::super::fields::{area, text, typed, typed_text};
use super::super::json::items;
use super::super::page::{self, Here};
use super::super::place::Place;
use super::super::trouble::Trouble;
use crate::http::form::{Fields, encoded};

/// `GET …/secrets/{secret}`; `new` is one that is to be made.
pub(in crate::http::console) async fn editor(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let list = place.get("/secrets").await?;
    let found = items(&list).iter().find(|secret| secret["_id"] == id.as_str());
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
    place.put("/secrets", id, &body).await
}

fn shown(place: &Place, id: &str, name: &str, refusal: Option<&Refusal>) -> Response {
    let title = if id == "new" { "Create New Secret" } else { "Change secret" };
    let help = match id {
        "new" => "Typed once and never shown again.",
        _ => "Never shown. What you type takes its place; when this is empty, it stays.",
    };
    let fields = html! {
        (text("name", "Secret Name", "ASCII letters, digits, _ and -; at most 64. Providers find it by this name.", name))
        (area("value", "Secret Value", help, "", 4))
    };
    let editor = Editor {
        here: Here::Values,
        list: ("/values", "Values & Secrets"),
        title,
        action: format!("/secrets/{}", encoded(id)),
        refusal,
    };
    editor.shown(place, &fields, "Save")
}
