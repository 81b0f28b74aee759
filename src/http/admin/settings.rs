//! `/api/passerby/v1/apps/{app}/settings`: what `passerby.json` says, in the caller's draft or live.

use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::working::{Refused, change, merge, shown};
use crate::auth::{Error, PartRefusal};
use crate::http::call::{Answer, Call};
use crate::http::reply;

/// `GET …/settings`: all of it, with the defaults.
pub(super) async fn get(call: Call, Path(app): Path<String>) -> Answer {
    let app = call.app(&app)?;
    let snapshot = shown(&call, &app).await?;
    Ok(reply::json(StatusCode::OK, &snapshot.config.settings))
}

/// `PATCH …/settings`: the keys that are given.
pub(super) async fn patch(call: Call, Path(app): Path<String>, request: Body) -> Answer {
    let app = call.app(&app)?;
    let body = call.object(request, &app).await?;
    change(&call, &app, |snapshot| {
        snapshot.config.settings = patched(&json!(snapshot.config.settings), &body)?;
        Ok(())
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

fn patched<T: serde::de::DeserializeOwned>(
    settings: &Value,
    body: &Map<String, Value>,
) -> Result<T, Refused> {
    let mut whole = settings.as_object().cloned().unwrap_or_default();
    merge(&mut whole, body);
    serde_json::from_value(Value::Object(whole))
        .map_err(|error| Refused::Error(Error::Part(PartRefusal::Wrong(error.to_string()))))
}
