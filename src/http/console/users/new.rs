//! Add New User: with an e-mail address and a password, confirmed at once.

use axum::body::Body;
use axum::response::Response;
use http::Method;
use maud::html;
use serde_json::json;

use crate::http::console::api::Refusal;
use crate::http::console::editor::Editor;
use crate::http::console::json::text;
use crate::http::console::page::{self, Here};
use crate::http::console::pieces;
use crate::http::console::place::Place;
use crate::http::console::trouble::Trouble;

/// `GET …/users/new`.
pub(super) async fn form(place: Place) -> Response {
    shown(&place, "", None)
}

/// `POST …/users/new`.
pub(super) async fn create(place: Place, body: Body) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    let (email, password) = (fields.get("email").unwrap_or_default().trim(), fields.get("password"));
    let user = json!({ "email": email, "password": password.unwrap_or_default() });
    match place.send(Method::POST, "/users", &user).await {
        Ok(made) => Ok(page::go(&place.page(&format!("/users/{}?done=added", text(&made, "_id"))))),
        Err(refusal) => Ok(shown(&place, email, Some(&refusal))),
    }
}

fn shown(place: &Place, email: &str, refusal: Option<&Refusal>) -> Response {
    let fields = html! {
        (pieces::row("email", "E-mail address", &html! {
            "The user is confirmed at once; nobody is mailed."
        }, &html! {
            input type="email" id="email" name="email" value=(email) required autocomplete="off"
                aria-describedby="email-help";
        }))
        (pieces::row("password", "Password", &html! { "6 to 128 characters." }, &html! {
            input type="password" id="password" name="password" required autocomplete="new-password"
                aria-describedby="password-help";
        }))
    };
    let title = "Add New User";
    let editor = Editor {
        here: Here::Users,
        list: ("/users", "Users"),
        title,
        action: "/users/new".to_owned(),
        refusal,
    };
    let content = html! {
        (editor.top(place, &html! { h1 { (title) } }))
        (editor.form(place, &fields, "Create", &html! {}))
        p class="soft" {
            "Guests need no entry here: they come by themselves. A server gets a key under "
            a href=(place.page("/auth/providers/api-key")) { "API Keys" } "."
        }
    };
    editor.page(place, &content)
}
