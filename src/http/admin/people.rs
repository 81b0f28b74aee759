//! `/api/passerby/v1/admins`, `…/admin_keys` and `…/projects`: for the owner of the data.

use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::body;
use crate::auth::{Error, NewAdmin, SeenAdmin};
use crate::http::Failure;
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::{GroupId, Role, Secret};

#[derive(Serialize)]
struct AdminView {
    #[serde(rename = "_id")]
    id: String,
    email: Option<String>,
    /// Whether it can sign in with a password.
    password: bool,
    disabled: bool,
    /// In seconds.
    created: i64,
    roles: Vec<RoleView>,
    keys: Vec<KeyView>,
}

#[derive(Serialize)]
struct RoleView {
    project: GroupId,
    role: &'static str,
}

#[derive(Serialize)]
struct KeyView {
    public_key: String,
    name: String,
    created: i64,
}

impl AdminView {
    fn of(seen: SeenAdmin) -> AdminView {
        let SeenAdmin { id, email, password, disabled, roles, keys } = seen;
        let keys = keys.into_iter().map(|(public_key, name, created)| KeyView {
            public_key,
            name,
            created: created.0,
        });
        AdminView {
            id: id.to_string(),
            email,
            password,
            disabled,
            created: id.0.created().0,
            roles: roles.into_iter().map(|(project, r)| RoleView { project, role: r.as_str() }).collect(),
            keys: keys.collect(),
        }
    }
}

/// `GET …/admins`.
pub(super) async fn list(call: Call) -> Answer {
    let admins = call.auth().admins().await.map_err(|e| call.failed(e, None))?;
    let views: Vec<AdminView> = admins.into_iter().map(AdminView::of).collect();
    Ok(reply::json(StatusCode::OK, &views))
}

#[derive(Deserialize)]
struct Create {
    email: Option<String>,
    password: Option<String>,
    role: Option<String>,
    #[serde(default)]
    projects: Vec<String>,
}

/// `POST …/admins`.
pub(super) async fn create(call: Call, request: Body) -> Answer {
    let Create { email, password, role: named, projects } = body(&call, request).await?;
    let role = match named {
        Some(text) => role(&call, &text)?,
        None => Role::Owner,
    };
    let projects = projects.iter().map(|id| project(&call, id)).collect::<Result<_, _>>()?;
    let new = NewAdmin { email, password: password.map(Secret::new), role, projects };
    let admin = call.auth().make_admin(new).await.map_err(|e| call.failed(e, None))?;
    Ok(reply::json(StatusCode::CREATED, &AdminView::of(admin)))
}

/// `PUT …/admins/{admin}/disable` and `…/enable`.
pub(super) async fn set_disabled(call: Call, Path(name): Path<String>, disabled: bool) -> Answer {
    let admin = call.auth().admin_named(&name).await.map_err(|e| call.failed(e, None))?;
    call.auth().set_admin_disabled(admin, disabled).await.map_err(|e| call.failed(e, None))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `DELETE …/admins/{admin}`.
pub(super) async fn delete(call: Call, Path(name): Path<String>) -> Answer {
    let admin = call.auth().admin_named(&name).await.map_err(|e| call.failed(e, None))?;
    call.auth().delete_admin(admin).await.map_err(|e| call.failed(e, None))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

#[derive(Deserialize)]
struct SetRole {
    /// `owner`, `read-only`, or null for none.
    role: Option<String>,
}

/// `PUT …/admins/{admin}/roles/{project}`.
pub(super) async fn set_role(call: Call, Path((name, id)): Path<(String, String)>, request: Body) -> Answer {
    let SetRole { role: named } = body(&call, request).await?;
    let role = named.map(|text| role(&call, &text)).transpose()?;
    let project = project(&call, &id)?;
    let admin = call.auth().admin_named(&name).await.map_err(|e| call.failed(e, None))?;
    call.auth().set_role(admin, project, role).await.map_err(|e| call.failed(e, None))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

#[derive(Deserialize)]
struct CreateKey {
    /// Whose; the oldest enabled administrator's when absent.
    admin: Option<String>,
    #[serde(default)]
    name: String,
}

/// `POST …/admin_keys`: the only answer that has the private key.
pub(super) async fn create_key(call: Call, request: Body) -> Answer {
    let CreateKey { admin, name } = body(&call, request).await?;
    let pair = call.auth().make_key_of(admin.as_deref(), &name).await.map_err(|e| call.failed(e, None))?;
    let told = json!({ "public_key": pair.key.public_key, "private_key": pair.private_key.expose() });
    Ok(reply::json(StatusCode::CREATED, &told))
}

/// `DELETE …/admin_keys/{public_key}`.
pub(super) async fn revoke_key(call: Call, Path(public_key): Path<String>) -> Answer {
    call.auth().revoke_admin_key(&public_key).await.map_err(|e| call.failed(e, None))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `GET …/projects`.
pub(super) async fn projects(call: Call) -> Answer {
    let projects = call.auth().projects().await.map_err(|e| call.failed(e, None))?;
    let views: Vec<_> = projects.iter().map(|p| json!({ "_id": p.id.to_string(), "name": p.name })).collect();
    Ok(reply::json(StatusCode::OK, &views))
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// `POST …/projects`.
pub(super) async fn create_project(call: Call, request: Body) -> Answer {
    let Named { name } = body(&call, request).await?;
    let made = call.auth().make_project(&name).await.map_err(|e| call.failed(e, None))?;
    Ok(reply::json(StatusCode::CREATED, &json!({ "_id": made.id.to_string(), "name": made.name })))
}

/// `PUT …/projects/{project}`.
pub(super) async fn rename_project(call: Call, Path(id): Path<String>, request: Body) -> Answer {
    let Named { name } = body(&call, request).await?;
    let id = project(&call, &id)?;
    call.auth().rename_project(id, &name).await.map_err(|e| call.failed(e, None))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

fn project(call: &Call, text: &str) -> Result<GroupId, Failure> {
    let wrong = || Error::BadParameter(format!("`{text}` is no project id: expected 24 hex digits"));
    text.parse().map_err(|_| call.failed(wrong(), None))
}

fn role(call: &Call, text: &str) -> Result<Role, Failure> {
    text.parse().map_err(|said| call.failed(Error::BadParameter(format!("`role`: {said}")), None))
}
