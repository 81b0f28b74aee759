//! App Settings: the app's name and ids, tokens and sessions, who may call, and its end.

mod access;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::{get, post};
use http::{Method, StatusCode};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::Console;
use super::api::Refusal;
use super::fields::{typed_lines, typed_whole};
use super::home::{counted, people};
use super::json::{count, items, number, text};
use super::page::{self, Here};
use super::pieces;
use super::place::Place;
use super::trouble::Trouble;

/// What the original knows, and none.
const ENVIRONMENTS: [(&str, &str); 5] = [
    ("", "No environment"),
    ("development", "Development"),
    ("testing", "Testing"),
    ("qa", "QA"),
    ("production", "Production"),
];

/// Below `/groups/{group}/apps/{app}/settings`.
pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/", get(show))
        .route("/tokens", post(save_tokens))
        .route("/origins", post(save_origins))
        .route("/sessions", post(save_sessions))
        .route("/environment", post(save_environment))
        .route("/access", post(access::add))
        .route("/access/{entry}/delete", get(access::ask).post(access::delete))
        .route("/delete", get(ask_delete).post(delete))
}

/// `GET …/settings`.
async fn show(place: Place) -> Result<Response, Trouble> {
    shown(&place, None).await
}

async fn shown(place: &Place, refusal: Option<&Refusal>) -> Result<Response, Trouble> {
    let app = place.get("").await?;
    let settings = place.visit.api.get(&place.ours("/settings")).await?;
    let origins = place.get("/security/allowed_request_origins").await?;
    let sessions = place.get("/security/refresh_token_expiration").await?;
    let list = place.get("/security/access_list").await?;
    let content = html! {
        h1 { "App Settings" }
        @if let Some(refusal) = refusal { (pieces::refused(refusal)) }
        (general(place, &app))
        (tokens(place, &settings))
        (session_length(place, number(&sessions, "expiration_time_seconds")))
        (origins_form(place, &origins))
        (access::list(place, &list))
        @if place.is_owner {
            h2 { "The end" }
            p { a class="button danger" href=(place.page("/settings/delete")) { "Delete this app" } }
        }
    };
    let status = refusal.map_or(StatusCode::OK, |refusal| refusal.status);
    Ok(page::of_app_with(status, place, Here::Settings, "App Settings", &content))
}

/// Where to go after a change, or the page again with what is wrong.
async fn done(place: &Place, kept: Result<Value, Refusal>, word: Option<&str>) -> Result<Response, Trouble> {
    match kept {
        Ok(_) => {
            let word = match word {
                Some(word) => word,
                None => place.kept().await?,
            };
            Ok(page::go(&place.page(&format!("/settings?done={word}"))))
        }
        Err(refusal) => shown(place, Some(&refusal)).await,
    }
}

/// A form of its own, with its button.
fn card(place: &Place, path: &str, title: &str, button: &str, fields: &Markup) -> Markup {
    html! {
        h2 { (title) }
        (pieces::form(&place.visit, &place.page(path), &html! {
            fieldset class="card" disabled[!place.is_owner] {
                (fields)
                div class="actions" { button { (button) } }
            }
        }))
    }
}

fn general(place: &Place, app: &Value) -> Markup {
    card(
        place,
        "/settings/environment",
        "General",
        "Save Draft",
        &html! {
            dl class="facts" {
                div { dt { "Name" } dd { (place.name) } }
                div { dt { "App ID" } dd { (pieces::copyable(&place.client_app_id)) } }
                div { dt { "Base URL for SDKs" } dd { (pieces::copyable(place.visit.client_url())) } }
                div { dt { "Last modified" } dd { (pieces::moment(number(app, "last_modified"))) } }
            }
            (pieces::row("environment", "Environment", &html! {
                "Functions read it, and the values that it has of its own."
            }, &pieces::select("environment", text(app, "environment"), &ENVIRONMENTS)))
        },
    )
}

async fn save_environment(place: Place, body: Body) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    let chosen = json!({ "environment": fields.get("environment").unwrap_or_default() });
    let kept = place.send(Method::PUT, "/environment", &chosen).await;
    done(&place, kept, None).await
}

