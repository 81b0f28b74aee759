//! The frame around every page, and the headers of its answer.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY,
    REFRESH,
};
use maud::{DOCTYPE, Markup, html};

use super::api::Refusal;
use super::assets;
use super::pieces::{self, form};
use super::place::Place;
use super::visit::Visit;
use crate::http::reply;

/// Nothing from elsewhere, no script or style within a page, and no page within another.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page in the left bar.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    Home,
    Users,
    Authentication,
    Functions,
    Values,
    Triggers,
    Deployment,
    Logs,
    Settings,
    Try,
}

/// The left bar, in its order: what it says, and where that is.
const BAR: [(Here, &str, &str); 10] = [
    (Here::Home, "Home", "/dashboard"),
    (Here::Users, "Users", "/users"),
    (Here::Authentication, "Authentication", "/auth/providers"),
    (Here::Functions, "Functions", "/functions"),
    (Here::Values, "Values & Secrets", "/values"),
    (Here::Triggers, "Triggers", "/triggers"),
    (Here::Deployment, "Deployment", "/deployment"),
    (Here::Logs, "Logs", "/logs"),
    (Here::Settings, "App Settings", "/settings"),
    (Here::Try, "Try it", "/try"),
];

/// A page of an app.
pub(super) fn of_app(place: &Place, here: Here, title: &str, content: &Markup) -> Response {
    of_app_with(StatusCode::OK, place, here, title, content)
}

/// The same, with a status: what was sent is wrong, and stands in the page to be mended.
pub(super) fn of_app_with(
    status: StatusCode,
    place: &Place,
    here: Here,
    title: &str,
    content: &Markup,
) -> Response {
    let body = html! {
        div class="app" {
            nav class="bar" aria-label=(place.name) {
                p class="bar-app" {
                    strong { (place.name) }
                    (pieces::copyable(&place.client_app_id))
                }
                ul {
                    @for (item, label, path) in BAR {
                        li {
                            a href=(place.page(path)) aria-current=[(item == here).then_some("page")] { (label) }
                        }
                    }
                }
            }
            main id="main" {
                (draft_banner(place))
                (pieces::done(place.visit.query.get("done")))
                @if !place.is_owner {
                    p class="note" { "You may read here: your role in this project is read-only." }
                }
                (content)
            }
        }
    };
    document(status, &format!("{title} · {}", place.name), Some(&place.visit), &body)
}

/// A page of no app.
pub(super) fn of_visit(visit: &Visit, title: &str, content: &Markup) -> Response {
    let body = html! {
        main id="main" class="alone" {
            (pieces::done(visit.query.get("done")))
            (content)
        }
    };
    document(StatusCode::OK, title, Some(visit), &body)
}

/// A page before anybody is known.
pub(super) fn bare(status: StatusCode, title: &str, content: &Markup) -> Response {
    document(status, title, None, &html! { main id="main" class="alone narrow" { (content) } })
}

/// The same page, whose script may also call a base URL for clients.
pub(super) fn calling(mut response: Response, client_url: &str) -> Response {
    let policy = POLICY.replace("connect-src 'self'", &format!("connect-src 'self' {client_url}/"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The same page, which the browser loads again after so many seconds.
pub(super) fn again_in(mut response: Response, seconds: u32) -> Response {
    response.headers_mut().insert(REFRESH, HeaderValue::from(seconds));
    response
}

/// To another page, by a new request that is no form.
pub(super) fn go(to: &str) -> Response {
    let mut response = reply::empty(StatusCode::SEE_OTHER);
    // A path of ours is a header value, unless a page of ours is wrong.
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/apps"));
    response.headers_mut().insert(LOCATION, to);
    dressed(response)
}

/// To a page of the app, after a change that waits in a draft unless the app is told otherwise.
pub(super) async fn saved(place: &Place, path: &str) -> Result<Response, Refusal> {
    let done = place.kept().await?;
    Ok(go(&place.page(&format!("{path}?done={done}"))))
}

fn draft_banner(place: &Place) -> Markup {
    html! {
        @if place.draft.is_some() {
            div class="banner" role="status" {
                p { strong { "You have changes that are not live." } " Clients see them once they are deployed." }
                a class="button primary" href=(place.page("/deployment/review")) { "Review & Deploy" }
            }
        }
    }
}

fn document(status: StatusCode, title: &str, visit: Option<&Visit>, body: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Passerby" }
                link rel="icon" href=(assets::ICON);
                link rel="stylesheet" href=(assets::style_path());
                script src=(assets::script_path()) defer {}
            }
            body {
                a class="skip" href="#main" { "Skip to content" }
                header class="top" {
                    a class="brand" href="/apps" { (assets::mark()) "Passerby" }
                    @if let Some(visit) = visit {
                        a class="who" href="/sessions" title="Your sessions" { (visit.profile.name) }
                        (form(visit, "/sign-out", &html! { button class="quiet" { "Sign out" } }))
                    }
                }
                (body)
            }
        }
    };
    let mut response = Response::new(Body::from(page.into_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    dressed(response)
}

/// With the headers that every page carries. Pages show what only administrators may see, so nobody keeps them.
fn dressed(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Not `no-referrer`: with that, browsers send forms with an origin of `null`.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    response
}
