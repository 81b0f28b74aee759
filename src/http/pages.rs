//! The pages beside apps, on a loopback listener of their own: an app's HTML never shares the console's origin.
//!
//! Served straight from the directory, so that an edit shows at the next load. `{app}/.passerby/app.json` tells a page
//! where the server is.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{self, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION, X_CONTENT_TYPE_OPTIONS,
};
use serde_json::json;

use super::{front, reply};
use crate::model::ClientAppId;

/// The largest file that is shown.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Which directory is shown for which app.
#[derive(Clone)]
pub struct Pages {
    /// The folder `hosting/files` of each app that has one.
    pub roots: Arc<HashMap<ClientAppId, PathBuf>>,
    /// The base URL of the client API.
    pub client_url: Arc<str>,
}

/// The routes of the listener for pages.
pub fn routes(pages: Pages) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/{app}", get(to_folder))
        .route("/{app}/", get(front_page))
        .route("/{app}/.passerby/app.json", get(app_json))
        .route("/{app}/{*path}", get(file))
        .fallback(reply::not_found)
        .layer(middleware::from_fn(of_this_machine))
        .with_state(pages)
}

/// Answers only requests that name this machine: a page whose DNS name was rebound to it reads nothing.
async fn of_this_machine(request: Request, next: Next) -> Response {
    if front::is_of_this_machine(request.headers()) {
        next.run(request).await
    } else {
        front::not_of_this_machine()
    }
}

async fn index(State(pages): State<Pages>) -> Response {
    let mut apps: Vec<&ClientAppId> = pages.roots.keys().collect();
    apps.sort();
    match apps.as_slice() {
        [only] => redirect(&format!("/{only}/")),
        several => {
            let lines: Vec<String> = several.iter().map(|app| format!("/{app}/\n")).collect();
            reply::text(StatusCode::OK, lines.concat())
        }
    }
}

async fn to_folder(State(pages): State<Pages>, extract::Path(app): extract::Path<String>) -> Response {
    if pages.roots.contains_key(app.as_str()) {
        redirect(&format!("/{app}/"))
    } else {
        reply::not_found().await
    }
}

async fn app_json(State(pages): State<Pages>, extract::Path(app): extract::Path<String>) -> Response {
    if !pages.roots.contains_key(app.as_str()) {
        return reply::not_found().await;
    }
    reply::json(StatusCode::OK, &json!({ "client_url": &*pages.client_url, "client_app_id": app }))
}

async fn front_page(state: State<Pages>, extract::Path(app): extract::Path<String>) -> Response {
    file(state, extract::Path((app, "index.html".to_owned()))).await
}

async fn file(
    State(pages): State<Pages>,
    extract::Path((app, path)): extract::Path<(String, String)>,
) -> Response {
    let Some(root) = pages.roots.get(app.as_str()).cloned() else { return reply::not_found().await };
    let kind = media_type(&path);
    let read = tokio::task::spawn_blocking(move || read(&root, &path)).await;
    let Ok(Some(bytes)) = read else { return reply::not_found().await };
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The slash takes in every path below the base URL, which may have a path of its own.
    let policy = format!(
        "default-src 'self'; img-src 'self' data:; connect-src 'self' {}/; frame-ancestors 'none'",
        pages.client_url
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A file below the root, or the `index.html` of a folder. Nothing hidden, and nothing outside, by links either.
fn read(root: &Path, path: &str) -> Option<Vec<u8>> {
    let hidden =
        |segment: &str| segment.is_empty() || segment.starts_with('.') || segment.contains(['\\', '\0']);
    let trimmed = path.trim_end_matches('/');
    if trimmed.split('/').any(hidden) {
        return None;
    }
    let root = root.canonicalize().ok()?;
    let mut found = root.join(trimmed).canonicalize().ok()?;
    if found.is_dir() {
        found = found.join("index.html").canonicalize().ok()?;
    }
    let inside =
        found.starts_with(&root) && found.metadata().ok().is_some_and(|m| m.is_file() && m.len() <= LARGEST);
    if inside { std::fs::read(found).ok() } else { None }
}

fn redirect(to: &str) -> Response {
    let mut response = reply::empty(StatusCode::TEMPORARY_REDIRECT);
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("html" | "htm") | None => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        Some(_) => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_below_the_root_is_shown() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("files");
        std::fs::create_dir_all(root.join("docs")).unwrap();
        std::fs::write(root.join("docs/index.html"), "hello").unwrap();
        std::fs::write(root.join(".hidden"), "x").unwrap();
        std::fs::write(dir.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink(dir.path().join("secret"), root.join("link")).unwrap();
        assert_eq!(read(&root, "docs/index.html"), Some(b"hello".to_vec()));
        assert_eq!(read(&root, "docs/"), Some(b"hello".to_vec()));
        for path in [
            "../secret",
            "docs/../../secret",
            "link",
            ".hidden",
            "docs/./index.html",
            "/etc/passwd",
            "",
            "a\0",
        ] {
            assert_eq!(read(&root, path), None, "{path:?}");
        }
    }
}
