//! Routes of parts that are not built: each says so at once, in the words that the original had for the case.

use axum::extract::Path;
use http::Method;

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
    let app = call.client_app(&app)?;
    if method != Method::POST {
        return Ok(reply::only("POST"));
    }
    let refused = match provider.parse::<ProviderType>() {
        Ok(kind) => Error::ProviderNotServed(kind),
        Err(_) => Error::ProviderNotFound(provider),
    };
    Err(call.failed(refused, Some(&app)))
}

/// `PUT` and `DELETE` register and forget a device at a push service.
pub(super) async fn push(call: Call, method: Method, Path((app, service)): Path<(String, String)>) -> Answer {
    if !matches!(method, Method::PUT | Method::DELETE) {
        return Ok(reply::only("PUT, DELETE"));
    }
    let caller = call.access(Some(&app)).await?;
    Err(call.failed(Error::ServiceNotFound(service), Some(&caller.app)))
}
