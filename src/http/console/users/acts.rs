//! What is done with one user. What cannot be undone is asked about first.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{Method, StatusCode};
use maud::html;
use serde_json::{Value, json};

use super::name;
use crate::http::console::api::Refusal;
use crate::http::console::json::text;
use crate::http::console::page::{self, Here};
use crate::http::console::pieces;
use crate::http::console::place::Place;
use crate::http::console::trouble::Trouble;
use crate::http::form::encoded;

/// Project, app, user, and what.
type Named = Path<(String, String, String, String)>;

/// `GET …/users/{user}/{disable|logout|delete}`.
pub(super) async fn ask(place: Place, Path((_, _, id, act)): Named) -> Result<Response, Trouble> {
    let user = place.get(&format!("/users/{}", encoded(&id))).await?;
    let (question, what, button) = match act.as_str() {
        "disable" => (
            "Disable this user?",
            "Every session ends at once, and logins are refused until the user is enabled again. Nothing is deleted.",
            "Disable User",
        ),
        "logout" => (
            "Revoke all sessions?",
            "The user is logged out everywhere. Somebody with a credential logs in again; a guest has none and cannot \
             come back.",
            "Revoke all sessions",
        ),
        "delete" => (
            "Delete this user?",
            "The user goes for good, with every identity, session, API key and its custom data. Documents that it made \
             stay.",
            "Delete User",
        ),
        _ => return Err(no_act(&act)),
    };
    let back = place.page(&format!("/users/{}", text(&user, "_id")));
    let what = html! {
        p { strong { (name(&user)) } " " code { (text(&user, "_id")) } }
        p { (what) }
    };
    let content = pieces::ask(&place.visit, &format!("{back}/{act}"), question, &what, button, &back);
    Ok(page::of_app(&place, Here::Users, question, &content))
}

/// `POST …/users/{user}/{enable|disable|logout|delete}`.
pub(super) async fn act(place: Place, Path((_, _, id, act)): Named, body: Body) -> Result<Response, Trouble> {
    place.visit.form(body).await?;
    let user = format!("/users/{}", encoded(&id));
    let (method, path, done) = match act.as_str() {
        "enable" => (Method::PUT, format!("{user}/enable"), "enabled"),
        "disable" => (Method::PUT, format!("{user}/disable"), "disabled"),
        "logout" => (Method::PUT, format!("{user}/logout"), "revoked"),
        "delete" => (Method::DELETE, user.clone(), "deleted"),
        _ => return Err(no_act(&act)),
    };
    place.send(method, &path, &json!({})).await?;
    let back = if act == "delete" { "/users" } else { user.as_str() };
    Ok(page::go(&place.page(&format!("{back}?done={done}"))))
}

fn no_act(act: &str) -> Trouble {
    Refusal::of_us(StatusCode::NOT_FOUND, format!("nothing is called {act:?} here")).into()
}

/// `POST …/users/{user}/sessions/{session}/revoke`.
pub(super) async fn revoke_one(
    place: Place,
    Path((_, _, id, session)): Named,
    body: Body,
) -> Result<Response, Trouble> {
    place.visit.form(body).await?;
    let path = place.ours(&format!("/users/{}/sessions/{}", encoded(&id), encoded(&session)));
    place.visit.api.send(Method::DELETE, &path, None).await?;
    Ok(page::go(&place.page(&format!("/users/{}?done=revoked", encoded(&id)))))
}

/// `POST …/users/{user}/custom_data`.
pub(super) async fn custom_data(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
    body: Body,
) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    let path = place.ours(&format!("/users/{}/custom_data", encoded(&id)));
    let typed = fields.get("custom_data").unwrap_or_default().trim();
    if typed.is_empty() {
        place.visit.api.send(Method::DELETE, &path, None).await?;
    } else {
        let data: Value = serde_json::from_str(typed).map_err(|error| {
            Refusal::of_us(StatusCode::BAD_REQUEST, format!("the custom data is not JSON: {error}"))
        })?;
        place.visit.api.send(Method::PUT, &path, Some(&data)).await?;
    }
    Ok(page::go(&place.page(&format!("/users/{}?done=kept", encoded(&id)))))
}