fn tokens(place: &Place, settings: &Value) -> Markup {
    let token = &settings["access_token"];
    card(
        place,
        "/settings/tokens",
        "Tokens and answers",
        "Save Draft",
        &html! {
            (pieces::row("form", "Access tokens", &html! {
                "Standard ones can be verified by any JWT library with the app's public keys. The original's are for "
                "backends that still check them with its secret."
            }, &pieces::select("form", text(token, "form"), &[("standard", "Standard (ES256)"), ("original", "The original's (HS256)")])))
            (pieces::row("minutes", "Good for", &html! { "Minutes, 1 to 1440. SDKs get a new one by themselves." }, &html! {
                input type="number" id="minutes" name="minutes" min="1" max="1440" value=(number(token, "minutes"))
                    aria-describedby="minutes-help";
            }))
            (pieces::row("link_errors", "Refused links answer", &html! {
                "Safe: 401 in a form on which no SDK loops. Exact: the original to the letter. Strict: 400 and 409."
            }, &pieces::select("link_errors", text(settings, "link_errors"), &[("safe", "Safe"), ("exact", "Exact"), ("strict", "Strict")])))
            (pieces::switch("log_guest_logins", "Log each guest login", settings["log_guest_logins"] == true,
                "Otherwise guests are counted, by day and platform."))
            (pieces::switch("get_login", "Log in by GET", settings["compat"]["get_login"] == true,
                "For clients of 2018. Unsafe: whatever prefetches links makes users."))
        },
    )
}

async fn save_tokens(place: Place, body: Body) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    let settings = json!({
        "access_token": { "form": fields.get("form"), "minutes": typed_whole(&fields, "minutes") },
        "link_errors": fields.get("link_errors"),
        "log_guest_logins": fields.has("log_guest_logins"),
        "compat": { "get_login": fields.has("get_login") },
    });
    let kept = place.visit.api.send(Method::PATCH, &place.ours("/settings"), Some(&settings)).await;
    done(&place, kept, None).await
}

fn session_length(place: &Place, seconds: i64) -> Markup {
    let (number, unit) = match seconds {
        s if s % 86_400 == 0 => (s / 86_400, "86400"),
        s if s % 3_600 == 0 => (s / 3_600, "3600"),
        s => (s / 60, "60"),
    };
    card(
        place,
        "/settings/sessions",
        "Refresh Token Expiration",
        "Save",
        &html! {
            (pieces::row("unit", "Sessions last", &html! {
                "30 minutes to 1825 days, for sessions that begin from now on. A guest's lasts as long as the guest. In force at once."
            }, &html! {
                input type="number" name="number" min="1" value=(number) aria-label="How many";
                " "
                (pieces::select("unit", unit, &[("60", "minutes"), ("3600", "hours"), ("86400", "days")]))
            }))
        },
    )
}

async fn save_sessions(place: Place, body: Body) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    let unit = fields.get("unit").and_then(|unit| unit.parse::<i64>().ok()).unwrap_or(60);
    let seconds = match typed_whole(&fields, "number").as_i64() {
        Some(number) => json!(number.saturating_mul(unit)),
        None => typed_whole(&fields, "number"),
    };
    let body = json!({ "expiration_time_seconds": seconds });
    let kept = place.send(Method::PUT, "/security/refresh_token_expiration", &body).await;
    done(&place, kept, Some("kept")).await
}

fn origins_form(place: &Place, origins: &Value) -> Markup {
    let lines: Vec<&str> = items(origins).iter().filter_map(Value::as_str).collect();
    card(
        place,
        "/settings/origins",
        "Allowed Request Origins",
        "Save Draft",
        &html! {
            label for="origins" { "Origins of web pages that may call, one a line" }
            p class="help" id="origins-help" { "Such as https://example.com. None means every page." }
            textarea id="origins" name="origins" spellcheck="false" aria-describedby="origins-help" { (lines.join("\n")) }
        },
    )
}

async fn save_origins(place: Place, body: Body) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    let origins: Value = typed_lines(&fields, "origins").into();
    let kept = place.send(Method::POST, "/security/allowed_request_origins", &origins).await;
    done(&place, kept, None).await
}

/// `GET …/settings/delete`.
async fn ask_delete(place: Place) -> Result<Response, Trouble> {
    let told = place.visit.api.get(&place.ours("/statistics?days=1")).await?;
    let live = &told["live"];
    let content = pieces::ask(
        &place.visit,
        &place.page("/settings/delete"),
        "Delete this app?",
        &html! {
            p {
                strong { (place.name) } " (" code { (place.client_app_id) } ") goes for good: its "
                (counted(count(live, "guests"), "guest")) " and " (people(count(live, "people"))) ", their sessions, its "
                "configuration, secrets, functions, logs and signing keys."
            }
            label for="confirm" { "Type the app's name to go on" }
            input type="text" id="confirm" name="confirm" autocomplete="off" spellcheck="false";
        },
        "Delete this app",
        &place.page("/settings"),
    );
    Ok(page::of_app(&place, Here::Settings, "Delete this app", &content))
}

/// `POST …/settings/delete`.
async fn delete(place: Place, body: Body) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    if fields.get("confirm") != Some(place.name.as_str()) {
        let refusal =
            Refusal::of_us(StatusCode::BAD_REQUEST, "the name that was typed is not the app's".to_owned());
        return shown(&place, Some(&refusal)).await;
    }
    place.send(Method::DELETE, "", &json!({})).await?;
    Ok(page::go("/apps?done=deleted"))
}
