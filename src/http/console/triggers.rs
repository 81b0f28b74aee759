//! Triggers: those of authentication work and are edited here; others are kept.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::api::Refusal;
use super::choices::Choices;
use super::editor::Editor;
use super::fields::{boxes, radios, text, typed};
use super::json::items;
use super::listed;
use super::page::{self, Here};
use super::pieces;
use super::place::Place;
use super::providers::kinds;
use super::trouble::Trouble;
use crate::http::form::{Fields, encoded};
use crate::model::ProviderType;

const AUTHENTICATION: &str = "AUTHENTICATION";

/// `GET …/triggers`.
pub(super) async fn list(place: Place) -> Result<Response, Trouble> {
    let triggers = place.get("/triggers").await?;
    let triggers = items(&triggers);
    let (shown, more) = listed::shown(&place, triggers);
    let content = html! {
        h1 { "Triggers" }
        p { "A function that is called when somebody is made, logs in, or goes." }
        @if place.is_owner {
            div class="actions first" {
                a class="button primary" href=(place.page("/triggers/new")) { "Add a Trigger" }
            }
        }
        (listed::finder(&place, "/triggers", &[triggers]))
        @if triggers.is_empty() {
            (pieces::empty("No trigger yet.", &html! {}))
        } @else {
            div class="scroll" tabindex="0" { table {
                thead { tr {
                    th scope="col" { "Name" } th scope="col" { "Type" } th scope="col" { "Event" }
                    th scope="col" { "Function" } th scope="col" { "Enabled" } th scope="col" { "Actions" }
                } }
                tbody { @for trigger in shown { (line(&place, trigger)) } }
            } }
            (listed::more(more))
        }
    };
    Ok(page::of_app(&place, Here::Triggers, "Triggers", &content))
}

fn line(place: &Place, trigger: &Value) -> Markup {
    let text = |key: &str| trigger[key].as_str().unwrap_or_default();
    let page = place.page(&format!("/triggers/{}", encoded(text("_id"))));
    let (works, name) = (works(trigger), listed::name(trigger));
    html! {
        tr {
            th scope="row" { (name) }
            td { (text("type").to_lowercase()) }
            td { (operation(trigger)) }
            td { (text("function_name")) }
            td {
                @if works { (pieces::on_off(trigger["disabled"] != true)) }
                @else { span class="badge warn" { "Kept, does nothing here" } }
            }
            td {
                @if works { (pieces::edit_and_delete(place, &page, &name)) }
                @else { (pieces::delete_link(place, &page, &name)) }
            }
        }
    }
}

/// Whether it is one that calls a function of ours at an event that we have.
fn works(trigger: &Value) -> bool {
    trigger["type"] == AUTHENTICATION && trigger["function_name"].is_string()
}

/// A text, but the original's documentation prints a list.
fn operation(trigger: &Value) -> &str {
    let operation = &trigger["config"]["operation_type"];
    operation.as_str().or_else(|| operation[0].as_str()).unwrap_or_default()
}

/// `GET …/triggers/{trigger}`; `new` is one that is to be made.
pub(super) async fn editor(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let trigger = stored(&place, &id).await?;
    shown(&place, &id, &trigger, None).await
}

/// One of another kind is shown in the list only.
async fn stored(place: &Place, id: &str) -> Result<Value, Trouble> {
    if id == "new" {
        let config = json!({ "operation_type": "LOGIN", "providers": [] });
        return Ok(json!({ "name": "", "type": AUTHENTICATION, "disabled": false, "config": config }));
    }
    let found = place.get(&format!("/triggers/{}", encoded(id))).await?;
    if works(&found) { Ok(found) } else { Err(Trouble::nothing("authentication trigger", id)) }
}

/// `POST …/triggers/{trigger}`: into the draft.
pub(super) async fn save(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
    body: Body,
) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    let before = stored(&place, &id).await?;
    let trigger = read(&fields, &before, &Choices::of(&place).await?);
    match keep(&place, &id, &trigger).await {
        Ok(()) => Ok(page::saved(&place, "/triggers").await?),
        Err(refusal) => shown(&place, &id, &trigger, Some(&refusal)).await,
    }
}

/// What was typed, of a trigger that keeps what the form does not show.
fn read(fields: &Fields, before: &Value, choices: &Choices) -> Value {
    let chosen = kinds::ORDER.into_iter().filter(|kind| fields.has(&format!("provider-{kind}")));
    let providers: Vec<&str> = chosen.map(ProviderType::as_str).collect();
    let function = typed(fields, "function_name");
    let mut config = before["config"].as_object().cloned().unwrap_or_default();
    config.insert("operation_type".to_owned(), typed(fields, "operation_type").into());
    config.insert("providers".to_owned(), json!(providers));
    let mut trigger = Map::new();
    trigger.insert("name".to_owned(), typed(fields, "name").into());
    trigger.insert("type".to_owned(), AUTHENTICATION.into());
    trigger.insert("disabled".to_owned(), (!fields.has("enabled")).into());
    trigger.insert("config".to_owned(), config.into());
    trigger.insert("function_name".to_owned(), function.into());
    if let Some(id) = choices.function_id(function) {
        trigger.insert("function_id".to_owned(), id.into());
    }
    trigger.into()
}

async fn keep(place: &Place, id: &str, trigger: &Value) -> Result<(), Refusal> {
    let refused = |error: &str| Err(Refusal::of_us(StatusCode::BAD_REQUEST, error.to_owned()));
    if trigger["config"]["providers"] == json!([]) {
        return refused("Choose at least one provider.");
    }
    if trigger["function_name"] == "" {
        return refused("Choose the function that is called.");
    }
    place.put("/triggers", id, trigger).await
}

async fn shown(
    place: &Place,
    id: &str,
    trigger: &Value,
    refusal: Option<&Refusal>,
) -> Result<Response, Trouble> {
    let choices = Choices::of(place).await?;
    let title = if id == "new" { "Add Trigger" } else { "Edit Trigger" };
    let text_of = |key: &str| trigger[key].as_str().unwrap_or_default();
    let chosen = items(&trigger["config"]["providers"]);
    let providers = kinds::ORDER.map(|kind| {
        let on = chosen.iter().any(|provider| provider == kind.as_str());
        (format!("provider-{kind}"), kinds::title(kind), on)
    });
    let fields = html! {
        (text("name", "Name", "It is also the name of its file.", text_of("name")))
        (pieces::switch("enabled", "Enabled", trigger["disabled"] != true, "While it is off, events pass it by."))
        (radios("operation_type", "Action Type", operation(trigger), &[
            ("CREATE", "Create", "Somebody is made, or gets another way in."),
            ("LOGIN", "Login", "Somebody logs in."),
            ("DELETE", "Delete", "Somebody is deleted, or expires as a guest."),
        ]))
        (boxes("Providers", "Any of them.", &providers))
        (choices.function(place, "function_name", "Function",
            "It gets { operationType, providers, user, time }, at least once, soon after.", text_of("function_name")))
    };
    let editor = Editor {
        here: Here::Triggers,
        list: ("/triggers", "Triggers"),
        title,
        action: format!("/triggers/{}", encoded(id)),
        refusal,
    };
    Ok(editor.shown(place, &fields, "Save Draft"))
}
