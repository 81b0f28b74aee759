//! Signing in, with an e-mail address and password or a key pair, and out.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::header::SET_COOKIE;
use http::{HeaderMap, Method, StatusCode, Uri};
use maud::{Markup, html};
use serde_json::json;

use super::Console;
use super::api::{Api, Refusal};
use super::trouble::Trouble;
use super::visit::{self, Visit};
use super::{page, pieces};
use crate::http::call::Call;
use crate::http::form::Fields;

/// `GET /sign-in?then=`.
pub(super) async fn form(uri: Uri) -> Response {
    let query = Fields::read(uri.query().unwrap_or_default());
    shown(StatusCode::OK, query.get("then").unwrap_or_default(), "", None)
}

/// `POST /sign-in`: opens a session of its own, whatever cookie came along.
pub(super) async fn sign_in(
    State(console): State<Console>,
    call: Call,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Trouble> {
    let fields = Fields::read(&call.text(body).await?);
    let field = |name: &str| fields.get(name).unwrap_or_default();
    let (name, secret, then) = (field("name").trim(), field("secret"), field("then"));
    // An address has an @, which no public key has.
    let (provider, credentials) = match name.contains('@') {
        true => ("local-userpass", json!({ "username": name, "password": secret })),
        false => ("mongodb-cloud", json!({ "username": name, "apiKey": secret })),
    };
    let api = Api::of_nobody(&console, &call);
    let path = format!("/api/admin/v3.0/auth/providers/{provider}/login");
    match api.send(Method::POST, &path, Some(&credentials)).await {
        Ok(opened) => {
            let token = opened["refresh_token"].as_str().unwrap_or_default();
            let is_https = visit::is_https(&headers, call.auth().public_url());
            let mut response = page::go(safe_way_back(then));
            response.headers_mut().insert(SET_COOKIE, visit::set_cookie(token, is_https));
            Ok(response)
        }
        Err(refusal) => Ok(shown(refusal.status, then, name, Some(&refusal))),
    }
}

/// `POST /sign-out`: ends the session.
pub(super) async fn sign_out(visit: Visit, body: Body) -> Result<Response, Trouble> {
    visit.form(body).await?;
    visit.end_session().await?;
    let mut response = page::go("/sign-in");
    for cookie in visit::forget_cookie() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Only ever a page of the console: anything else in `then` would lead people elsewhere, and the clients' API may lead
/// on from here. Browsers read `\` as `/`, leave tabs and line breaks out, and climb where a segment is of dots.
fn safe_way_back(then: &str) -> &str {
    let path = then.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let is_page = ["/apps", "/groups/", "/sessions"].iter().any(|page| path.starts_with(page));
    let bends = path.contains("/.") || path.contains("/%2e");
    if is_page && !bends && !then.contains(|c: char| c == '\\' || c.is_control()) { then } else { "/apps" }
}

fn shown(status: StatusCode, then: &str, name: &str, refusal: Option<&Refusal>) -> Response {
    let content: Markup = html! {
        h1 { "Sign in" }
        @if let Some(refusal) = refusal { (pieces::said_no(refusal)) }
        form method="post" action="/sign-in" class="card" {
            input type="hidden" name="then" value=(then);
            label for="name" { "E-mail address or public key" }
            input type="text" id="name" name="name" value=(name) required autocomplete="username"
                autocapitalize="none" spellcheck="false" autofocus;
            label for="secret" { "Password or private key" }
            input type="password" id="secret" name="secret" required autocomplete="current-password";
            div class="actions" { button class="primary" { "Sign in" } }
        }
        details {
            summary { "Where do I find these?" }
            p {
                "The first start of the server wrote a key pair to the file " code { "admin-key.json" }
                " in its data directory. " code { "passerby admins keys create" } " makes another one, and "
                code { "passerby admins create" } " an administrator with an address and password."
            }
        }
    };
    page::bare(status, "Sign in", &content)
}
