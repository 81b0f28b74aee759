//! An app's home: who came, who came back, who became somebody, and who goes.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::charts::{self, Bar};
use super::json::{count, items, number, text};
use super::page::{self, Here};
use super::pieces;
use super::place::Place;
use super::providers::kinds;
use super::trouble::Trouble;
use crate::model::ProviderType;

/// Days that are looked at.
const DAYS: u32 = 30;

/// `GET …/dashboard`.
pub(super) async fn show(place: Place) -> Result<Response, Trouble> {
    let told = place.visit.api.get(&place.ours(&format!("/statistics?days={DAYS}"))).await?;
    let days = items(&told["days"]);
    let content = html! {
        h1 { (place.name) }
        (tiles(&told))
        @if sum(days, |day| number(day, "created")) == 0 && number(&told["live"], "guests") == 0 {
            (pieces::empty("No guest came yet.", &html! {
                p { a href=(place.page("/try")) { "Log one in from your browser" } ", or see the lines for your SDK there." }
            }))
        }
        section {
            h2 { "Guests of the last " (DAYS) " days" }
            (charts::funnel(&funnel(days)))
        }
        (charts::bars("Guests created", "Day", &["created"], &bars(days, |day| vec![count(day, "created")])))
        (charts::bars(
            "Logins in each of the last 60 minutes",
            "Minute",
            &["guests", "others"],
            &minutes(items(&told["logins_per_minute"])),
        ))
        (expiries(&told["upcoming_expiries"]))
    };
    Ok(page::of_app(&place, Here::Home, "Home", &content))
}

fn tiles(told: &Value) -> Markup {
    let live = &told["live"];
    let to_link = told["median_seconds_to_link"].as_u64();
    let tiles = [
        ("Guests", number(live, "guests").to_string()),
        ("People", number(live, "people").to_string()),
        ("Servers", number(live, "servers").to_string()),
        ("Median time to link", to_link.map_or("—".to_owned(), span)),
    ];
    html! {
        dl class="facts card tiles" {
            @for (name, value) in tiles { div { dt { (name) } dd { (value) } } }
        }
    }
}

/// A span of time in the unit that fits it.
fn span(seconds: u64) -> String {
    match seconds {
        s if s < 120 => format!("{s} s"),
        s if s < 2 * 3_600 => format!("{} min", s / 60),
        s if s < 2 * 86_400 => format!("{} h", s / 3_600),
        s => format!("{} days", s / 86_400),
    }
}

fn sum(days: &[Value], of: impl Fn(&Value) -> i64) -> i64 {
    days.iter().map(of).sum()
}

/// Created → returned → linked → expired.
fn funnel(days: &[Value]) -> Vec<(String, u64, String)> {
    let total = |of: &dyn Fn(&Value) -> u64| days.iter().map(of).sum::<u64>();
    let mut steps = vec![("Created".to_owned(), total(&|day| count(day, "created")), String::new())];
    for after in ["1", "7", "30"] {
        let returned = total(&|day| count(&day["returned"], after));
        steps.push((format!("Returned on day {after}"), returned, String::new()));
    }
    let linked = |kind: ProviderType| total(&|day| count(&day["linked"], kind.as_str()));
    let by_kind = kinds::ORDER.map(|kind| (kind, linked(kind)));
    let named =
        by_kind.iter().filter(|(_, n)| *n > 0).map(|(kind, n)| format!("{} {n}", kinds::short(*kind)));
    let named = named.collect::<Vec<_>>().join(", ");
    steps.push(("Linked".to_owned(), by_kind.iter().map(|(_, n)| n).sum(), named));
    let expired = total(&|day| count(day, "expired"));
    steps.push(("Expired in these days".to_owned(), expired, "of whatever age".to_owned()));
    steps
}

fn bars(days: &[Value], parts: impl Fn(&Value) -> Vec<u64>) -> Vec<Bar> {
    days.iter().map(|day| Bar { label: text(day, "day").to_owned(), parts: parts(day) }).collect()
}

fn minutes(minutes: &[Value]) -> Vec<Bar> {
    let label = |minute: &Value| text(minute, "minute").get(11..16).unwrap_or_default().to_owned();
    let bar = |minute: &Value| Bar {
        label: label(minute),
        parts: vec![count(minute, "guests"), count(minute, "others")],
    };
    minutes.iter().map(bar).collect()
}

/// Who goes and when, by a preview of the API.
pub(super) fn expiries(preview: &Value) -> Markup {
    let days = items(&preview["days"]);
    let now = count(preview, "now");
    let title =
        format!("Guests who expire in the next {} days unless they come back", days.len().saturating_sub(1));
    html! {
        @if now > 0 { p { strong { (now) } " guests are due now, and go within minutes." } }
        (charts::bars(&title, "Day", &["guests"], &bars(days, |day| vec![count(day, "guests")])))
    }
}
