//! `GET /api/passerby/v1/examine`: `[{name, finding, well}]`.

use http::StatusCode;

use crate::http::call::{Answer, Call};
use crate::http::reply;

pub(super) async fn examine(call: Call) -> Answer {
    let findings = call.auth().examine().await.map_err(|e| call.failed(e, None))?;
    Ok(reply::json(StatusCode::OK, &findings))
}
