//! Users > Providers: the ways in, and the editor of each.

mod anonymous;
pub(super) mod kinds;

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{Method, StatusCode};
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::api::Refusal;
use super::page::{self, Here};
use super::pieces;
use super::place::Place;
use super::trouble::Trouble;
use crate::http::form::Fields;
use crate::model::ProviderType;

/// `GET …/auth/providers`: the table, in the original's order and words.
pub(super) async fn table(place: Place) -> Result<Response, Trouble> {
    let list = place.get("/auth_providers").await?;
    let is_on = |kind: ProviderType| {
        let found = list.as_array().into_iter().flatten().find(|p| p["type"] == kind.as_str());
        found.is_some_and(|provider| provider["disabled"] == false)
    };
    let content = html! {
        h1 { "Authentication" }
        (tabs(&place))
        p { "The ways into the app. Guests come in without any; the others make somebody of them." }
        table {
            thead { tr { th { "Provider" } th { "Enabled" } th { span class="visually-hidden" { "Edit" } } } }
            tbody {
                @for kind in kinds::ORDER {
                    @let on = is_on(kind);
                    tr {
                        td { (kinds::title(kind)) }
                        td { (pieces::on_off(on)) }
                        td class="last" {
                            a class="button" href=(place.page(&format!("/auth/providers/{kind}"))) {
                                "Edit" span class="visually-hidden" { " " (kinds::title(kind)) }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(page::of_app(&place, Here::Authentication, "Authentication providers", &content))
}

/// Users, and what is near them.
pub(super) fn tabs(place: &Place) -> Markup {
    let tabs = [("Users", "/users"), ("Providers", "/auth/providers")];
    let here = place.visit.target.split('?').next().unwrap_or_default();
    html! {
        nav class="tabs" aria-label="Users" {
            @for (label, path) in tabs {
                @let path = place.page(path);
                a href=(path) aria-current=[here.starts_with(&path).then_some("page")] { (label) }
            }
        }
    }
}

/// `GET …/auth/providers/{provider}`.
pub(super) async fn editor(
    place: Place,
    Path((_, _, kind)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let kind = known(&kind)?;
    let provider = stored(&place, kind).await?;
    shown(&place, kind, &provider, None).await
}

/// `POST …/auth/providers/{provider}`: into the draft.
pub(super) async fn save(
    place: Place,
    Path((_, _, kind)): Path<(String, String, String)>,
    body: Body,
) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    let kind = known(&kind)?;
    let mut provider = stored(&place, kind).await?;
    provider.insert("disabled".to_owned(), json!(!fields.has("enabled")));
    match keep(&place, kind, &provider, &fields).await {
        Ok(()) => {
            let done = place.kept().await?;
            Ok(page::go(&place.page(&format!("/auth/providers/{kind}?done={done}"))))
        }
        Err(refusal) => shown(&place, kind, &provider, Some(&refusal)).await,
    }
}

async fn keep(
    place: &Place,
    kind: ProviderType,
    provider: &Map<String, Value>,
    fields: &Fields,
) -> Result<(), Refusal> {
    // First what may be refused, so that a refusal leaves everything as it was.
    if kind == ProviderType::AnonUser {
        anonymous::keep(place, fields).await?;
    }
    let body = Value::Object(provider.clone());
    match provider.get("_id").and_then(Value::as_str) {
        Some(id) => place.send(Method::PATCH, &format!("/auth_providers/{id}"), &body).await?,
        None => place.send(Method::POST, "/auth_providers", &body).await?,
    };
    Ok(())
}

fn known(kind: &str) -> Result<ProviderType, Trouble> {
    kind.parse().map_err(|_| {
        Trouble::Refused(Refusal::of_us(StatusCode::NOT_FOUND, format!("there is no provider {kind:?}")))
    })
}

/// The provider as it is, or as it would begin.
async fn stored(place: &Place, kind: ProviderType) -> Result<Map<String, Value>, Refusal> {
    let list = place.get("/auth_providers").await?;
    let found = list.as_array().into_iter().flatten().find(|p| p["type"] == kind.as_str());
    let found = match found.and_then(|provider| provider["_id"].as_str()) {
        Some(id) => place.get(&format!("/auth_providers/{id}")).await?,
        None => json!({ "name": kind.as_str(), "type": kind.as_str(), "disabled": true }),
    };
    Ok(found.as_object().cloned().unwrap_or_default())
}

async fn shown(
    place: &Place,
    kind: ProviderType,
    provider: &Map<String, Value>,
    refusal: Option<&Refusal>,
) -> Result<Response, Trouble> {
    let title = kinds::title(kind);
    let on = provider.get("disabled") == Some(&Value::Bool(false));
    let fields = match kind {
        ProviderType::AnonUser => anonymous::fields(place).await?,
        _ => html! {},
    };
    let content = html! {
        p class="back" { a href=(place.page("/auth/providers")) { "← Providers" } }
        h1 { (title) }
        p { (kinds::about(kind)) }
        @if let Some(refusal) = refusal { (pieces::refused(refusal)) }
        (pieces::form(&place.visit, &place.page(&format!("/auth/providers/{kind}")), &html! {
            fieldset class="card" disabled[!place.is_owner] {
                (pieces::switch("enabled", "Provider Enabled", on, kinds::when_enabled(kind)))
                (fields)
                div class="actions" {
                    button class="primary" { "Save Draft" }
                    a class="button" href=(place.page("/auth/providers")) { "Cancel" }
                }
            }
        }))
        details {
            summary { "The file in the app directory" }
            pre { code { (as_file(provider)) } }
        }
    };
    let status = refusal.map_or(StatusCode::OK, |refusal| refusal.status);
    Ok(page::of_app_with(status, place, Here::Authentication, title, &content))
}

/// The provider as its file has it.
fn as_file(provider: &Map<String, Value>) -> String {
    let mut file = provider.clone();
    file.shift_remove("_id");
    serde_json::to_string_pretty(&file).unwrap_or_default()
}
