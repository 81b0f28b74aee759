//! One user: identities and what they tell, sessions, custom data, activity.

use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::{Policy, is_guest, kinds, name};
use crate::http::console::json::{items, number, pretty, text};
use crate::http::console::logs;
use crate::http::console::page::{self, Here};
use crate::http::console::pieces;
use crate::http::console::place::Place;
use crate::http::console::trouble::Trouble;
use crate::http::form::encoded;

/// Entries of the log that are shown.
const ENTRIES: usize = 10;
/// Identities that are shown, and fields of each.
const IDENTITIES: usize = 10;
const FIELDS: usize = 20;
/// Sessions that are shown: the newest.
const SESSIONS: usize = 25;
/// Characters of what a token or a device said.
const SAID: usize = 100;

/// `GET …/users/{user}`.
pub(super) async fn show(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let user = place.visit.api.get(&place.ours(&format!("/users/{}", encoded(&id)))).await?;
    let policy = Policy::of(&place).await?;
    let activity = place.get(&format!("/logs?user_id={}&limit={ENTRIES}", encoded(&id))).await?;
    let name = name(&user);
    let title = match &*name {
        "" if is_guest(&user) => "Guest",
        "" => "User",
        name => name,
    };
    let content = html! {
        p class="back" { a href=(place.page("/users")) { "← Users" } }
        h1 { (title) }
        p { (pieces::copyable(text(&user, "_id"))) }
        (facts(&user, &policy))
        (acts(&place, &user))
        h2 { "Identities" }
        (identities(&user))
        h2 { "Sessions" }
        (sessions(&place, &user))
        h2 { "Custom data" }
        (custom_data(&place, &user))
        h2 { "Activity" }
        (logs::table(&place, items(&activity["logs"])))
        p { a href=(place.page(&format!("/logs?user_id={}", encoded(&id)))) { "All of it in the logs" } }
    };
    Ok(page::of_app(&place, Here::Users, title, &content))
}

fn facts(user: &Value, policy: &Policy) -> Markup {
    let seen = number(user, "last_authentication_date");
    let left = is_guest(user).then(|| policy.days_left(user));
    html! {
        dl class="facts card" {
            div { dt { "User Type" } dd { (text(user, "type")) } }
            div { dt { "Providers" } dd { (kinds(user)) } }
            div { dt { "Created" } dd { (pieces::moment(number(user, "creation_date"))) } }
            div { dt { "Last login" } dd { @if seen > 0 { (pieces::moment(seen)) } @else { "never" } } }
            div { dt { "Enabled" } dd { (pieces::on_off(user["disabled"] == false)) } }
            div { dt { "Expires" } dd {
                @match left {
                    Some(Some(days)) => { "in " (days) " days, unless the guest comes back or is linked" },
                    Some(None) => "never: the app keeps guests",
                    None => "never: no guest any more",
                }
            } }
        }
    }
}

fn acts(place: &Place, user: &Value) -> Markup {
    let path = |act: &str| place.page(&format!("/users/{}/{act}", text(user, "_id")));
    html! {
        @if place.is_owner {
            div class="actions" {
                @if user["disabled"] == true {
                    (pieces::form(&place.visit, &path("enable"), &html! { button { "Enable User" } }))
                } @else {
                    a class="button" href=(path("disable")) { "Disable User" }
                }
                a class="button" href=(path("logout")) { "Revoke all sessions" }
                a class="button" href=(path("delete")) { "Delete User" }
            }
        }
    }
}

fn identities(user: &Value) -> Markup {
    let (identities, data) = (items(&user["identities"]), items(&user["identity_data"]));
    html! {
        div class="scroll" tabindex="0" {
            table {
                thead { tr { th scope="col" { "Provider" } th scope="col" { "Id" } th scope="col" { "Provider Data" } } }
                tbody {
                    @for (n, identity) in identities.iter().take(IDENTITIES).enumerate() {
                        tr {
                            td { (text(identity, "provider_type")) }
                            td { code { (pieces::cut(text(identity, "id"), SAID)) } }
                            td class="wrap" { (fields(data.get(n))) }
                        }
                    }
                }
            }
        }
        (pieces::left_out(identities.len().saturating_sub(IDENTITIES), "identities are"))
    }
}

/// Field and value of each.
fn fields(data: Option<&Value>) -> Markup {
    let fields = data.and_then(Value::as_object);
    let count = fields.map_or(0, serde_json::Map::len);
    html! {
        @for (field, value) in fields.into_iter().flatten().take(FIELDS) {
            div class="field" {
                span class="soft" { (field) } " "
                @match value.as_str() {
                    Some(text) => (pieces::cut(text, SAID)),
                    None => code { (pieces::cut(&value.to_string(), SAID)) },
                }
            }
        }
        (pieces::left_out(count.saturating_sub(FIELDS), "fields are"))
    }
}

fn sessions(place: &Place, user: &Value) -> Markup {
    let sessions = items(&user["sessions"]);
    if sessions.is_empty() {
        return html! { p class="soft" { "None is open." } };
    }
    let older = sessions.len().saturating_sub(SESSIONS);
    html! {
        div class="scroll" tabindex="0" {
            table {
                thead { tr {
                    th scope="col" { "Began" } th scope="col" { "Provider" } th scope="col" { "Platform" }
                    th scope="col" { "App Version" } th scope="col" { "Device Id" } th scope="col" { "Ends" }
                    th scope="col" { "Actions" }
                } }
                tbody {
                    @for session in sessions.iter().skip(older) { (session_line(place, text(user, "_id"), session)) }
                }
            }
        }
        (pieces::left_out(older, "that began before these are"))
    }
}

fn session_line(place: &Place, user: &str, session: &Value) -> Markup {
    let (device, id) = (&session["device"], text(session, "_id"));
    let said = |key: &str| pieces::cut(text(device, key), SAID / 2).into_owned();
    html! {
        tr {
            td { (pieces::moment(number(session, "creation_date"))) }
            td { (text(session, "provider_type")) }
            td { (said("platform")) " " (said("platformVersion")) }
            td { (said("appVersion")) }
            td { code { (text(session, "device_id")) } }
            td { @match session["expires"].as_i64() { Some(at) => (pieces::moment(at)), None => "with the guest" } }
            td {
                @if place.is_owner {
                    (pieces::form(&place.visit, &place.page(&format!("/users/{user}/sessions/{id}/revoke")), &html! {
                        button { "Revoke" span class="visually-hidden" { " the session " (id) } }
                    }))
                }
            }
        }
    }
}

fn custom_data(place: &Place, user: &Value) -> Markup {
    let (id, data) = (text(user, "_id"), &user["custom_data"]);
    let shown = if data.is_null() { String::new() } else { pretty(data) };
    pieces::form(
        &place.visit,
        &place.page(&format!("/users/{id}/custom_data")),
        &html! {
            fieldset class="card" disabled[!place.is_owner] {
                label for="custom_data" { "A JSON object" }
                p class="help" id="custom_data-help" { "Apps read it in the access token and the profile. Empty removes it." }
                textarea id="custom_data" name="custom_data" spellcheck="false" aria-describedby="custom_data-help" {
                    (shown)
                }
                div class="actions" { button { "Save" } }
            }
        },
    )
}
