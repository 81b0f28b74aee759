//! `/api/passerby/v1/admin/sessions`: the open sessions of the administrator who asks.

use axum::extract::Path;
use http::StatusCode;
use serde::Serialize;

use super::session_id;
use crate::auth::SeenAdminSession;
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::SessionId;

#[derive(Serialize)]
struct SessionView {
    #[serde(rename = "_id")]
    id: SessionId,
    /// In seconds.
    created: i64,
    /// When it ends by itself, in seconds.
    expires: i64,
    /// The public key that opened it; null for a password.
    public_key: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
}

impl From<SeenAdminSession> for SessionView {
    fn from(seen: SeenAdminSession) -> SessionView {
        let SeenAdminSession { id, expires, public_key, current } = seen;
        SessionView { id, created: id.0.created().0, expires: expires.0, public_key, current }
    }
}

/// `GET …/admin/sessions`: the oldest first.
pub(super) async fn list(call: Call) -> Answer {
    let sessions = call.auth().own_admin_sessions(call.admin()?).await.map_err(|e| call.failed(e, None))?;
    let views: Vec<SessionView> = sessions.into_iter().map(SessionView::from).collect();
    Ok(reply::json(StatusCode::OK, &views))
}

/// `DELETE …/admin/sessions/{session}`.
pub(super) async fn end(call: Call, Path(session): Path<String>) -> Answer {
    let session = session_id(&call, &session)?;
    let ended = call.auth().end_own_admin_session(call.admin()?, session).await;
    ended.map_err(|e| call.failed(e, None))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
