//! `…/apps/{app}/drafts`: changes that wait. `…/deployments`: what was live. `…/deploy/config`: how it comes.

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::query::Query;
use super::view::AppView;
use super::working::written;
use super::{app_in_group, body};
use crate::appdir::{self, Mode};
use crate::auth::{App, Author, DeployConfig, Deployed, Draft, Error};
use crate::http::Failure;
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::{DeploymentId, DraftId};

fn draft_view(app: &App, draft: &Draft) -> Value {
    json!({ "_id": draft.id, "user_id": draft.admin, "app": AppView::of(app) })
}

/// `GET …/drafts`: an array of none or one.
pub(super) async fn list(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let author = Author::of(call.admin()?);
    let drafts = call.auth().drafts(&app, author).await.map_err(|e| call.failed(e, Some(&app)))?;
    let views: Vec<Value> = drafts.iter().map(|draft| draft_view(&app, draft)).collect();
    Ok(reply::json(StatusCode::OK, &views))
}

pub(super) async fn begin(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let author = Author::of(call.admin()?);
    let draft = call.auth().begin_draft(&app, author).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::CREATED, &draft_view(&app, &draft)))
}

fn draft_id(call: &Call, text: &str) -> Result<DraftId, Failure> {
    text.parse().map_err(|_| call.failed(Error::DraftNotFound, None))
}

pub(super) async fn one(call: Call, Path((group, app, draft)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let (author, id) = (Author::of(call.admin()?), draft_id(&call, &draft)?);
    let draft = call.auth().draft(&app, author, id).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::OK, &draft_view(&app, &draft)))
}

pub(super) async fn discard(call: Call, Path((group, app, draft)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let (author, id) = (Author::of(call.admin()?), draft_id(&call, &draft)?);
    call.auth().discard_draft(&app, author, id).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `GET …/drafts/{draft}/diff`: what the draft changed since it was begun.
pub(super) async fn diff(call: Call, Path((group, app, draft)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let (author, id) = (Author::of(call.admin()?), draft_id(&call, &draft)?);
    let both = call.auth().draft_and_base(&app, author, id).await;
    let (base, draft) = both.map_err(|e| call.failed(e, Some(&app)))?;
    let tree = |snapshot| written(&app, snapshot, None, Mode::SourceControl).tree;
    Ok(reply::json(StatusCode::OK, &appdir::draft_diff(&tree(&base), &tree(&draft))))
}

/// `POST …/drafts/{draft}/deployment`, with `[{name}]`, `{name}` or nothing.
pub(super) async fn deploy(
    call: Call,
    Path((group, app, draft)): Path<(String, String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let (author, id) = (Author::of(call.admin()?), draft_id(&call, &draft)?);
    let said: Value = body(&call, request).await?;
    let said = said.get(0).unwrap_or(&said).get("name").and_then(Value::as_str);
    let name = said.filter(|name| !name.is_empty()).map(str::to_owned);
    let deployed = call.auth().deploy_draft(&app, author, id, name).await;
    let deployed = deployed.map_err(|e| call.failed(e, Some(&app)))?;
    // Clients wait for what they are told next; it is live already.
    Ok(reply::json(StatusCode::CREATED, &deployment_view(&app, &deployed, "created")))
}

fn deployment_view(app: &App, deployed: &Deployed, status: &str) -> Value {
    let mut view = Map::new();
    let mut put = |key: &str, value: Value| view.insert(key.to_owned(), value);
    put("_id", json!(deployed.id));
    put("name", json!(deployed.name));
    put("app_id", json!(app.id));
    if let Some(draft) = deployed.draft {
        put("draft_id", json!(draft));
    }
    if let Some(admin) = deployed.admin {
        put("user_id", json!(admin));
    }
    put("deployed_at", json!(deployed.at.0));
    put("origin", json!(deployed.origin));
    put("status", json!(status));
    for empty in ["commit", "status_error_message", "diff_url"] {
        put(empty, json!(""));
    }
    put("remote_location", json!(app.config.location));
    Value::Object(view)
}

/// `GET …/deployments[?before=&limit=&draft_id=&user_id=]`: the newest first, at most 25. The original's SDK wrote some
/// names in its own way.
pub(super) async fn deployments(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let query = Query::read(query);
    let text = |one, other| query.text(one).or_else(|| query.text(other)).filter(|text| !text.is_empty());
    let before: Option<i64> = query.parsed("before").map_err(|e| call.failed(e, Some(&app)))?;
    let limit: Option<usize> = query.parsed("limit").map_err(|e| call.failed(e, Some(&app)))?;
    let (draft, admin) = (text("draft_id", "draftId"), text("user_id", "userId"));
    let found = call.auth().deployments(&app).await.map_err(|e| call.failed(e, Some(&app)))?;
    let is = |id: Option<String>, wanted: Option<&str>| wanted.is_none() || id.as_deref() == wanted;
    let wanted = found.iter().filter(|deployed| {
        before.is_none_or(|before| deployed.at.0 < before)
            && is(deployed.draft.map(|id| id.to_string()), draft)
            && is(deployed.admin.map(|id| id.to_string()), admin)
    });
    let views: Vec<Value> = wanted
        .take(limit.unwrap_or(usize::MAX))
        .map(|deployed| deployment_view(&app, deployed, "successful"))
        .collect();
    Ok(reply::json(StatusCode::OK, &views))
}

fn deployment_id(call: &Call, text: &str) -> Result<DeploymentId, Failure> {
    text.parse().map_err(|_| call.failed(Error::DeploymentNotFound, None))
}

pub(super) async fn deployment(call: Call, Path((group, app, id)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let id = deployment_id(&call, &id)?;
    let deployed = call.auth().deployment(&app, id).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::OK, &deployment_view(&app, &deployed, "successful")))
}

/// `POST …/deployments/{deployment}/redeploy`: a new deployment of what was live then.
pub(super) async fn redeploy(call: Call, Path((group, app, id)): Path<(String, String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let (author, id) = (Author::of(call.admin()?), deployment_id(&call, &id)?);
    call.auth().redeploy_old(&app, author, id).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn deploy_config(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let config = call.auth().deploy_config(&app).await.map_err(|e| call.failed(e, Some(&app)))?;
    let mut automatic = config.automatic_deployment.clone();
    automatic.insert("enabled".to_owned(), false.into());
    automatic.entry("installation_ids").or_insert_with(|| json!([]));
    automatic.entry("last_modified").or_insert_with(|| json!(config.last_modified));
    let view = json!({
        "ui_drafts_disabled": config.ui_drafts_disabled,
        "automatic_deployment": automatic,
        "last_modified": config.last_modified,
    });
    Ok(reply::json(StatusCode::OK, &view))
}

/// `PUT|PATCH …/deploy/config`: what is given. Nothing here deploys by itself, so that is never enabled.
pub(super) async fn set_deploy_config(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.object(request, &app).await?;
    let old = call.auth().deploy_config(&app).await.map_err(|e| call.failed(e, Some(&app)))?;
    let disabled = body.get("ui_drafts_disabled").and_then(Value::as_bool);
    let automatic = body.get("automatic_deployment").and_then(Value::as_object).cloned();
    let config = DeployConfig {
        ui_drafts_disabled: disabled.unwrap_or(old.ui_drafts_disabled),
        automatic_deployment: automatic.unwrap_or(old.automatic_deployment),
        last_modified: 0,
    };
    call.auth().set_deploy_config(&app, config).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
