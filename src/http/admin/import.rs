//! `POST /api/passerby/v1/import` and `…/apps/{app}/import`: an app directory becomes live. `POST …/diff` beside either
//! tells what that would change.

use std::collections::BTreeMap;
use std::path::Path as FilePath;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{body, parsed};
use crate::appdir::{self, Change, Export, Import, Mode, Problem, Tree};
use crate::auth::{Access, App, Arrival, Arrived, Author, Error, Foreseen};
use crate::http::Failure;
use crate::http::call::{Answer, Call};
use crate::http::error::ProblemView;
use crate::http::reply;
use crate::model::{AppConfig, AppId, ClientAppId, DeploymentId, DomainId, GroupId, ObjectId};

/// The largest body that brings a directory, however small others must be: whoever may bring one owns the project.
const LARGEST: usize = 64 * 1024 * 1024;

/// A directory on its way in.
#[derive(Deserialize)]
struct Directory {
    /// Its canonical path on this machine, by which it is known when it names no app.
    path: Option<String>,
    /// The app that it is, whatever its files say.
    client_app_id: Option<ClientAppId>,
    /// The domain that its users elsewhere named, for a new app.
    domain_id: Option<DomainId>,
    /// Whether the app stays as it is when this very directory was what was imported last.
    #[serde(default)]
    unless_known: bool,
    /// The deployment that it may replace; any, when absent.
    replaces: Option<DeploymentId>,
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

/// What would become of it.
#[derive(Serialize)]
struct Previewed<'a> {
    /// Absent when the app would get a new id.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_app_id: Option<&'a ClientAppId>,
    name: &'a str,
    config_version: u32,
    created: bool,
    changed: bool,
    /// The deployment that it would replace.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<DeploymentId>,
    /// The names of the secrets that it would set.
    secrets: Vec<String>,
    /// The files of an export that would differ, by path.
    files: Vec<FileChange>,
    warnings: Vec<ProblemView<'a>>,
    ignored: Vec<String>,
}

