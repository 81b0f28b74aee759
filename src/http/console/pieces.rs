//! What pages are made of.

use std::borrow::Cow;

use maud::{Markup, html};

use super::api::Refusal;
use super::place::Place;
use super::visit::{FORM_TOKEN, Visit};
use crate::model::Timestamp;

/// A form that changes something.
pub(super) fn form(visit: &Visit, action: &str, content: &Markup) -> Markup {
    html! {
        form method="post" action=(action) {
            input type="hidden" name=(FORM_TOKEN) value=(visit.form_token);
            (content)
        }
    }
}

/// A text with a button that copies it, where scripts run.
pub(super) fn copyable(text: &str) -> Markup {
    html! {
        span class="copyable" {
            code { (text) }
            (copy_button(text))
        }
    }
}

/// The button alone.
pub(super) fn copy_button(text: &str) -> Markup {
    html! {
        button type="button" class="copy" data-copy=(text) hidden {
            "Copy" span class="visually-hidden" { " " (text) }
        }
    }
}

/// The beginning of a text that somebody else made as long as they liked.
pub(super) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
    }
}

/// How many of a list are not shown, and where they are.
pub(super) fn left_out(count: usize, of: &str) -> Markup {
    html! {
        @if count > 0 {
            p class="soft" { (count) " more " (of) " not shown: a page has room for so many. The Admin API tells all." }
        }
    }
}

/// A moment: in UTC as it is sent, in the viewer's zone where scripts run, exact on hover.
pub(super) fn moment(seconds: i64) -> Markup {
    let exact = Timestamp(seconds).rfc3339();
    let shown = exact.replace('T', " ").replace('Z', " UTC");
    html! { time datetime=(exact) title=(exact) data-moment { (shown) } }
}

/// A moment as the Admin API writes it, in the same way.
pub(super) fn written_moment(text: &str) -> Markup {
    html! { time datetime=(text) title=(text) data-moment { (text) } }
}

/// On, in green, or off.
pub(super) fn on_off(on: bool) -> Markup {
    html! { span class=(if on { "badge on" } else { "badge" }) { (if on { "On" } else { "Off" }) } }
}

/// A box to tick or not, drawn as a switch.
pub(super) fn switch(name: &str, label: &str, on: bool, help: &str) -> Markup {
    html! {
        div class="row" {
            div class="row-text" {
                label for=(name) { (label) }
                @if !help.is_empty() { p class="help" id=(format!("{name}-help")) { (help) } }
            }
            input type="checkbox" class="switch" id=(name) name=(name) value="true" checked[on]
                aria-describedby=[(!help.is_empty()).then(|| format!("{name}-help"))];
        }
    }
}

/// A row of a form: a control with its label and help beside it. The control has the id `name`, and is described by
/// `{name}-help`.
pub(super) fn row(name: &str, label: &str, help: &Markup, control: &Markup) -> Markup {
    html! {
        div class="row" {
            div class="row-text" {
                label for=(name) { (label) }
                p class="help" id=(format!("{name}-help")) { (help) }
            }
            div class="row-control" { (control) }
        }
    }
}

/// One of several: value and words of each.
pub(super) fn select(name: &str, chosen: &str, options: &[(&str, &str)]) -> Markup {
    html! {
        select id=(name) name=(name) aria-describedby=(format!("{name}-help")) {
            @for (value, words) in options {
                option value=(value) selected[*value == chosen] { (words) }
            }
        }
    }
}

/// Why something cannot be shown.
pub(super) fn said_no(refusal: &Refusal) -> Markup {
    html! { div class="refused" role="alert" { p { (refusal.error) } } }
}

/// Why something was not done.
pub(super) fn refused(refusal: &Refusal) -> Markup {
    html! {
        div class="refused" role="alert" {
            p { strong { "Nothing was changed. " } (refusal.error) }
            @if !refusal.problems.is_empty() {
                ul { @for problem in &refusal.problems { li { (finding(problem)) } } }
            }
        }
    }
}

/// A finding about a configuration, in which names of files and keys stand between backticks.
pub(super) fn finding(text: &str) -> Markup {
    html! {
        @for (n, part) in text.split('`').enumerate() {
            @if n % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// What was done, by the word that the page before handed over.
pub(super) fn done(word: Option<&str>) -> Markup {
    let said = match word {
        Some("saved") => "Saved in your draft. It is live once you deploy it.",
        Some("live") => "Saved, and live.",
        Some("gone") => "Deleted.",
        Some("deployed") => "Deployed. Clients see it from now on.",
        Some("added") => "The user is there, and may log in.",
        Some("enabled") => "The user may log in again.",
        Some("disabled") => "The user is logged out everywhere, and kept out.",
        Some("revoked") => "Logged out, from the next request on.",
        Some("deleted") => "Deleted.",
        Some("confirmed") => "Confirmed. The first login makes the user.",
        Some("ran") => "The user confirmation ran.",
        Some("kept") => "Saved, and in force.",
        Some("ended") => "That session is over.",
        Some("called-off") => "Called off: nobody more is deleted.",
        Some("discarded") => "The draft is gone. What is live did not change.",
        Some("redeployed") => "Deployed again. Clients see it from now on.",
        _ => return html! {},
    };
    html! { p class="done" role="status" { (said) } }
}

/// Nothing is here, and what to do about it.
pub(super) fn empty(title: &str, advice: &Markup) -> Markup {
    html! { div class="empty" { p { strong { (title) } } (advice) } }
}

/// The ways to the editor of a part and to its end, for whoever may change it.
pub(super) fn edit_and_delete(place: &Place, page: &str, name: &str) -> Markup {
    html! {
        div class="actions tight" {
            a class="button" href=(page) {
                (if place.is_owner { "Edit" } else { "View" }) span class="visually-hidden" { " " (name) }
            }
            (delete_link(place, page, name))
        }
    }
}

/// The way to the end of a part, for whoever may take it.
pub(super) fn delete_link(place: &Place, page: &str, name: &str) -> Markup {
    html! {
        @if place.is_owner {
            a class="button" href=(format!("{page}/delete")) {
                "Delete" span class="visually-hidden" { " " (name) }
            }
        }
    }
}

/// Before something is destroyed: what goes, and the way back.
pub(super) fn ask(
    visit: &Visit,
    action: &str,
    question: &str,
    what: &Markup,
    button: &str,
    back: &str,
) -> Markup {
    html! {
        h1 { (question) }
        div class="card" {
            (form(visit, action, &html! {
                (what)
                div class="actions" {
                    button class="danger" { (button) }
                    a class="button" href=(back) { "Cancel" }
                }
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_findings_are_code_and_nothing_in_them_is_markup() {
        let shown = finding("expected `config.clientId`, found <b>").into_string();
        assert_eq!(shown, "expected <code>config.clientId</code>, found &lt;b&gt;");
    }
}
