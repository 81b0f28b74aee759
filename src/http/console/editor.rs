//! The editor of a part: its form, what is wrong with what was sent, and the way back to the list.

use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};

use super::api::Refusal;
use super::page::{self, Here};
use super::pieces;
use super::place::Place;

/// An editor, before what is edited.
pub(super) struct Editor<'a> {
    pub(super) here: Here,
    /// Where the parts are listed, and what that is called.
    pub(super) list: (&'a str, &'a str),
    pub(super) title: &'a str,
    /// Where the form is sent.
    pub(super) action: String,
    pub(super) refusal: Option<&'a Refusal>,
}

impl Editor<'_> {
    /// The page of a form alone, with the words of its button.
    pub(super) fn shown(&self, place: &Place, fields: &Markup, button: &str) -> Response {
        let content = html! {
            (self.top(place, &html! { h1 { (self.title) } }))
            (self.form(place, fields, button, &html! {}))
        };
        self.page(place, &content)
    }

    /// The way back, the heading, and why nothing was changed.
    pub(super) fn top(&self, place: &Place, heading: &Markup) -> Markup {
        let (path, words) = self.list;
        html! {
            p class="back" { a href=(place.page(path)) { "← " (words) } }
            (heading)
            @if let Some(refusal) = self.refusal { (pieces::refused(refusal)) }
        }
    }

    /// The form, with its button, the way out, and what else can be done.
    pub(super) fn form(&self, place: &Place, fields: &Markup, button: &str, more: &Markup) -> Markup {
        pieces::form(
            &place.visit,
            &place.page(&self.action),
            &html! {
                fieldset class="card" disabled[!place.is_owner] {
                    (fields)
                    div class="actions" {
                        button class="primary" { (button) }
                        a class="button" href=(place.page(self.list.0)) { "Cancel" }
                        (more)
                    }
                }
            },
        )
    }

    /// The page around it, with the status of what was sent.
    pub(super) fn page(&self, place: &Place, content: &Markup) -> Response {
        let status = self.refusal.map_or(StatusCode::OK, |refusal| refusal.status);
        page::of_app_with(status, place, self.here, self.title, content)
    }
}