/// A file as it is and as it would be, in base64; absent where there is none.
#[derive(Serialize)]
struct FileChange {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

/// A directory that was read and is valid.
struct Brought {
    arrival: Arrival,
    import: Import,
    unless_known: bool,
}

/// `POST /api/passerby/v1/import`: a directory of this machine.
pub(super) async fn import(call: Call, request: Body) -> Answer {
    let brought = of_machine(&call, request).await?;
    arrive(&call, brought).await
}

/// `POST /api/passerby/v1/diff`: what it would change.
pub(super) async fn diff(call: Call, request: Body) -> Answer {
    let brought = of_machine(&call, request).await?;
    preview(&call, brought).await
}

/// `POST …/apps/{app}/import`: a directory from anywhere becomes an app that is there.
pub(super) async fn import_as(call: Call, Path(app): Path<String>, request: Body) -> Answer {
    let brought = from_anywhere(&call, &*call.app(&app)?, request).await?;
    arrive(&call, brought).await
}

/// `POST …/apps/{app}/diff`: what it would change, also for those who may only read.
pub(super) async fn diff_with(call: Call, Path(app): Path<String>, request: Body) -> Answer {
    let app = call.app(&app)?;
    let mut brought = from_anywhere(&call, &app, request).await?;
    // Whether a value is the one that the app has is for those who may set it: others could try until it is.
    if call.admin()?.check(app.group_id, Access::Write).is_err() {
        brought.arrival.secrets.clear();
    }
    preview(&call, brought).await
}

async fn of_machine(call: &Call, request: Body) -> Result<Brought, Failure> {
    let directory: Directory = body(call, request).await?;
    let Some(path) = directory.path.clone() else {
        return Err(call.failed(Error::MissingParameter("path"), None));
    };
    no_nul("path", &path).map_err(|e| call.failed(e, None))?;
    let name = FilePath::new(&path).file_name().map_or_else(|| "app".into(), |name| name.to_string_lossy());
    read(call, directory, &name)
}

async fn from_anywhere(call: &Call, app: &App, request: Body) -> Result<Brought, Failure> {
    let limit = call.http.limits.max_body.max(LARGEST);
    let bytes = call.bytes_within(request, limit).await.map_err(|error| call.failed(error, None))?;
    let mut directory: Directory = parsed(call, &bytes)?;
    directory.path = None;
    directory.client_app_id = Some(app.client_app_id.clone());
    let mut brought = read(call, directory, &app.config.name)?;
    // Should the app be gone by now, one that takes its place belongs to the project that the caller may write to.
    brought.arrival.group = Some(app.group_id);
    Ok(brought)
}

fn read(call: &Call, directory: Directory, name: &str) -> Result<Brought, Failure> {
    let tree = tree(directory.files).map_err(|e| call.failed(e, None))?;
    let import = appdir::read(&tree, name).map_err(|problems| refused(call, problems.0))?;
    let arrival = Arrival {
        client_app_id: directory.client_app_id.or(import.client_app_id.clone()),
        app_id: import.app_id,
        domain_id: directory.domain_id,
        config: import.config.clone(),
        settings_given: import.settings_given,
        files: import.files.clone(),
        secrets: import.secrets.clone(),
        directory: directory.path.map(|path| (path, tree.content_hash().to_vec())),
        group: None,
        author: Some(Author::of(call.admin()?)),
        replaces: directory.replaces,
    };
    Ok(Brought { arrival, import, unless_known: directory.unless_known })
}

/// The app that this very directory became last, if that is to be let alone.
async fn known(call: &Call, brought: &Brought) -> Result<Option<Arc<App>>, Error> {
    let Brought { arrival, import, unless_known } = brought;
    let (true, Some((path, content))) = (*unless_known, &arrival.directory) else { return Ok(None) };
    let known = call.auth().unchanged_directory(path, content, &import.secrets).await?;
    let wanted = arrival.client_app_id.as_ref();
    Ok(known.filter(|app| wanted.is_none_or(|wanted| *wanted == app.client_app_id)))
}

async fn arrive(call: &Call, brought: Brought) -> Answer {
    let known = known(call, &brought).await.map_err(|e| call.failed(e, None))?;
    let Brought { arrival, import, .. } = brought;
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

async fn preview(call: &Call, brought: Brought) -> Answer {
    let Brought { arrival, import, .. } = brought;
    let foreseen = call.auth().foresee(&arrival).await.map_err(|e| call.failed(e, None))?;
    let live = foreseen.live.as_ref().map(|live| &live.app);
    let files = changes(&arrival, &foreseen).map_err(|e| call.failed(e, None))?;
    let concerns: Vec<Problem> = foreseen.concerns.into_iter().map(Problem::from).collect();
    let previewed = Previewed {
        client_app_id: live.map(|app| &app.client_app_id).or(arrival.client_app_id.as_ref()),
        name: &foreseen.config.name,
        config_version: foreseen.config.format.number(),
        created: live.is_none(),
        changed: foreseen.changed,
        replaces: live.map(|app| app.deployment),
        secrets: foreseen.secrets,
        files,
        warnings: import.warnings.iter().chain(&concerns).map(ProblemView::of).collect(),
        ignored: import.ignored,
    };
    Ok(reply::json(StatusCode::OK, &previewed))
}

/// How an export of the app would differ. Exports hold no secrets.
fn changes(arrival: &Arrival, foreseen: &Foreseen) -> Result<Vec<FileChange>, Error> {
    let live = foreseen.live.as_ref();
    let before =
        live.map(|live| exported(&live.app.config, &live.files, &Ids::of(&live.app))).unwrap_or_default();
    let ids = match (live, &arrival.client_app_id) {
        (Some(live), _) => Ids::of(&live.app),
        (None, Some(id)) => Ids::new(id.clone()),
        (None, None) => Ids::new(a_new_id(&foreseen.config.name)?),
    };
    let after = exported(&foreseen.config, &arrival.files, &ids);
    let encoded = |bytes: Option<Vec<u8>>| bytes.map(|bytes| STANDARD.encode(bytes));
    let change =
        |Change { path, before, after }| FileChange { path, before: encoded(before), after: encoded(after) };
    Ok(appdir::changes(before, after).into_iter().map(change).collect())
}

/// What an export writes of ids.
struct Ids {
    client_app_id: ClientAppId,
    app_id: AppId,
    group_id: GroupId,
}

impl Ids {
    fn of(app: &Arc<App>) -> Ids {
        Ids { client_app_id: app.client_app_id.clone(), app_id: app.id, group_id: app.group_id }
    }

    /// Those of an app that is not there yet.
    fn new(client_app_id: ClientAppId) -> Ids {
        Ids { client_app_id, app_id: AppId(ObjectId::ZERO), group_id: GroupId(ObjectId::ZERO) }
    }
}

/// What stands for the id that a new app will get.
fn a_new_id(name: &str) -> Result<ClientAppId, Error> {
    let id = format!("{}-xxxxx", name.to_lowercase());
    id.parse().map_err(|_| Error::BadParameter(format!("an app cannot be named `{name}`")))
}

fn exported(config: &AppConfig, files: &[(String, Vec<u8>)], ids: &Ids) -> Tree {
    let Ids { client_app_id, app_id, group_id } = ids;
    let (app_id, group_id) = (*app_id, *group_id);
    let mode = Mode::Faithful;
    appdir::write(&Export { config, files, client_app_id, app_id, group_id, format: None, mode }).tree
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
