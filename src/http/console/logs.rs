//! Logs: what happened in the app, the newest first.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::api::Refusal;
use super::json::{items, text};
use super::page::{self, Here};
use super::pieces;
use super::place::Place;
use super::trouble::Trouble;
use crate::http::form::encoded;

/// The fields of the filter, by the name that the Admin API has for each, and what continues a page.
const FIELDS: [&str; 7] = ["type", "errors_only", "user_id", "co_id", "start_date", "end_date", "skip"];
/// Entries on a page.
const PAGE: usize = 50;
/// Characters of what a request said, where its entry is one of many; alone it is shown whole.
const SAID: usize = 200;
/// Types of entries, and their words.
const KINDS: [(&str, &str); 5] = [
    ("", "All"),
    ("AUTH", "Authentication"),
    ("API_KEY", "API keys"),
    ("FUNCTION", "Functions"),
    ("AUTH_TRIGGER", "Authentication triggers"),
];

/// `GET …/logs`.
pub(super) async fn list(place: Place) -> Result<Response, Trouble> {
    let query = &place.visit.query;
    let given: Vec<(&str, &str)> =
        FIELDS.iter().filter_map(|name| Some((*name, query.get(name)?.trim()))).collect();
    let asked: Vec<String> = given.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let found = place.get(&format!("/logs?limit={PAGE}&{}", asked.join("&"))).await;
    let (page, refusal) = Refusal::of_filter(found)?;
    let content = html! {
        h1 { "Logs" }
        (filter(&place))
        @if let Some(refusal) = &refusal { (pieces::said_no(refusal)) }
        (table(&place, items(&page["logs"])))
        @if let Some(next) = next(&place, &given, &page) {
            p class="actions" { a class="button" data-more href=(next) { "Load more" } }
        }
        p class="soft" {
            "Entries are kept for ten days unless the server is told otherwise. Guests who log in are counted on the "
            a href=(place.page("/dashboard")) { "home page" } ", not listed, unless App Settings says so."
        }
    };
    Ok(page::of_app(&place, Here::Logs, "Logs", &content))
}

fn next(place: &Place, given: &[(&str, &str)], page: &Value) -> Option<String> {
    let end = page["nextEndDate"].as_str()?;
    let kept = given.iter().filter(|(name, _)| !matches!(*name, "end_date" | "skip"));
    let mut pairs: Vec<String> = kept.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.push(format!("end_date={}", encoded(end)));
    if let Some(skip) = page["nextSkip"].as_i64() {
        pairs.push(format!("skip={skip}"));
    }
    Some(place.page(&format!("/logs?{}", pairs.join("&"))))
}

fn filter(place: &Place) -> Markup {
    let value = |name: &str| place.visit.query.get(name).unwrap_or_default().to_owned();
    html! {
        form class="filters" action=(place.page("/logs")) method="get" role="search" {
            label { "Type"
                select name="type" {
                    @for (kind, words) in KINDS { option value=(kind) selected[value("type") == kind] { (words) } }
                }
            }
            label { "Status"
                select name="errors_only" {
                    option value="" { "All" }
                    option value="true" selected[!value("errors_only").is_empty()] { "Errors" }
                }
            }
            label { "User ID" input type="search" name="user_id" value=(value("user_id")) spellcheck="false"; }
            label { "Request ID" input type="search" name="co_id" value=(value("co_id")) spellcheck="false"; }
            button { "Apply" }
        }
    }
}

/// Entries of a log.
pub(super) fn table(place: &Place, entries: &[Value]) -> Markup {
    if entries.is_empty() {
        return html! { p class="soft" { "No entries." } };
    }
    let most = if entries.len() == 1 { usize::MAX } else { SAID };
    html! {
        div class="scroll" tabindex="0" {
            table {
                thead { tr {
                    th scope="col" { "Status" } th scope="col" { "Date" } th scope="col" { "Type" }
                    th scope="col" { "Name" } th scope="col" { "Details" } th scope="col" { "User ID" }
                    th scope="col" { "Request ID" }
                } }
                tbody id="rows" { @for entry in entries { (line(place, entry, most)) } }
            }
        }
    }
}

fn line(place: &Place, entry: &Value, most: usize) -> Markup {
    let error = text(entry, "error");
    let (user, request) = (text(entry, "user_id"), text(entry, "co_id"));
    html! {
        tr class=[(!error.is_empty()).then_some("error")] {
            td {
                @if error.is_empty() { span class="badge on" { "OK" } } @else { span class="badge bad" { "Error" } }
            }
            td { (pieces::written_moment(text(entry, "started"))) }
            td { (kind(entry)) }
            td { (pieces::cut(what(entry), SAID)) }
            td class="wrap" { (details(entry, most)) }
            td {
                @if !user.is_empty() {
                    a href=(place.page(&format!("/users/{}", encoded(user)))) { code { (user) } }
                }
            }
            td { a href=(place.page(&format!("/logs?co_id={}", encoded(request)))) { code { (request) } } }
        }
    }
}

fn kind(entry: &Value) -> String {
    let words = KINDS.iter().find(|(kind, _)| *kind == text(entry, "type"));
    let words = words.map_or(text(entry, "type"), |(_, words)| words);
    match text(&entry["auth_event"], "type") {
        "" => words.to_owned(),
        event => format!("{words} → {event}"),
    }
}

/// The provider, function or trigger that it is about.
fn what(entry: &Value) -> &str {
    let event = text(&entry["auth_event"], "provider");
    let named = [event, text(entry, "function_name"), text(entry, "event_subscription_name")];
    named.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
}

fn details(entry: &Value, most: usize) -> Markup {
    let said = |key: &str| pieces::cut(text(entry, key), most).into_owned();
    let messages = items(&entry["messages"]).iter().filter_map(Value::as_str);
    let messages = messages.collect::<Vec<_>>().join("\n");
    html! {
        details {
            summary { (if text(entry, "error").is_empty() { "Show".to_owned() } else { said("error") }) }
            dl class="small" {
                dt { "Request" } dd { code { (text(entry, "request_method")) " " (said("request_url")) } }
                @if let Some(status) = entry["status"].as_i64() { dt { "Status" } dd { (status) } }
                @if !text(entry, "error_code").is_empty() { dt { "Error code" } dd { (text(entry, "error_code")) } }
                @if !text(entry, "remote_ip_address").is_empty() {
                    dt { "Address" } dd { (text(entry, "remote_ip_address")) }
                }
                @if !text(entry, "platform").is_empty() {
                    dt { "Platform" } dd { (said("platform")) " " (said("platform_version")) }
                }
                dt { "Completed" } dd { (pieces::written_moment(text(entry, "completed"))) }
            }
            @if !messages.is_empty() { pre tabindex="0" { code { (pieces::cut(&messages, most)) } } }
            @if messages.chars().count() > most {
                p class="help" { "The request's own entry, behind its id, has all of it." }
            }
        }
    }
}
