//! The editor of an environment value: one JSON value for each environment.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;
use maud::html;
use serde_json::{Map, Value, json};

use super::super::api::Refusal;
use super::super::editor::Editor;
use super::super::fields::{area, text, typed, typed_json};
use super::super::json::{self, pretty};
use super::super::page::{self, Here};
use super::super::place::Place;
use super::super::trouble::Trouble;
use crate::http::form::{Fields, encoded};

/// Environments: how the wire calls them, and people.
const ENVIRONMENTS: [(&str, &str); 5] = [
    ("none", "No Environment"),
    ("development", "Development"),
    ("testing", "Testing"),
    ("qa", "QA"),
    ("production", "Production"),
];

/// `GET …/environment_values/{value}`; `new` is one that is to be made.
pub(in crate::http::console) async fn editor(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let stored = match id.as_str() {
        "new" => json!({}),
        id => place.get(&format!("/environment_values/{}", encoded(id))).await?,
    };
    let texts = ENVIRONMENTS.map(|(name, _)| {
        let value = stored["values"].get(name);
        value.map(pretty).unwrap_or_default()
    });
    Ok(shown(&place, &id, json::text(&stored, "name"), &texts, None))
}

/// `POST …/environment_values/{value}`: into the draft.
pub(in crate::http::console) async fn save(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
    body: Body,
) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    match keep(&place, &id, &fields).await {
        Ok(()) => Ok(page::saved(&place, "/values").await?),
        Err(refusal) => {
            let texts = ENVIRONMENTS.map(|(name, _)| typed(&fields, name).to_owned());
            Ok(shown(&place, &id, typed(&fields, "name"), &texts, Some(&refusal)))
        }
    }
}

async fn keep(place: &Place, id: &str, fields: &Fields) -> Result<(), Refusal> {
    let values = read(fields).map_err(|error| Refusal::of_us(StatusCode::BAD_REQUEST, error))?;
    let body = json!({ "name": typed(fields, "name"), "values": values });
    place.put("/environment_values", id, &body).await
}

/// The environments that have a value.
fn read(fields: &Fields) -> Result<Map<String, Value>, String> {
    let given = ENVIRONMENTS.iter().filter(|(name, _)| !typed(fields, name).is_empty());
    given.map(|(name, words)| Ok(((*name).to_owned(), typed_json(fields, name, words)?))).collect()
}

fn shown(place: &Place, id: &str, name: &str, texts: &[String; 5], refusal: Option<&Refusal>) -> Response {
    let title = if id == "new" { "Create New Environment Value" } else { "Edit environment value" };
    let fields = html! {
        (text("name", "Name", "Functions find it under this name.", name))
        @for ((name, words), text) in ENVIRONMENTS.iter().zip(texts) {
            (area(name, words, "Any JSON value; empty where there is none.", text, 2))
        }
    };
    let editor = Editor {
        here: Here::Values,
        list: ("/values", "Values & Secrets"),
        title,
        action: format!("/environment_values/{}", encoded(id)),
        refusal,
    };
    editor.shown(place, &fields, "Save Draft")
}
