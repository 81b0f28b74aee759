//! `…/user_registrations`: addresses that are nobody yet.

use axum::extract::{Path, RawQuery};
use http::StatusCode;
use serde::Serialize;

use super::app_in_group;
use super::query::Query;
use crate::auth::{Error, Pending, Registration};
use crate::http::call::{Answer, Call};
use crate::http::{Failure, reply};
use crate::model::{CredentialId, DomainId};

#[derive(Serialize)]
struct PendingView<'a> {
    #[serde(rename = "_id")]
    id: CredentialId,
    domain_id: DomainId,
    login_ids: [LoginId<'a>; 1],
    /// Nobody yet.
    user_id: &'static str,
}

#[derive(Serialize)]
struct LoginId<'a> {
    id_type: &'static str,
    id: &'a str,
    confirmed: bool,
}

impl<'a> PendingView<'a> {
    fn of(domain_id: DomainId, pending: &'a Pending) -> PendingView<'a> {
        let login_id = LoginId { id_type: "email", id: &pending.email, confirmed: pending.confirmed };
        PendingView { id: pending.id, domain_id, login_ids: [login_id], user_id: "" }
    }
}

/// `GET …/pending_users`: a page by ascending id.
pub(super) async fn list(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let query = Query::read(query);
    let page = query.parsed("after").and_then(|after| Ok((after, query.limit()?)));
    let (after, limit) = page.map_err(|e| call.failed(e, Some(&app)))?;
    let pending = call.auth().pending(&app, after, limit).await.map_err(|e| call.failed(e, Some(&app)))?;
    let views: Vec<PendingView<'_>> = pending.iter().map(|one| PendingView::of(app.domain_id, one)).collect();
    Ok(reply::json(StatusCode::OK, &views))
}

/// Project, app, how the registration is named, and its name.
type Named = Path<(String, String, String, String)>;

/// `POST …/by_email/{email}/confirm`, and `…/by_id/{id}/confirm`.
pub(super) async fn confirm(call: Call, Path((group, app, by, name)): Named) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let registration = registration(&call, &by, name)?;
    call.auth().confirm_pending(&app, &registration).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `DELETE …/by_email/{email}`, and `…/by_id/{id}`.
pub(super) async fn remove(call: Call, Path((group, app, by, name)): Named) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let registration = registration(&call, &by, name)?;
    call.auth().delete_pending(&app, &registration).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

fn registration(call: &Call, by: &str, name: String) -> Result<Registration, Failure> {
    match (by, name.parse()) {
        ("by_email", _) => Ok(Registration::Email(name)),
        ("by_id", Ok(id)) => Ok(Registration::Id(id)),
        _ => Err(call.failed(Error::UserNotFound, None)),
    }
}
