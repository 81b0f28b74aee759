//! What browsers need to let a page read an answer: on every answer below `/api/client`, errors included, since a
//! page that cannot read a 401 cannot refresh its token.

use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, HeaderMap, HeaderValue, ORIGIN, VARY,
};
use http::{Method, StatusCode};

use super::reply;
use crate::auth::Auth;

/// Marks an answer to a page whose origin the app does not allow.
#[derive(Clone, Copy)]
pub(super) struct Withheld;

/// Whether a path is answered across origins.
pub(super) fn applies(path: &str) -> bool {
    path.starts_with("/api/client/")
}

/// The answer to a preflight, which carries no token; `None` for any other request.
pub(super) fn preflight(auth: &Auth, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
    if method != Method::OPTIONS {
        return None;
    }
    let mut response = reply::empty(StatusCode::NO_CONTENT);
    let Some(origin) = headers.get(ORIGIN) else { return Some(response) };
    if !allows(auth, path, origin) {
        response.extensions_mut().insert(Withheld);
        return Some(response);
    }
    let allow = response.headers_mut();
    allow.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, PUT, DELETE, PATCH, OPTIONS"),
    );
    let asked = headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let asked = asked.unwrap_or(HeaderValue::from_static("Authorization, Content-Type, Accept"));
    allow.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked);
    allow.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    Some(response)
}

/// Whether the app in the path allows the origin. A path without an app, or with an unknown one, tells nothing.
fn allows(auth: &Auth, path: &str, origin: &HeaderValue) -> bool {
    let app = path.strip_prefix("/api/client/v2.0/app/").and_then(|rest| rest.split('/').next());
    let app = app.and_then(|id| auth.app(id).ok());
    app.is_none_or(|app| origin.to_str().is_ok_and(|origin| app.allows_origin(origin)))
}

/// Adds the headers, unless the answer says that they are withheld.
pub(super) fn finish(origin: Option<HeaderValue>, response: &mut Response) {
    response.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin else { return };
    if response.extensions().get::<Withheld>().is_some() {
        return;
    }
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("X-Baas-Location, X-Stitch-Location, Location, X-Appservices-Request-Id"),
    );
}
