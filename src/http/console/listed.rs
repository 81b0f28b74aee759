//! Lists of parts, which may have more than a page holds: the first of them, and any by its name.

use maud::{Markup, html};
use serde_json::Value;

use super::json::text;
use super::pieces;
use super::place::Place;

/// Parts of a kind on a page.
const SHOWN: usize = 50;
/// Characters of a name.
const NAME: usize = 100;

/// Those of a list whose name holds what is looked for, as many as a page shows; and how many more there are.
pub(super) fn shown<'a>(place: &Place, list: &'a [Value]) -> (Vec<&'a Value>, usize) {
    let wanted = wanted(place).to_lowercase();
    let found: Vec<&Value> =
        list.iter().filter(|part| text(part, "name").to_lowercase().contains(&wanted)).collect();
    let more = found.len().saturating_sub(SHOWN);
    (found.into_iter().take(SHOWN).collect(), more)
}

/// The form that finds parts by name, where there are more than a page shows.
pub(super) fn finder(place: &Place, path: &str, lists: &[&[Value]]) -> Markup {
    let wanted = wanted(place);
    html! {
        @if !wanted.is_empty() || lists.iter().any(|list| list.len() > SHOWN) {
            form class="filters" action=(place.page(path)) method="get" role="search" {
                label { "Name" input type="search" name="q" value=(wanted) spellcheck="false" autocomplete="off"; }
                button { "Find" }
                @if !wanted.is_empty() { a href=(place.page(path)) { "Show all" } }
            }
        }
    }
}

/// How many more there are.
pub(super) fn more(count: usize) -> Markup {
    html! {
        @if count > 0 { p class="soft" { (count) " more are not shown. They are found by name." } }
    }
}

/// The name of a part.
pub(super) fn name(part: &Value) -> String {
    pieces::cut(text(part, "name"), NAME).into_owned()
}

fn wanted(place: &Place) -> &str {
    place.visit.query.get("q").unwrap_or_default().trim()
}
