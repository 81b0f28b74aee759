//! Routes of parts that are not built: each says so at once, in the words that the original had for the case.

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderValue};

use crate::auth::Error;
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::ProviderType;

/// `register`, `confirm`, `reset`, …: the account endpoints of a provider, POST only.
pub(super) async fn account(
    call: Call,
    method: Method,
    Path((app, provider, _)): Path<(String, String, String)>,
) -> Answer {
    let app = call.app(&app)?;
    if method != Method::POST {
        return Ok(reply::only("POST"));
    }
    let refused = match provider.parse::<ProviderType>() {
        Ok(kind) => Error::ProviderNotServed(kind),
        Err(_) => Error::ProviderNotFound(provider),
    };
    Err(call.failed(refused, Some(&app)))
}

/// A stream begins, says that there is nothing to stream, and ends. Core and Stitch put the token into the query.
pub(super) async fn stream_function(
    mut call: Call,
    Path(app): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let query = query.unwrap_or_default();
    let in_query = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name));
    if let Some(token) = in_query("baas_at=").or_else(|| in_query("stitch_at=")) {
        call.use_token(token);
    }
    call.access(Some(&app)).await?;
    let event =
        "event: error\ndata: {\"error\":\"function not found\",\"error_code\":\"FunctionNotFound\"}\n\n";
    let mut response = Response::new(Body::from(event));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(response)
}

/// `PUT` and `DELETE` register and forget a device at a push service.
pub(super) async fn push(call: Call, method: Method, Path((app, service)): Path<(String, String)>) -> Answer {
    if !matches!(method, Method::PUT | Method::DELETE) {
        return Ok(reply::only("PUT, DELETE"));
    }
    let caller = call.access(Some(&app)).await?;
    Err(call.failed(Error::ServiceNotFound(service), Some(&caller.app)))
}
