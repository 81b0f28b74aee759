//! `GET /app/{app}/location`: where the SDK finds everything else.

use axum::extract::Path;
use http::StatusCode;
use serde::Serialize;

use crate::http::call::{Answer, Call};
use crate::http::reply;

/// Core up to 13 needs all four fields.
#[derive(Serialize)]
struct Location<'a> {
    deployment_model: &'a str,
    location: &'a str,
    hostname: &'a str,
    ws_hostname: String,
}

pub(super) async fn location(call: Call, Path(app): Path<String>) -> Answer {
    let app = call.client_app(&app)?;
    let hostname = call.auth().public_url();
    let location = Location {
        deployment_model: &app.config.deployment_model,
        location: &app.config.location,
        hostname,
        // `http` becomes `ws`, and `https` `wss`.
        ws_hostname: hostname.replacen("http", "ws", 1),
    };
    Ok(reply::json(StatusCode::OK, &location))
}
