//! Taking a part of an app away: asked first, whatever it is.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::Method;
use maud::html;
use serde_json::Value;

use super::json::items;
use super::page::{self, Here};
use super::pieces;
use super::place::Place;
use super::trouble::Trouble;
use crate::http::form::encoded;

/// A kind of part that can be taken away.
#[derive(Clone, Copy)]
pub(super) struct Part {
    /// What one is called.
    noun: &'static str,
    /// Its path in the Admin API.
    api: &'static str,
    /// The page that lists them.
    list: &'static str,
    here: Here,
    /// What goes with it.
    what: &'static str,
    /// Whether it goes at once, draft or not.
    at_once: bool,
}

pub(super) const FUNCTION: Part = Part {
    noun: "function",
    api: "/functions",
    list: "/functions",
    here: Here::Functions,
    what: "Its source goes with it. A provider or a trigger that names it does nothing until it names another.",
    at_once: false,
};
pub(super) const VALUE: Part = Part {
    noun: "value",
    api: "/values",
    list: "/values",
    here: Here::Values,
    what: "Functions that ask for it get nothing.",
    at_once: false,
};
pub(super) const ENVIRONMENT_VALUE: Part = Part {
    noun: "environment value",
    api: "/environment_values",
    list: "/values",
    here: Here::Values,
    what: "It goes from every environment.",
    at_once: false,
};
pub(super) const SECRET: Part = Part {
    noun: "secret",
    api: "/secrets",
    list: "/values",
    here: Here::Values,
    what: "Its value is lost, and a provider or a value that names it refuses from that moment on.",
    at_once: true,
};
pub(super) const TRIGGER: Part = Part {
    noun: "trigger",
    api: "/triggers",
    list: "/triggers",
    here: Here::Triggers,
    what: "Its events come to nothing. The function stays.",
    at_once: false,
};
pub(super) const API_KEY: Part = Part {
    noun: "API key",
    api: "/api_keys",
    list: super::providers::api_key::PAGE,
    here: Here::Authentication,
    what: "Its server user and every session of it go with it, at once.",
    at_once: true,
};

/// `GET …/{part}/delete`.
pub(super) async fn ask(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
    part: Part,
) -> Result<Response, Trouble> {
    let name = name(&place, part, &id).await?;
    let content = pieces::ask(
        &place.visit,
        place.visit.target.split('?').next().unwrap_or_default(),
        &format!("Delete the {} {name}?", part.noun),
        &html! {
            p { (part.what) }
            @if !part.at_once { p { "It goes from your draft, and from what is live once you deploy that." } }
        },
        &format!("Delete {}", part.noun),
        &place.page(part.list),
    );
    Ok(page::of_app(&place, part.here, &format!("Delete {}", part.noun), &content))
}

/// The name of one, from the list of all: not every kind tells one alone.
async fn name(place: &Place, part: Part, id: &str) -> Result<String, Trouble> {
    let list = place.get(part.api).await?;
    let found = items(&list).iter().find(|one| one["_id"] == id);
    let name = found.and_then(|one| one["name"].as_str());
    name.map(str::to_owned).ok_or_else(|| Trouble::nothing(part.noun, id))
}

/// `POST …/{part}/delete`.
pub(super) async fn remove(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
    body: Body,
    part: Part,
) -> Result<Response, Trouble> {
    place.visit.form(body).await?;
    place.send(Method::DELETE, &format!("{}/{}", part.api, encoded(&id)), &Value::Null).await?;
    let done = if part.at_once { "gone" } else { place.kept().await? };
    Ok(page::go(&place.page(&format!("{}?done={done}", part.list))))
}
