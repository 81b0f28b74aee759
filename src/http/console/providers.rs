//! Users > Providers: the ways in, and the editor of each.

mod anonymous;
pub(super) mod api_key;
mod custom_function;
mod custom_token;
pub(super) mod kinds;
mod local_userpass;
mod oauth2;
mod record;

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{Method, StatusCode};
use maud::{Markup, html};
use serde_json::json;

use record::Record;

use super::api::Refusal;
use super::choices::{self, Choices, NewSecret};
use super::editor::Editor;
use super::json::items;
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
        let found = items(&list).iter().find(|p| p["type"] == kind.as_str());
        found.is_some_and(|provider| provider["disabled"] == false)
    };
    let content = html! {
        h1 { "Authentication" }
        (tabs(&place))
        p { "The ways into the app. Guests come in without any; the others make somebody of them." }
        table {
            thead { tr { th scope="col" { "Provider" } th scope="col" { "Enabled" } th scope="col" { span class="visually-hidden" { "Edit" } } } }
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
    let record = stored(&place, kind).await?;
    Sheet::of(kind, &record).shown(&place).await
}

/// `POST …/auth/providers/{provider}`: into the draft.
pub(super) async fn save(
    place: Place,
    Path((_, _, kind)): Path<(String, String, String)>,
    body: Body,
) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    let kind = known(&kind)?;
    let before = stored(&place, kind).await?;
    let (after, new) = typed(kind, &before, &fields);
    match keep(&place, kind, &before, &after, &new, &fields).await {
        Ok(()) => Ok(page::saved(&place, &format!("/auth/providers/{kind}")).await?),
        Err(refusal) => {
            let sheet = Sheet { refusal: Some(&refusal), typed: Some(&fields), ..Sheet::of(kind, &after) };
            sheet.shown(&place).await
        }
    }
}

/// The provider as it was typed, and the secrets that are to be made for it.
fn typed(kind: ProviderType, before: &Record, fields: &Fields) -> (Record, Vec<NewSecret>) {
    let (mut record, mut new) = (before.clone(), Vec::new());
    record.set("disabled", json!(!fields.has("enabled")));
    match kind {
        ProviderType::AnonUser | ProviderType::ApiKey => {}
        ProviderType::LocalUserpass => local_userpass::read(fields, &mut record),
        ProviderType::CustomFunction => custom_function::read(fields, &mut record),
        ProviderType::CustomToken => custom_token::read(fields, &mut record, &mut new),
        ProviderType::Facebook | ProviderType::Google | ProviderType::Apple => {
            oauth2::read(kind, fields, &mut record, &mut new);
        }
    }
    (record, new)
}

/// Keeps it. First comes what may be refused, so that a refusal leaves everything as it was.
async fn keep(
    place: &Place,
    kind: ProviderType,
    before: &Record,
    after: &Record,
    new: &[NewSecret],
    fields: &Fields,
) -> Result<(), Refusal> {
    let problems = after.problems(kind, &Choices::of(place).await?, new);
    if !problems.is_empty() {
        let error = "The provider is on, and would refuse everybody:".to_owned();
        return Err(Refusal { status: StatusCode::BAD_REQUEST, error, problems });
    }
    if kind == ProviderType::AnonUser {
        anonymous::keep(place, fields).await?;
    }
    let made = choices::make_secrets(place, new).await?;
    let body = after.in_place_of(before);
    let kept = match before.id() {
        Some(id) => place.send(Method::PATCH, &format!("/auth_providers/{id}"), &body).await,
        None => place.send(Method::POST, "/auth_providers", &body).await,
    };
    if let Err(refusal) = kept {
        choices::forget_secrets(place, &made).await;
        return Err(refusal);
    }
    Ok(())
}

fn known(kind: &str) -> Result<ProviderType, Trouble> {
    kind.parse().map_err(|_| Trouble::nothing("provider", kind))
}

/// The provider as it is, or as it would begin.
async fn stored(place: &Place, kind: ProviderType) -> Result<Record, Refusal> {
    let list = place.get("/auth_providers").await?;
    let found = items(&list).iter().find(|p| p["type"] == kind.as_str());
    match found.and_then(|provider| provider["_id"].as_str()) {
        Some(id) => Ok(Record::told(&place.get(&format!("/auth_providers/{id}")).await?)),
        None => Ok(Record::new(kind)),
    }
}

/// The page of an editor.
struct Sheet<'a> {
    kind: ProviderType,
    record: &'a Record,
    refusal: Option<&'a Refusal>,
    /// What was typed that is not in the record.
    typed: Option<&'a Fields>,
}

impl<'a> Sheet<'a> {
    fn of(kind: ProviderType, record: &'a Record) -> Sheet<'a> {
        Sheet { kind, record, refusal: None, typed: None }
    }

    async fn shown(&self, place: &Place) -> Result<Response, Trouble> {
        let kind = self.kind;
        let title = kinds::title(kind);
        let choices = Choices::of(place).await?;
        // The settings of the app, which two parts of the anonymous page show, are asked for once.
        let (fields, below) = match kind {
            ProviderType::AnonUser => anonymous::form_and_preview(place, self.typed).await?,
            ProviderType::ApiKey => (html! {}, api_key::keys(place, self.typed).await?),
            _ => (self.fields(place, &choices), html! {}),
        };
        let notes = if self.refusal.is_some() { Vec::new() } else { self.record.notes(kind, &choices) };
        let editor = Editor {
            here: Here::Authentication,
            list: ("/auth/providers", "Providers"),
            title,
            action: format!("/auth/providers/{kind}"),
            refusal: self.refusal,
        };
        let fields = html! {
            (pieces::switch("enabled", "Provider Enabled", self.record.is_on(), kinds::when_enabled(kind)))
            (fields)
        };
        let content = html! {
            (editor.top(place, &html! { h1 { (title) } p { (kinds::about(kind)) } }))
            @if !notes.is_empty() {
                div class="note" { p { "To know:" } ul { @for note in &notes { li { (pieces::finding(note)) } } } }
            }
            (editor.form(place, &fields, "Save Draft", &html! {}))
            details {
                summary { "The file in the app directory" }
                pre tabindex="0" { code { (self.record.as_file()) } }
            }
            (below)
        };
        Ok(editor.page(place, &content))
    }

    /// The fields of those that have nothing but their configuration.
    fn fields(&self, place: &Place, choices: &Choices) -> Markup {
        let record = self.record;
        match self.kind {
            ProviderType::AnonUser | ProviderType::ApiKey => html! {},
            ProviderType::LocalUserpass => local_userpass::fields(place, record, choices),
            ProviderType::CustomFunction => custom_function::fields(place, record, choices),
            ProviderType::CustomToken => custom_token::fields(record, choices),
            ProviderType::Facebook | ProviderType::Google | ProviderType::Apple => {
                oauth2::fields(place, self.kind, record, choices)
            }
        }
    }
}
