//! The editor of a value.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;
use maud::html;
use serde_json::{Map, Value, json};

use super::super::api::Refusal;
use super::super::choices::Choices;
use super::super::editor::Editor;
use super::super::fields::{radios, text, typed, typed_json, wide_area};
use super::super::json::pretty;
use super::super::page::{self, Here};
use super::super::pieces;
use super::super::place::Place;
use super::super::trouble::Trouble;
use crate::http::form::{Fields, encoded};

/// `GET …/values/{value}`; `new` is one that is to be made.
pub(in crate::http::console) async fn editor(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let value = stored(&place, &id).await?;
    shown(&place, &id, &value, None, None).await
}

async fn stored(place: &Place, id: &str) -> Result<Map<String, Value>, Refusal> {
    let found = match id {
        "new" => json!({ "name": "", "from_secret": false, "value": "" }),
        id => place.get(&format!("/values/{}", encoded(id))).await?,
    };
    Ok(found.as_object().cloned().unwrap_or_default())
}

/// `POST …/values/{value}`: into the draft.
pub(in crate::http::console) async fn save(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
    body: Body,
) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    let mut value = stored(&place, &id).await?;
    let kept = match read(&fields, &mut value) {
        Ok(()) => keep(&place, &id, &value).await,
        Err(error) => Err(Refusal::of_us(StatusCode::BAD_REQUEST, error)),
    };
    match kept {
        Ok(()) => Ok(page::saved(&place, "/values").await?),
        Err(refusal) => shown(&place, &id, &value, Some(&refusal), fields.get("value")).await,
    }
}

fn read(fields: &Fields, value: &mut Map<String, Value>) -> Result<(), String> {
    let from_secret = typed(fields, "content") == "secret";
    value.insert("name".to_owned(), typed(fields, "name").into());
    value.insert("from_secret".to_owned(), from_secret.into());
    let content = match from_secret {
        true => typed(fields, "secret").into(),
        false => typed_json(fields, "value", "The value")?,
    };
    value.insert("value".to_owned(), content);
    Ok(())
}

async fn keep(place: &Place, id: &str, value: &Map<String, Value>) -> Result<(), Refusal> {
    if value.get("from_secret") == Some(&Value::Bool(true)) && value.get("value") == Some(&"".into()) {
        return Err(Refusal::of_us(
            StatusCode::BAD_REQUEST,
            "Choose the secret that it links to.".to_owned(),
        ));
    }
    place.put("/values", id, &Value::Object(value.clone())).await
}

async fn shown(
    place: &Place,
    id: &str,
    value: &Map<String, Value>,
    refusal: Option<&Refusal>,
    typed_value: Option<&str>,
) -> Result<Response, Trouble> {
    let choices = Choices::of(place).await?;
    let from_secret = value.get("from_secret") == Some(&Value::Bool(true));
    let content = value.get("value").unwrap_or(&Value::Null);
    let (json, secret) = match (typed_value, from_secret) {
        (typed, true) => (typed.unwrap_or_default().to_owned(), content.as_str().unwrap_or_default()),
        (Some(typed), false) => (typed.to_owned(), ""),
        (None, false) => (pretty(content), ""),
    };
    let title = if id == "new" { "Create New Value" } else { "Edit value" };
    let chosen = if from_secret { "secret" } else { "custom" };
    let fields = html! {
        (text("name", "Value Name", "Functions ask for it by this name.",
            value.get("name").and_then(Value::as_str).unwrap_or_default()))
        (radios("content", "Value Type", chosen, &[
            ("custom", "Custom Content", "The JSON below."),
            ("secret", "Link to Secret", "Whatever the secret holds when a function asks."),
        ]))
        (wide_area("value", "Custom Content", "Any JSON value; a text stands in quotes.", &json, 8))
        (pieces::row("secret", "Secret", &html! { "Of which the value is." }, &choices.secret_select("secret", secret)))
    };
    let editor = Editor {
        here: Here::Values,
        list: ("/values", "Values & Secrets"),
        title,
        action: format!("/values/{}", encoded(id)),
        refusal,
    };
    Ok(editor.shown(place, &fields, "Save Draft"))
}
