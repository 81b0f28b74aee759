//! `POST /api/passerby/v1/import`: an app directory becomes live.

use std::collections::BTreeMap;
use std::path::Path;

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::body;
use crate::appdir::{self, Problem, Tree};
use crate::auth::{Arrival, Arrived, Author, Error};
use crate::http::Failure;
use crate::http::call::{Answer, Call};
use crate::http::error::ProblemView;
use crate::http::reply;
use crate::model::{ClientAppId, DomainId};

/// A directory on its way in.
#[derive(Deserialize)]
struct Directory {
    /// Its canonical path, by which it is known when it names no app.
    path: String,
    /// The app that it is, whatever its files say.
    client_app_id: Option<ClientAppId>,
    /// The domain that its users elsewhere named, for a new app.
    domain_id: Option<DomainId>,
    /// Whether the app stays as it is when this very directory was what was imported last.
    #[serde(default)]
    unless_known: bool,
    /// Its files in base64, by path.
    files: BTreeMap<String, String>,
}

/// What became of it.
#[derive(Serialize)]
struct Imported<'a> {
    client_app_id: &'a ClientAppId,
    name: &'a str,
    /// The version in which it came.
    config_version: u32,
    /// Whether the app is new.
    created: bool,
    /// Whether anything changed.
    changed: bool,
    /// What was put right or left out.
    warnings: Vec<ProblemView<'a>>,
    /// Files that are no part of the app.
    ignored: Vec<String>,
}

pub(super) async fn import(call: Call, request: Body) -> Answer {
    let directory: Directory = body(&call, request).await?;
    let tree = no_nul("path", &directory.path).and_then(|()| tree(directory.files));
    let tree = tree.map_err(|e| call.failed(e, None))?;
    let name =
        Path::new(&directory.path).file_name().map_or_else(|| "app".into(), |name| name.to_string_lossy());
    let import = match appdir::read(&tree, &name) {
        Ok(import) => import,
        Err(problems) => return Err(refused(&call, problems.0)),
    };
    let content = tree.content_hash().to_vec();
    let known = match directory.unless_known {
        true => call.auth().unchanged_directory(&directory.path, &content, &import.secrets).await,
        false => Ok(None),
    };
    let wanted = directory.client_app_id.or(import.client_app_id);
    let known = known.map_err(|e| call.failed(e, None))?;
    let known = known.filter(|app| wanted.as_ref().is_none_or(|wanted| *wanted == app.client_app_id));
    let arrival = Arrival {
        client_app_id: wanted,
        app_id: import.app_id,
        domain_id: directory.domain_id,
        config: import.config,
        settings_given: import.settings_given,
        files: import.files,
        secrets: import.secrets,
        directory: Some((directory.path, content)),
        group: None,
        author: Some(Author::of(call.admin()?)),
    };
    let arrived = match known {
        Some(app) => Ok(Arrived { app, created: false, changed: false }),
        None => call.auth().arrive(arrival).await,
    };
    let arrived = arrived.map_err(|e| call.failed(e, None))?;
    // Whether they can be read or not, it is live.
    let foreseen = call.auth().concerns(&arrived.app).await.unwrap_or_default();
    let foreseen: Vec<Problem> = foreseen.into_iter().map(Problem::from).collect();
    let imported = Imported {
        client_app_id: &arrived.app.client_app_id,
        name: &arrived.app.config.name,
        config_version: arrived.app.config.format.number(),
        created: arrived.created,
        changed: arrived.changed,
        warnings: import.warnings.iter().chain(&foreseen).map(ProblemView::of).collect(),
        ignored: import.ignored,
    };
    Ok(reply::json(StatusCode::OK, &imported))
}

fn refused(call: &Call, problems: Vec<Problem>) -> Failure {
    call.failed(Error::InvalidDirectory(problems.len()), None).with_problems(problems)
}

fn tree(files: BTreeMap<String, String>) -> Result<Tree, Error> {
    let decoded = files.into_iter().map(|(path, text)| {
        no_nul("files", &path)?;
        match STANDARD.decode(text) {
            Ok(bytes) => Ok((path, bytes)),
            Err(_) => Err(Error::BadParameter(format!("`files`: {path} is not base64"))),
        }
    });
    Ok(Tree(decoded.collect::<Result<_, _>>()?))
}

/// No file system has such a path, and no store takes such a text.
fn no_nul(parameter: &str, path: &str) -> Result<(), Error> {
    if path.contains('\0') {
        return Err(Error::BadParameter(format!("`{parameter}`: a path holds no U+0000")));
    }
    Ok(())
}
