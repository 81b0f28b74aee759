//! `…/user_registrations`: addresses that are nobody yet.

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use http::StatusCode;
use serde::Serialize;

use super::app_in_group;
use super::query::Query;
use crate::auth::{Error, Pending, Registration, SentConfirmation};
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

/// A token for whoever is to confirm; without one, nothing is left to confirm.
#[derive(Serialize)]
struct TokenView {
    #[serde(skip_serializing_if = "Option::is_none")]
    token_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl From<Option<SentConfirmation>> for TokenView {
    fn from(sent: Option<SentConfirmation>) -> TokenView {
        let (token_id, token) = sent.map(|sent| (sent.token_id, sent.token)).unzip();
        TokenView { token_id, token }
    }
}

/// `POST …/by_email/{email}/send_confirm`: a new token, which the administrator hands on.
pub(super) async fn send_confirm(call: Call, Path((group, app, by, email)): Named, request: Body) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    unread(&call, request).await?;
    by_email(&call, &by)?;
    let sent = call.auth().new_confirmation(&app, &email).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::OK, &TokenView::from(Some(sent))))
}

/// `POST …/by_email/{email}/run_confirm`: asks the app's function, if that is its way.
pub(super) async fn run_confirm(call: Call, Path((group, app, by, email)): Named, request: Body) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    unread(&call, request).await?;
    by_email(&call, &by)?;
    let sent = call.auth().run_confirmation(&app, &email).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::ACCEPTED, &TokenView::from(sent)))
}

/// `DELETE …/by_email/{email}`, and `…/by_id/{id}`.
pub(super) async fn remove(call: Call, Path((group, app, by, name)): Named) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let registration = registration(&call, &by, name)?;
    call.auth().delete_pending(&app, &registration).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// Some tools send `{}`, and a connection that is closed on what was not read loses the answer.
async fn unread(call: &Call, request: Body) -> Result<(), Failure> {
    call.bytes(request).await.map(drop).map_err(|e| call.failed(e, None))
}

/// A token is for whoever reads the mail of an address.
fn by_email(call: &Call, by: &str) -> Result<(), Failure> {
    if by == "by_email" { Ok(()) } else { Err(call.failed(Error::UserNotFound, None)) }
}

fn registration(call: &Call, by: &str, name: String) -> Result<Registration, Failure> {
    match (by, name.parse()) {
        ("by_email", _) => Ok(Registration::Email(name)),
        ("by_id", Ok(id)) => Ok(Registration::Id(id)),
        _ => Err(call.failed(Error::UserNotFound, None)),
    }
}
