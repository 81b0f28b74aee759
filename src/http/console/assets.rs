//! The style and the scripts, the only files that pages load. Their paths tell their content, so browsers keep them.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use maud::{Markup, PreEscaped};

use super::Console;

const STYLE: &str = include_str!("assets/style.css");
const SCRIPT: &str = include_str!("assets/script.js");
const TRY: &str = include_str!("assets/try.js");
const SCRIPT_TYPE: &str = "text/javascript; charset=utf-8";
/// A door that stands open.
const MARK: &str = r##"<svg viewBox="0 0 16 16" width="20" height="20" aria-hidden="true"><path fill="currentColor" d="M2 1h12v14h-2V3H4v12H2z"/><path fill="currentColor" d="M5 4l5 2v9l-5-2z" opacity=".7"/></svg>"##;
/// The same, as the icon of the tab.
pub(super) const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%2300875a' d='M2 1h12v14h-2V3H4v12H2zM5 4l5 2v9l-5-2z'/%3E%3C/svg%3E";

static STYLE_PATH: LazyLock<String> = LazyLock::new(|| format!("/console/{}.css", name(STYLE)));
static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| format!("/console/{}.js", name(SCRIPT)));
static TRY_PATH: LazyLock<String> = LazyLock::new(|| format!("/console/{}.js", name(TRY)));

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route(style_path(), get(|| async { file(STYLE, "text/css; charset=utf-8") }))
        .route(script_path(), get(|| async { file(SCRIPT, SCRIPT_TYPE) }))
        .route(try_path(), get(|| async { file(TRY, SCRIPT_TYPE) }))
}

pub(super) fn style_path() -> &'static str {
    &STYLE_PATH
}

pub(super) fn script_path() -> &'static str {
    &SCRIPT_PATH
}

pub(super) fn try_path() -> &'static str {
    &TRY_PATH
}

pub(super) fn mark() -> Markup {
    PreEscaped(MARK.to_owned())
}

fn name(content: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, content.as_bytes()).as_ref()[..9])
}

fn file(content: &'static str, kind: &'static str) -> Response {
    let mut response = Response::new(Body::from(content));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}
