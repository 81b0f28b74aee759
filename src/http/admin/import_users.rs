//! `POST /api/passerby/v1/apps/{app}/users/import`: users come from the original service, a batch at a time.

use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::body;
use crate::auth::{Error, Newcomer, Registered, Wrong};
use crate::http::call::{Answer, Call};
use crate::http::reply;

/// Entries of a batch, which is one act of the store.
const MOST: usize = 1000;

/// Entries as the original's Admin API lists them.
#[derive(Deserialize)]
struct Batch {
    #[serde(default)]
    users: Vec<Value>,
    #[serde(default)]
    pending_users: Vec<Value>,
}

pub(super) async fn import(call: Call, Path(app): Path<String>, request: Body) -> Answer {
    let app = call.app(&app)?;
    let batch: Batch = body(&call, request).await?;
    let read = read(&batch).map_err(|e| call.failed(e, Some(&app)));
    let (users, registrations) = read?;
    let report = call.auth().import_users(&app, &users, &registrations).await;
    Ok(reply::json(StatusCode::OK, &report.map_err(|e| call.failed(e, Some(&app)))?))
}

fn read(batch: &Batch) -> Result<(Vec<Newcomer>, Vec<Registered>), Error> {
    if batch.users.len() + batch.pending_users.len() > MOST {
        return Err(Error::BadParameter(format!("a batch has at most {MOST} entries")));
    }
    Ok((
        each("users", &batch.users, Newcomer::read)?,
        each("pending_users", &batch.pending_users, Registered::read)?,
    ))
}

fn each<T>(
    list: &str,
    entries: &[Value],
    read: impl Fn(&Value) -> Result<T, Wrong>,
) -> Result<Vec<T>, Error> {
    let wrong = |n, wrong| Error::BadParameter(format!("`{list}[{n}]`: {wrong}"));
    entries.iter().enumerate().map(|(n, entry)| read(entry).map_err(|said| wrong(n, said))).collect()
}
