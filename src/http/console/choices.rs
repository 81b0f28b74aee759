//! What a configuration names: functions and secrets of the app, and secrets that are made with it.

use http::{Method, StatusCode};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::api::Refusal;
use super::fields::{named, typed, typed_text};
use super::json::{items, text};
use super::pieces::row;
use super::place::Place;
use crate::http::form::Fields;
use crate::model::Secret;

/// What there is to name.
pub(super) struct Choices {
    /// Ids and names, in their order.
    functions: Vec<(String, String)>,
    secrets: Vec<String>,
}

impl Choices {
    pub(super) async fn of(place: &Place) -> Result<Choices, Refusal> {
        let owned = |value: &Value, key: &str| text(value, key).to_owned();
        let functions = place.get("/functions").await?;
        let secrets = place.get("/secrets").await?;
        Ok(Choices {
            functions: items(&functions).iter().map(|one| (owned(one, "_id"), owned(one, "name"))).collect(),
            secrets: items(&secrets).iter().map(|one| owned(one, "name")).collect(),
        })
    }

    /// The id of a function.
    pub(super) fn function_id(&self, name: &str) -> Option<&str> {
        self.functions.iter().find(|(_, known)| known == name).map(|(id, _)| id.as_str())
    }

    /// A function of the app, and the way to another.
    pub(super) fn function(
        &self,
        place: &Place,
        name: &str,
        label: &str,
        help: &str,
        chosen: &str,
    ) -> Markup {
        let known: Vec<&str> = self.functions.iter().map(|(_, name)| name.as_str()).collect();
        row(
            name,
            label,
            &html! { (help) },
            &html! {
                (named(name, chosen, &known))
                " " a href=(place.page("/functions/new")) { "New Function" }
            },
        )
    }

    /// A secret of the app, without another way to make one.
    pub(super) fn secret_select(&self, name: &str, chosen: &str) -> Markup {
        named(name, chosen, &self.secret_names())
    }

    /// A secret of the app, or one that is made when the form is saved.
    pub(super) fn secret(&self, name: &str, label: &str, help: &str, chosen: &str) -> Markup {
        let (new, value) = (format!("{name}-new"), format!("{name}-value"));
        row(
            name,
            label,
            &html! { (help) },
            &html! {
                (self.secret_select(name, chosen))
                details class="create" {
                    summary { "Create a secret" }
                    label for=(new) { "Name" }
                    input type="text" id=(new) name=(new) autocomplete="off" spellcheck="false"
                        aria-describedby=(format!("{value}-help"));
                    label for=(value) { "Value" }
                    textarea id=(value) name=(value) rows="3" autocomplete="off" spellcheck="false"
                        aria-describedby=(format!("{value}-help")) {}
                    p class="help" id=(format!("{value}-help")) {
                        "Typed once and never shown again. Secrets are no part of drafts: it is kept when you save."
                    }
                }
            },
        )
    }

    fn secret_names(&self) -> Vec<&str> {
        self.secrets.iter().map(String::as_str).collect()
    }
}

/// A secret that a form asks for.
pub(super) struct NewSecret {
    pub(super) name: String,
    pub(super) value: Secret<String>,
}

/// The name of the secret that a form chose; one that it wants made is put into `new`.
pub(super) fn chosen_secret(fields: &Fields, name: &str, new: &mut Vec<NewSecret>) -> String {
    let chosen = typed(fields, name);
    let asked = typed(fields, &format!("{name}-new"));
    let value = typed_text(fields, &format!("{name}-value"));
    let named = if asked.is_empty() { chosen } else { asked };
    if !value.is_empty() || (!asked.is_empty() && asked != chosen) {
        new.push(NewSecret { name: named.to_owned(), value: Secret::new(value) });
    }
    named.to_owned()
}

/// Makes secrets: all of them, or none. What it returns are their ids.
pub(super) async fn make_secrets(place: &Place, secrets: &[NewSecret]) -> Result<Vec<String>, Refusal> {
    let mut made = Vec::new();
    for secret in secrets {
        match make_secret(place, secret).await {
            Ok(id) => made.push(id),
            Err(refusal) => {
                forget_secrets(place, &made).await;
                return Err(refusal);
            }
        }
    }
    Ok(made)
}

async fn make_secret(place: &Place, NewSecret { name, value }: &NewSecret) -> Result<String, Refusal> {
    if value.expose().is_empty() {
        let error = format!("The secret {name:?} needs a value: type it, or clear its name.");
        return Err(Refusal::of_us(StatusCode::BAD_REQUEST, error));
    }
    let body = json!({ "name": name, "value": value.expose() });
    let made = place.send(Method::POST, "/secrets", &body).await?;
    Ok(text(&made, "_id").to_owned())
}

/// Takes secrets back that were made for something that was refused after all.
pub(super) async fn forget_secrets(place: &Place, ids: &[String]) {
    for id in ids {
        // One that stays is in the list of secrets, and named by nothing.
        let _ = place.send(Method::DELETE, &format!("/secrets/{id}"), &Value::Null).await;
    }
}
