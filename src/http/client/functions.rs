//! `POST /app/{app}/functions/call`: a function of the app, as the caller. EJSON in and out.

use axum::body::Body;
use axum::extract::Path;
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use crate::auth::{Error, FunctionCall};
use crate::http::call::{Answer, Call};
use crate::http::reply;

pub(super) async fn call(call: Call, Path(app): Path<String>, headers: HeaderMap, body: Body) -> Answer {
    let caller = call.access(Some(&app)).await?;
    let failed = |error| call.failed(error, Some(&caller.app));
    let mut body = call.object(body, &caller.app).await?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let wanted = FunctionCall {
        // Nobody's name is a function that is not there.
        name: text(body.get("name")).unwrap_or_default(),
        service: text(body.get("service")),
        arguments: match body.shift_remove("arguments") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(arguments)) => arguments,
            Some(_) => return Err(failed(Error::BadBody("'arguments' is not an array".to_owned()))),
        },
        address: call.address,
        headers: shown(&headers),
    };
    let result = call.auth().call_function(&caller, wanted).await.map_err(failed)?;
    Ok(reply::json(StatusCode::OK, &result))
}

/// The headers that a function sees: not the caller's token.
fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let secret = |name: &header::HeaderName| name == header::AUTHORIZATION || name == header::COOKIE;
    let texts = headers.iter().filter(|(name, _)| !secret(name));
    texts
        .filter_map(|(name, value)| Some((canonical(name.as_str()), value.to_str().ok()?.to_owned())))
        .collect()
}

/// `user-agent` as Go wrote it: `User-Agent`.
fn canonical(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let mut letters = part.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
            .unwrap_or_default()
    });
    parts.collect::<Vec<_>>().join("-")
}
