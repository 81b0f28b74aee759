//! Before every request of the console: one that changes something comes from a page of the console.
//!
//! Browsers say where a form comes from, in `Sec-Fetch-Site` and, older ones, in `Origin`. The token in each form
//! ([`super::visit`]) is the second lock.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{HOST, HeaderName, ORIGIN};

use super::Console;
use super::trouble::Trouble;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

pub(super) async fn check(State(console): State<Console>, request: Request, next: Next) -> Response {
    if !request.method().is_safe() && !is_ours(request.headers(), console.http.auth.public_url()) {
        return Trouble::Forged("It was sent by another site, and nothing was done.").into_response();
    }
    next.run(request).await
}

/// Whether a request comes from a page of the same origin. What says neither is no browser, and brings no cookie that
/// somebody else could use.
fn is_ours(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text(SEC_FETCH_SITE) {
        return site == "same-origin";
    }
    let Some(origin) = text(ORIGIN) else { return true };
    let named = origin.split_once("://").map(|(_, authority)| authority);
    named.is_some() && (named == text(HOST) || public_url.strip_prefix(origin).is_some_and(is_rest_of_url))
}

fn is_rest_of_url(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_pages_of_the_console_may_change_something() {
        let ours = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs
                .iter()
                .map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)))
                .collect();
            is_ours(&headers, "https://auth.example/base")
        };
        let host = ("host", "127.0.0.1:8080");
        assert!(ours(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(ours(&[host, ("origin", "http://127.0.0.1:8080")]));
        assert!(ours(&[host, ("origin", "https://auth.example")]));
        assert!(ours(&[host]));
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            ("origin", "http://127.0.0.1:8081"),
            ("origin", "https://auth.example.evil.example"),
            ("origin", "https://auth.exampl"),
            ("origin", "null"),
            ("origin", "http://evil.example"),
        ] {
            assert!(!ours(&[host, (name, value)]), "{name}: {value}");
        }
    }
}
