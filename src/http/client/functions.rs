//! `/app/{app}/functions/call`: a function of the app, as the caller. EJSON in and out; with `GET` as a stream of events,
//! of which we know none but the error.

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use percent_encoding::percent_decode_str;
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

/// A stream begins, says why there is nothing to stream, and ends. Core and Stitch put the token into the query.
pub(super) async fn stream(mut call: Call, Path(app): Path<String>, RawQuery(query): RawQuery) -> Answer {
    let query = query.unwrap_or_default();
    let either = |ours: &str, older: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(name, _)| *name == ours || *name == older).map(|(_, value)| value).next()
    };
    if let Some(token) = either("baas_at", "stitch_at") {
        call.use_token(token);
    }
    let caller = call.access(Some(&app)).await?;
    let why = match either("baas_request", "stitch_request").map(streamed) {
        None => Error::FunctionNotFound,
        Some(None) => Error::BadBody("'baas_request' is not an object in base64".to_owned()),
        Some(Some(wanted)) => {
            let text = |name: &str| wanted.get(name).and_then(Value::as_str).map(str::to_owned);
            call.auth().unstreamable(&caller, text("name").unwrap_or_default(), text("service"))
        }
    };
    let event = format!("event: error\ndata: {}\n\n", call.failed(why, Some(&caller.app)).event_data());
    let mut response = Response::new(Body::from(event));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(response)
}

/// What the query of a stream asks for.
fn streamed(encoded: &str) -> Option<Value> {
    let base64: Vec<u8> = percent_decode_str(encoded).collect();
    serde_json::from_slice(&STANDARD.decode(base64).ok()?).ok().filter(Value::is_object)
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
