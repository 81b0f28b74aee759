//! `DELETE /auth/delete`: the caller deletes itself.

use http::StatusCode;

use super::{Scope, scope};
use crate::http::call::{Answer, Call};
use crate::http::reply;

pub(super) async fn delete(call: Call, path: Scope) -> Answer {
    let caller = call.access(scope(&path)).await?;
    call.auth().delete_self(&caller).await.map_err(|e| call.failed(e, Some(&caller.app)))?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
