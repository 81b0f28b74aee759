//! `/api/admin/v3.0/auth`: who administrators are, and what they are told before they say so.

use http::StatusCode;
use serde_json::json;

use crate::http::call::Answer;
use crate::http::reply;

/// `GET /api/private/v1.0/version`, which tools ask to see whether somebody is there.
pub(super) async fn version() -> Answer {
    Ok(reply::json(StatusCode::OK, &json!({ "version": env!("CARGO_PKG_VERSION") })))
}
