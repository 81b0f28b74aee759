//! `/api/passerby/v1/apps/{app}/guest_deletion`: guests deleted in bulk, after a grace period.

use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use serde::Serialize;

use super::body;
use crate::auth::{Error, GuestDeletion, GuestDeletionState};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::AnonymousUserExpiration;

#[derive(Serialize)]
struct View {
    /// Who goes: whom this policy would have let go at `asked`.
    policy: AnonymousUserExpiration,
    asked: i64,
    begins: i64,
    /// `waiting`, `running`, `done` or `failed`.
    state: &'static str,
    /// How many went, once it is done.
    removed: Option<u64>,
}

impl From<GuestDeletion> for View {
    fn from(deletion: GuestDeletion) -> View {
        let (state, removed) = match deletion.state {
            GuestDeletionState::Waiting => ("waiting", None),
            GuestDeletionState::Running => ("running", None),
            GuestDeletionState::Done(removed) => ("done", Some(removed)),
            GuestDeletionState::Failed => ("failed", None),
            GuestDeletionState::CalledOff => ("called_off", None),
        };
        View { policy: deletion.policy, asked: deletion.asked.0, begins: deletion.begins.0, state, removed }
    }
}

/// `GET …`: the last one, or null when there was none or it was called off.
pub(super) async fn get(call: Call, Path(app): Path<String>) -> Answer {
    let app = call.app(&app)?;
    let last = call.auth().guest_deletion(&app).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::OK, &last.map(View::from)))
}

/// `POST …` `{clock, days}`: 202, and nobody is deleted for thirty seconds. 409 while another one waits or runs.
pub(super) async fn ask(call: Call, Path(app): Path<String>, request: Body) -> Answer {
    let app = call.app(&app)?;
    let policy: AnonymousUserExpiration = body(&call, request).await?;
    if !(1..=36_500).contains(&policy.days) {
        let said = format!("`days`: expected a whole number from 1 to 36500, found {}", policy.days);
        return Err(call.failed(Error::BadParameter(said), Some(&app)));
    }
    let asked = call.auth().delete_guests(&app, policy).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::ACCEPTED, &View::from(asked)))
}

/// `DELETE …`: called off, also while it runs; who is deleted by then stays so. 404 when none waits or runs.
pub(super) async fn call_off(call: Call, Path(app): Path<String>) -> Answer {
    let app = call.app(&app)?;
    call.auth().call_guest_deletion_off(&app).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
