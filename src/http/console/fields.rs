//! Fields of forms: how they are drawn, and how what was typed in them is read.

use maud::{Markup, html};
use serde_json::Value;

use super::pieces::row;
use crate::http::form::Fields;

/// A line of text.
pub(super) fn text(name: &str, label: &str, help: &str, value: &str) -> Markup {
    row(
        name,
        label,
        &html! { (help) },
        &html! {
            input type="text" id=(name) name=(name) value=(value) autocomplete="off" spellcheck="false"
                aria-describedby=(format!("{name}-help"));
        },
    )
}

/// A text of several lines.
pub(super) fn area(name: &str, label: &str, help: &str, value: &str, rows: u8) -> Markup {
    row(name, label, &html! { (help) }, &bare_area(name, value, rows))
}

/// The same across the whole form, for code.
pub(super) fn wide_area(name: &str, label: &str, help: &str, value: &str, rows: u8) -> Markup {
    html! {
        div class="wide" {
            label for=(name) { (label) }
            p class="help" id=(format!("{name}-help")) { (help) }
            (bare_area(name, value, rows))
        }
    }
}

/// The line break that browsers drop at the beginning is one of ours.
fn bare_area(name: &str, value: &str, rows: u8) -> Markup {
    html! {
        textarea id=(name) name=(name) rows=(rows) autocomplete="off" spellcheck="false"
            aria-describedby=(format!("{name}-help")) { "\n" (value) }
    }
}

/// One of several, each with a sentence: value, words and help.
pub(super) fn radios(name: &str, legend: &str, chosen: &str, options: &[(&str, &str, &str)]) -> Markup {
    html! {
        fieldset class="choice" {
            legend { (legend) }
            @for (value, words, help) in options {
                @let id = format!("{name}-{value}");
                div {
                    input type="radio" id=(id) name=(name) value=(value) checked[*value == chosen]
                        aria-describedby=[(!help.is_empty()).then(|| format!("{id}-help"))];
                    label for=(id) { (words) }
                    @if !help.is_empty() { p class="help" id=(format!("{id}-help")) { (help) } }
                }
            }
        }
    }
}

/// Any of several: the name, the words, and whether it is ticked.
pub(super) fn boxes(legend: &str, help: &str, options: &[(String, &str, bool)]) -> Markup {
    html! {
        fieldset class="choice" {
            legend { (legend) }
            @if !help.is_empty() { p class="help" { (help) } }
            div class="boxes" {
                @for (name, words, on) in options {
                    label { input type="checkbox" name=(name) value="true" checked[*on]; " " (words) }
                }
            }
        }
    }
}

/// More names than that are no choice: one is typed.
const MOST_CHOICES: usize = 200;

/// A name among those that are there, or none. One that is chosen and not there stands among them, so that it is kept.
pub(super) fn named(name: &str, chosen: &str, known: &[&str]) -> Markup {
    if known.len() > MOST_CHOICES {
        return html! {
            input type="text" id=(name) name=(name) value=(chosen) autocomplete="off" spellcheck="false"
                aria-describedby=(format!("{name}-help"));
        };
    }
    html! {
        select id=(name) name=(name) aria-describedby=(format!("{name}-help")) {
            option value="" selected[chosen.is_empty()] { "None" }
            @if !chosen.is_empty() && !known.contains(&chosen) {
                option value=(chosen) selected { (chosen) " (not there)" }
            }
            @for known in known { option value=(known) selected[*known == chosen] { (known) } }
        }
    }
}

/// What was typed in a field, without the space around it.
pub(super) fn typed<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.get(name).unwrap_or_default().trim()
}

/// The same, or null when that is nothing.
pub(super) fn typed_or_null(fields: &Fields, name: &str) -> Value {
    match typed(fields, name) {
        "" => Value::Null,
        text => text.into(),
    }
}

/// The lines of a text that hold something.
pub(super) fn typed_lines(fields: &Fields, name: &str) -> Vec<String> {
    let lines = typed(fields, name).lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// A whole number, or what was typed instead: the API says what is wrong with it.
pub(super) fn typed_whole(fields: &Fields, name: &str) -> Value {
    let typed = typed(fields, name);
    typed.parse::<i64>().map_or_else(|_| typed.into(), Value::from)
}

/// A whole text, whose line breaks browsers send as two characters.
pub(super) fn typed_text(fields: &Fields, name: &str) -> String {
    fields.get(name).unwrap_or_default().replace("\r\n", "\n")
}

/// A JSON value, or what is wrong with it.
pub(super) fn typed_json(fields: &Fields, name: &str, label: &str) -> Result<Value, String> {
    serde_json::from_str(typed(fields, name)).map_err(|error| format!("{label} is not JSON: {error}"))
}
