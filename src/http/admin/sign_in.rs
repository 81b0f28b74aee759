//! `/api/admin/v3.0/auth`: signing in and out, and who one is then.

use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body;
use crate::auth::{AdminCredential, AuditEntry, Error};
use crate::http::Failure;
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::{ObjectId, Secret};

/// `GET /api/private/v1.0/version`, which tools ask to see whether somebody is there.
pub(super) async fn version() -> Answer {
    Ok(reply::json(StatusCode::OK, &json!({ "version": env!("CARGO_PKG_VERSION") })))
}

/// `GET …/auth/providers`: how one signs in.
pub(super) async fn providers() -> Answer {
    let one = |n: u8, kind: &str| {
        let mut id = ObjectId::ZERO;
        id.0[11] = n;
        json!({ "_id": id.to_string(), "name": kind, "type": kind, "disabled": false })
    };
    let list = [one(1, "mongodb-cloud"), one(2, "local-userpass"), one(3, "api-key")];
    Ok(reply::json(StatusCode::OK, &list))
}

/// What the three ways send; each uses its own.
#[derive(Deserialize)]
struct Credentials {
    username: Option<String>,
    #[serde(rename = "apiKey")]
    api_key: Option<String>,
    password: Option<String>,
    key: Option<String>,
}

/// `POST …/auth/providers/{provider}/login`.
pub(super) async fn log_in(call: Call, Path(provider): Path<String>, request: Body) -> Answer {
    let given: Credentials = body(&call, request).await?;
    let credential = credential(&provider, given).map_err(|e| call.failed(e, None))?;
    let opened =
        call.auth().log_in_admin(credential, call.address).await.map_err(|e| call.failed(e, None))?;
    let entry = AuditEntry {
        project: None,
        what: "POST /api/admin/v3.0/auth/providers/{provider}/login".to_owned(),
        target: &format!("/api/admin/v3.0/auth/providers/{provider}/login"),
        status: 200,
    };
    let caller = opened.caller.caller(call.request_origin, call.address);
    call.auth().note(&caller, entry).await.map_err(|e| call.failed(e, None))?;
    let session = json!({
        "access_token": opened.access_token,
        "refresh_token": opened.refresh_token,
        "user_id": opened.admin.to_string(),
        "device_id": ObjectId::ZERO.to_string(),
    });
    Ok(reply::json(StatusCode::OK, &session))
}

fn credential(provider: &str, given: Credentials) -> Result<AdminCredential, Error> {
    let due = |value: Option<String>, name| {
        value.filter(|value| !value.is_empty()).ok_or(Error::MissingParameter(name))
    };
    match provider {
        "mongodb-cloud" => Ok(AdminCredential::KeyPair {
            public_key: due(given.username, "username")?,
            private_key: Secret::new(due(given.api_key, "apiKey")?),
        }),
        "local-userpass" => Ok(AdminCredential::Password {
            email: due(given.username, "username")?,
            password: Secret::new(due(given.password, "password")?),
        }),
        "api-key" => Ok(AdminCredential::PrivateKey(Secret::new(due(given.key, "key")?))),
        other => Err(Error::ProviderNotFound(other.to_owned())),
    }
}

/// `GET …/auth/profile`.
pub(super) async fn profile(call: Call) -> Answer {
    let caller = call.auth().admin_session(call.presented_token()).await.map_err(|e| call.failed(e, None))?;
    let profile = call.auth().admin_profile(&caller);
    let mut data = json!({ "name": profile.name });
    if let Some(email) = &profile.email {
        data["email"] = email.as_str().into();
    }
    let roles: Vec<Value> = profile
        .roles
        .iter()
        .map(|(group, role)| json!({ "role_name": role.role_name(), "group_id": group.to_string() }))
        .collect();
    let (provider, identity) = &profile.identity;
    let domain = profile.domain.to_string();
    let told = json!({
        "user_id": profile.id.to_string(),
        "domain_id": domain,
        "type": "normal",
        "identities": [{ "id": identity, "provider_type": provider, "provider_id": domain }],
        "data": data,
        "roles": roles,
    });
    Ok(reply::json(StatusCode::OK, &told))
}

/// `POST …/auth/session`: a new access token alone.
pub(super) async fn refresh(call: Call, request: Body) -> Answer {
    read(&call, request).await?;
    let caller = call.auth().admin_refresh(call.presented_token()).await.map_err(|e| call.failed(e, None))?;
    let access = call.auth().admin_access_token(&caller).map_err(|e| call.failed(e, None))?;
    Ok(reply::json(StatusCode::CREATED, &json!({ "access_token": access })))
}

/// `DELETE …/auth/session`.
pub(super) async fn log_out(call: Call, request: Body) -> Answer {
    read(&call, request).await?;
    let caller = call.auth().admin_refresh(call.presented_token()).await.map_err(|e| call.failed(e, None))?;
    call.auth().log_out_admin(&caller).await.map_err(|e| call.failed(e, None))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// Reads what nobody needs, before anything is refused.
async fn read(call: &Call, request: Body) -> Result<(), Failure> {
    call.bytes(request).await.map(drop).map_err(|e| call.failed(e, None))
}
