//! Guests deleted in bulk: a dry run, then a grace period in which it can be called off.

use axum::body::Body;
use axum::response::Response;
use http::{Method, StatusCode};
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::http::console::api::Refusal;
use crate::http::console::fields::typed_whole;
use crate::http::console::json::{number, text};
use crate::http::console::page::{self, Here};
use crate::http::console::pieces;
use crate::http::console::place::Place;
use crate::http::console::trouble::Trouble;
use crate::http::form::encoded;

/// `GET …/users/bulk?clock=&days=`.
pub(super) async fn show(place: Place) -> Result<Response, Trouble> {
    shown(&place, None).await
}

async fn shown(place: &Place, refusal: Option<&Refusal>) -> Result<Response, Trouble> {
    let deletion = place.visit.api.get(&place.ours("/guest_deletion")).await?;
    let waits = matches!(text(&deletion, "state"), "waiting" | "running");
    let content = html! {
        p class="back" { a href=(place.page("/users")) { "← Users" } }
        h1 { "Delete guests in bulk" }
        @if let Some(refusal) = refusal { (pieces::refused(refusal)) }
        @if !deletion.is_null() { (state(place, &deletion)) }
        @if !waits { (dry_run(place).await) }
    };
    let status = refusal.map_or(StatusCode::OK, |refusal| refusal.status);
    let page = page::of_app_with(status, place, Here::Users, "Delete guests in bulk", &content);
    Ok(if waits { page::again_in(page, 3) } else { page })
}

/// The button that ends a deletion, for owners.
fn ending(place: &Place, label: &str) -> Markup {
    html! {
        @if place.is_owner {
            (pieces::form(&place.visit, &place.page("/users/bulk/call-off"), &html! {
                button class="primary" { (label) }
            }))
        }
    }
}

/// What was asked for, and how far it is.
fn state(place: &Place, deletion: &Value) -> Markup {
    let left = number(deletion, "begins") - place.visit.now().0;
    let whom = whom(&deletion["policy"]);
    html! {
        @match text(deletion, "state") {
            "waiting" => {
                div class="banner" role="status" {
                    p { strong { "In " (left.max(0)) " seconds" } " " (whom) " are deleted. Nobody is yet." }
                    (ending(place, "Call it off"))
                }
            }
            "running" => {
                div class="banner" role="status" {
                    p { (whom) " are being deleted." }
                    (ending(place, "Stop it"))
                }
            }
            "done" => p class="done" role="status" { (number(deletion, "removed")) " guests were deleted: " (whom) "." },
            _ => div class="refused" role="alert" { p { "It was not carried out to its end; some may be deleted. Ask for it again." } },
        }
    }
}

fn whom(policy: &Value) -> String {
    let days = number(policy, "days");
    match text(policy, "clock") {
        "age" => format!("guests who first came at least {days} days before"),
        _ => format!("guests who were not active in the last {days} days"),
    }
}

/// How many would go, and the button for it.
async fn dry_run(place: &Place) -> Markup {
    let query = &place.visit.query;
    let (clock, days) = (query.get("clock").unwrap_or("inactivity"), query.get("days").unwrap_or("30"));
    let path = format!("/expiry/preview?clock={}&days={}", encoded(clock), encoded(days));
    let found = place.visit.api.get(&place.ours(&path)).await;
    let clocks = [("inactivity", "not active for so long"), ("age", "first came so long ago")];
    html! {
        p { "Only guests: whoever was linked is never among them. Documents that they made stay." }
        form class="filters" method="get" action=(place.page("/users/bulk")) {
            label { "Guests who" select name="clock" {
                @for (value, words) in clocks { option value=(value) selected[value == clock] { (words) } }
            } }
            label { "Days" input type="number" name="days" min="1" max="36500" value=(days); }
            button { "Dry run" }
        }
        @match &found {
            Err(refusal) => (pieces::said_no(refusal)),
            Ok(preview) if number(preview, "now") == 0 => (pieces::empty("Nobody would go.", &html! {})),
            Ok(preview) => (pieces::form(&place.visit, &place.page("/users/bulk"), &html! {
                input type="hidden" name="clock" value=(clock);
                input type="hidden" name="days" value=(days);
                fieldset class="card" disabled[!place.is_owner] {
                    p { strong { (number(preview, "now")) " guests" } " would go: " (whom(&json!({ "clock": clock, "days": days.parse::<i64>().unwrap_or_default() }))) "." }
                    p class="help" { "It begins after 30 seconds, and can be called off until then." }
                    div class="actions" { button class="danger" { "Delete " (number(preview, "now")) " guests" } }
                }
            })),
        }
    }
}

/// `POST …/users/bulk`.
pub(super) async fn ask(place: Place, body: Body) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    let policy = json!({ "clock": fields.get("clock"), "days": typed_whole(&fields, "days") });
    match place.visit.api.send(Method::POST, &place.ours("/guest_deletion"), Some(&policy)).await {
        Ok(_) => Ok(page::go(&place.page("/users/bulk"))),
        Err(refusal) => shown(&place, Some(&refusal)).await,
    }
}

/// `POST …/users/bulk/call-off`.
pub(super) async fn call_off(place: Place, body: Body) -> Result<Response, Trouble> {
    place.visit.form(body).await?;
    match place.visit.api.send(Method::DELETE, &place.ours("/guest_deletion"), None).await {
        Ok(_) => Ok(page::go(&place.page("/users/bulk?done=called-off"))),
        Err(refusal) => shown(&place, Some(&refusal)).await,
    }
}
