//! `POST …/import`, `GET …/export`, `GET …/pull`, `PATCH …/push`: a whole app, in and out.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};

use super::app_in_group;
use super::query::Query;
use super::working::{Refused, change, shown, written};
use crate::appdir::{self, Mode, Payload, Problems, Strategy, Tree};
use crate::auth::{App, Error, Snapshot};
use crate::http::Failure;
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::{DeploymentId, Format, Timestamp};

/// The largest app that is imported, in bytes: beyond what any tool sends, and what one machine holds a few of.
pub(super) const MOST_BYTES: usize = 32 * 1024 * 1024;
const ZIP: HeaderValue = HeaderValue::from_static("application/zip");

/// `POST …/import[?strategy=merge|replace|replace-by-name][&diff=true]`.
pub(super) async fn import(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let query = Query::read(query);
    let strategy = strategy(query.text("strategy")).map_err(|e| call.failed(e, Some(&app)))?;
    let payload = payload(&call, &app, request, appdir::read_import).await?;
    if query.text("diff") == Some("true") {
        let before = shown(&call, &app).await?;
        let said = differences(&app, &before, &payload.tree, strategy);
        return Ok(reply::json(StatusCode::OK, &said.map_err(|refused| refused.failure(&call, &app))?));
    }
    change(&call, &app, |snapshot| lay_over(&app, snapshot, &payload.tree, strategy)).await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

fn strategy(text: Option<&str>) -> Result<Strategy, Error> {
    match text {
        None | Some("" | "merge") => Ok(Strategy::Merge),
        Some("replace") => Ok(Strategy::Replace),
        Some("replace-by-name") => Ok(Strategy::ReplaceByName),
        Some(other) => Err(Error::BadParameter(format!(
            "`strategy`: expected merge, replace or replace-by-name, found '{other}'"
        ))),
    }
}

/// The body as an app directory. A body that was lost on the way is no app without anything.
async fn payload(
    call: &Call,
    app: &Arc<App>,
    request: Body,
    read: impl Fn(&[u8]) -> Result<Payload, Problems>,
) -> Result<Payload, Failure> {
    let bytes = call.bytes_within(request, MOST_BYTES).await.map_err(|e| call.failed(e, Some(app)))?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(call.failed(Error::BadBody("the body is empty".to_owned()), Some(app)));
    }
    read(&bytes).map_err(|problems| Refused::Problems(problems.0).failure(call, app))
}

/// What an import would change, as the tools write it: what they add to every app is no change.
fn differences(
    app: &App,
    before: &Snapshot,
    given: &Tree,
    strategy: Strategy,
) -> Result<Vec<String>, Refused> {
    let mut after = before.clone();
    let merged = lay_over(app, &mut after, given, strategy)?;
    let old = written(app, before, None, Mode::SourceControl).tree;
    let mut new = written(app, &after, None, Mode::SourceControl).tree;
    new.0.extend(merged.0.into_iter().filter(|(path, _)| path == "secrets.json"));
    Ok(appdir::diff(&old, &new))
}

/// Lays a directory over what is configured; answers the two as one.
fn lay_over(app: &App, snapshot: &mut Snapshot, given: &Tree, strategy: Strategy) -> Result<Tree, Refused> {
    let wrong = |problems: Problems| Refused::Problems(problems.0);
    let current = written(app, snapshot, None, Mode::Faithful).tree;
    let merged = appdir::merge(&current, given, strategy, &snapshot.config.ids).map_err(wrong)?;
    let import = appdir::read(&merged.tree, &snapshot.config.name).map_err(wrong)?;
    let had = std::mem::replace(&mut snapshot.config, import.config);
    snapshot.config.keep_ids(&had.ids);
    if !import.settings_given {
        snapshot.config.settings = had.settings;
    }
    snapshot.files = import.files.into_iter().collect();
    snapshot.secrets = import.secrets;
    Ok(merged.tree)
}

/// `GET …/export[?version=][&source_control=true][&template=true][&deployment=]`: an archive. Without a version in the one
/// that came.
pub(super) async fn export(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let query = Query::read(query);
    let is = |name| query.text(name) == Some("true");
    let mode = match (is("template"), is("source_control")) {
        (true, _) => Mode::Template,
        (false, true) => Mode::SourceControl,
        (false, false) => Mode::Plain,
    };
    let format: Option<Format> = query.parsed("version").map_err(|e| call.failed(e, Some(&app)))?;
    let snapshot = match query.text("deployment").filter(|id| !id.is_empty()) {
        None => shown(&call, &app).await?,
        Some(id) => deployed(&call, &app, id).await?,
    };
    archive(&call, &app, &snapshot, format, mode)
}

async fn deployed(call: &Call, app: &Arc<App>, id: &str) -> Result<Snapshot, Failure> {
    let id: DeploymentId = id.parse().map_err(|_| call.failed(Error::DeploymentNotFound, Some(app)))?;
    call.auth().deployed_snapshot(app, id).await.map_err(|e| call.failed(e, Some(app)))
}

fn archive(call: &Call, app: &Arc<App>, snapshot: &Snapshot, format: Option<Format>, mode: Mode) -> Answer {
    let written = written(app, snapshot, format, mode);
    let now = call.auth().clock().now();
    let packed = appdir::write_archive(&written.tree, &written.directories, now);
    let packed =
        packed.map_err(|e| call.failed(Error::Unreadable(format!("the app to pack it: {e}")), Some(app)))?;
    let mut response = Response::new(Body::from(packed));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, ZIP);
    let name = format!("attachment; filename=\"{}_{}.zip\"", snapshot.config.name, digits(now));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// `yyyymmddHHMMSS`.
fn digits(now: Timestamp) -> String {
    now.rfc3339().chars().filter(char::is_ascii_digit).collect()
}

/// `GET …/pull`: one JSON object, or an archive for whoever asks for one.
pub(super) async fn pull(
    call: Call,
    headers: HeaderMap,
    Path((group, app)): Path<(String, String)>,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let wanted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if wanted.contains("application/zip") {
        return archive(&call, &app, &snapshot, Some(Format::V20230101), Mode::SourceControl);
    }
    let tree = written(&app, &snapshot, Some(Format::V20230101), Mode::SourceControl).tree;
    let payload = appdir::payload_of(&tree);
    let payload = payload.map_err(|problems| Refused::Problems(problems.0).failure(&call, &app))?;
    Ok(reply::json(StatusCode::OK, &payload))
}

/// `PATCH …/push`: what a pull answered, in place of everything.
pub(super) async fn push(call: Call, Path((group, app)): Path<(String, String)>, request: Body) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let payload = payload(&call, &app, request, appdir::read_push).await?;
    change(&call, &app, |snapshot| lay_over(&app, snapshot, &payload.tree, Strategy::ReplaceByName)).await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
