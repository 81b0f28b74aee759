//! `GET /api/passerby/v1/apps/{app}/export?format=`: an app as a directory.

use std::collections::BTreeMap;

use axum::extract::{Path, RawQuery};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde::Serialize;

use super::query::Query;
use crate::appdir::{self, Export, Mode};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::{ClientAppId, DeploymentId, Format};

#[derive(Serialize)]
struct Exported<'a> {
    client_app_id: &'a ClientAppId,
    /// The version in which it leaves.
    config_version: u32,
    /// The deployment that it is of.
    deployment: DeploymentId,
    /// The files in base64, by path.
    files: BTreeMap<String, String>,
}

/// Without `format`, in the version in which it came.
pub(super) async fn export(call: Call, Path(app): Path<String>, RawQuery(query): RawQuery) -> Answer {
    let app = call.app(&app)?;
    let format: Option<Format> =
        Query::read(query).parsed("format").map_err(|e| call.failed(e, Some(&app)))?;
    let exported = call.auth().export(&app).await.map_err(|e| call.failed(e, Some(&app)))?;
    let written = appdir::write(&Export {
        config: &app.config,
        files: &exported.files,
        client_app_id: &app.client_app_id,
        app_id: app.id,
        group_id: app.group_id,
        format,
        mode: Mode::Faithful,
    });
    let files = written.tree.0.into_iter().map(|(path, bytes)| (path, STANDARD.encode(bytes))).collect();
    let config_version = format.unwrap_or(app.config.format).number();
    let exported =
        Exported { client_app_id: &app.client_app_id, config_version, deployment: app.deployment, files };
    Ok(reply::json(StatusCode::OK, &exported))
}
