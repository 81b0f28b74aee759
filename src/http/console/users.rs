//! Users: who there is, who is only registered, and what may be done with them.

mod acts;
mod bulk;
mod filter;
mod new;
mod pending;
mod person;

use std::borrow::Cow;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use serde_json::Value;

use filter::Filter;

use super::Console;
use super::api::Refusal;
use super::json::{items, number, text};
use super::page::{self, Here};
use super::pieces;
use super::place::Place;
use super::providers;
use super::trouble::Trouble;

/// Users on a page.
const PAGE: usize = 50;

/// Below `/groups/{group}/apps/{app}/users`.
pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/", get(list))
        .route("/new", get(new::form).post(new::create))
        .route("/bulk", get(bulk::show).post(bulk::ask))
        .route("/bulk/call-off", post(bulk::call_off))
        .route("/pending", get(pending::list))
        .route("/pending/{registration}/{act}", get(pending::ask).post(pending::act))
        .route("/{user}", get(person::show))
        .route("/{user}/custom_data", post(acts::custom_data))
        .route("/{user}/sessions/{session}/revoke", post(acts::revoke_one))
        .route("/{user}/{act}", get(acts::ask).post(acts::act))
}

/// `GET …/users`: the newest first.
async fn list(place: Place) -> Result<Response, Trouble> {
    let filter = Filter::read(&place.visit.query);
    let found = place.get(&format!("/users?{}&limit={}", filter.asked(), PAGE + 1)).await;
    let (users, refusal) = Refusal::of_filter(found)?;
    let (shown, more) = match items(&users) {
        users if users.len() > PAGE => (&users[..PAGE], users.get(PAGE - 1)),
        users => (users, None),
    };
    let policy = Policy::of(&place).await?;
    let content = html! {
        (head(&place, false))
        (filter.form(&place))
        @if let Some(refusal) = &refusal {
            (pieces::said_no(refusal))
        } @else if shown.is_empty() {
            (nobody(&place, &filter))
        } @else {
            div class="scroll" tabindex="0" { (table(&place, shown, &policy)) }
        }
        @if let Some(last) = more {
            p class="actions" {
                a class="button" data-more href=(filter.page_after(&place, text(last, "_id"))) { "Load more" }
            }
        }
    };
    Ok(page::of_app(&place, Here::Users, "Users", &content))
}

/// The heading, the tabs, and Confirmed | Pending.
fn head(place: &Place, is_pending: bool) -> Markup {
    let switch = [(false, "Confirmed", "/users"), (true, "Pending", "/users/pending")];
    html! {
        div class="head" {
            h1 { "Users" }
            @if place.is_owner {
                div class="actions tight" {
                    a class="button" href=(place.page("/users/bulk")) { "Delete guests in bulk" }
                    a class="button primary" href=(place.page("/users/new")) { "Add New User" }
                }
            }
        }
        (providers::tabs(place))
        nav class="switch-bar" aria-label="Which users" {
            @for (pending, label, path) in switch {
                a href=(place.page(path)) aria-current=[(pending == is_pending).then_some("page")] { (label) }
            }
        }
    }
}

fn nobody(place: &Place, filter: &Filter) -> Markup {
    if filter.is_any() {
        return pieces::empty(
            "Nobody meets this filter.",
            &html! {
                p { a href=(place.page("/users")) { "Show all users" } }
            },
        );
    }
    pieces::empty(
        "Nobody came yet.",
        &html! {
            p { "The first guest is one request away:" }
            pre tabindex="0" { code {
                "curl -X POST " (place.visit.client_url()) "/api/client/v2.0/app/" (place.client_app_id)
                "/auth/providers/anon-user/login"
            } }
        },
    )
}

fn table(place: &Place, users: &[Value], policy: &Policy) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "Name" } th scope="col" { "Id" } th scope="col" { "User Type" }
                th scope="col" { "Providers" } th scope="col" { "Created Date" }
                th scope="col" { "Last Login Date" } th scope="col" { "User Status" } th scope="col" { "Enabled" }
                th scope="col" { "Actions" }
            } }
            tbody id="rows" { @for user in users { (line(place, user, policy)) } }
        }
    }
}

fn line(place: &Place, user: &Value, policy: &Policy) -> Markup {
    let id = text(user, "_id");
    let (path, seen) = (place.page(&format!("/users/{id}")), number(user, "last_authentication_date"));
    html! {
        tr {
            td class="name" { (name(user)) }
            td {
                span class="copyable" {
                    a href=(&path) { code { (id) } }
                    (pieces::copy_button(id))
                }
            }
            td { (text(user, "type")) }
            td { (kinds(user)) @if is_guest(user) { (policy.badge(user)) } }
            td { (pieces::moment(number(user, "creation_date"))) }
            td { @if seen > 0 { (pieces::moment(seen)) } @else { "never" } }
            td { "Confirmed" }
            td { (pieces::on_off(user["disabled"] == false)) }
            td class="last" {
                a class="button" href=(place.page(&format!("/logs?user_id={id}"))) {
                    "View Activity" span class="visually-hidden" { " of " (id) }
                }
            }
        }
    }
}

/// Characters of a name that are shown; an address has no more.
const NAME: usize = 254;

/// What people call a user: an address, a name, or nothing.
fn name(user: &Value) -> Cow<'_, str> {
    let data = &user["data"];
    let told = ["email", "name"].map(|key| text(data, key));
    pieces::cut(told.into_iter().find(|told| !told.is_empty()).unwrap_or_default(), NAME)
}

/// The types of its identities, in their order, each once.
fn kinds(user: &Value) -> String {
    let mut kinds: Vec<&str> = Vec::new();
    for identity in items(&user["identities"]) {
        let kind = text(identity, "provider_type");
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds.join(", ")
}

/// Whether its identities are exactly one anonymous one.
fn is_guest(user: &Value) -> bool {
    matches!(items(&user["identities"]), [only] if text(only, "provider_type") == "anon-user")
}

/// When guests go, as it is live.
struct Policy {
    clock: String,
    days: i64,
    /// The present, in days since 1970.
    today: i64,
}

impl Policy {
    async fn of(place: &Place) -> Result<Policy, Trouble> {
        let app = place.visit.api.get(&place.ours("")).await?;
        let policy = &app["anonymous_user_expiration"];
        Ok(Policy {
            clock: text(policy, "clock").to_owned(),
            days: number(policy, "days"),
            today: place.visit.now().day().0,
        })
    }

    /// How many days a guest has at least, if nothing else happens.
    fn days_left(&self, user: &Value) -> Option<i64> {
        let day = |key: &str| number(user, key).div_euclid(crate::model::DAY);
        let from = match self.clock.as_str() {
            "inactivity" => day("last_authentication_date"),
            "age" => day("creation_date"),
            _ => return None,
        };
        Some((from + self.days - self.today).max(0))
    }

    fn badge(&self, user: &Value) -> Markup {
        let left = self.days_left(user);
        html! {
            " "
            span class=(if left.is_some_and(|left| left <= 7) { "badge warn" } else { "badge" }) {
                "anonymous only"
                @match left {
                    Some(0) => " · expires today",
                    Some(1) => " · 1 day left",
                    Some(days) => { " · " (days) " days left" },
                    None => {},
                }
            }
        }
    }
}
