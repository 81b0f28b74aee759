//! `POST /api/passerby/v1/backup`: a copy of everything, written by the server.

use std::path::PathBuf;

use axum::body::Body;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::body;
use crate::http::call::{Answer, Call};
use crate::http::reply;

#[derive(Deserialize)]
struct Backup {
    /// A new file, as an absolute path.
    path: PathBuf,
}

#[derive(Serialize)]
struct BackedUp {
    path: PathBuf,
    bytes: u64,
}

pub(super) async fn back_up(call: Call, request: Body) -> Answer {
    let Backup { path } = body(&call, request).await?;
    let bytes = call.auth().back_up(path.clone()).await.map_err(|e| call.failed(e, None))?;
    Ok(reply::json(StatusCode::CREATED, &BackedUp { path, bytes }))
}
