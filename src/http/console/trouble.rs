//! What stands in the way of a page.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::html;

use super::api::Refusal;
use super::{page, pieces};
use crate::http::Failure;
use crate::http::form::encoded;

/// What stands in the way of a page, as an answer.
pub(super) enum Trouble {
    /// Nobody is signed in. They come back to this path afterwards.
    SignedOut(String),
    /// The Admin API said no.
    Refused(Refusal),
    /// A request that no page of ours makes.
    Forged(&'static str),
    /// What the machinery refuses.
    Failed(Failure),
}

impl Trouble {
    /// There is no such part of the app.
    pub(super) fn nothing(noun: &str, id: &str) -> Trouble {
        Trouble::Refused(Refusal::of_us(StatusCode::NOT_FOUND, format!("there is no {noun} {id:?}")))
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Trouble {
        Trouble::Refused(refusal)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble::Failed(failure)
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        match self {
            Trouble::SignedOut(path) => page::go(&format!("/sign-in?then={}", encoded(&path))),
            Trouble::Refused(refusal) => {
                let title = match refusal.status {
                    StatusCode::NOT_FOUND => "Not here",
                    StatusCode::FORBIDDEN => "Not yours to do",
                    StatusCode::SERVICE_UNAVAILABLE => "Busy",
                    _ => "That did not work",
                };
                let content = html! {
                    h1 { (title) }
                    (pieces::refused(&refusal))
                    p { a href="/apps" { "To your apps" } }
                };
                page::bare(refusal.status, title, &content)
            }
            Trouble::Forged(why) => {
                let content = html! {
                    h1 { "This form is not from here" }
                    p { (why) }
                    p { a href="/apps" { "To your apps" } }
                };
                page::bare(StatusCode::FORBIDDEN, "Refused", &content)
            }
            Trouble::Failed(failure) => failure.into_response(),
        }
    }
}
