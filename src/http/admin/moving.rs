//! `/api/passerby/v1/move`: the store moves to a database, by the server that has it.

use std::collections::HashMap;
use std::path::PathBuf;

use axum::body::Body;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::body;
use crate::auth::Destination;
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::Secret;

#[derive(Deserialize)]
struct To {
    /// A database's URL.
    to: String,
    /// A file, as an absolute path.
    password_file: Option<PathBuf>,
    /// What says in the environment where passwords are.
    #[serde(default)]
    variables: HashMap<String, String>,
}

#[derive(Serialize)]
struct Moved {
    tables: Vec<Table>,
}

#[derive(Serialize)]
struct Table {
    table: &'static str,
    rows: u64,
    sha256: String,
}

#[derive(Serialize)]
struct Step {
    doing: &'static str,
    table: &'static str,
    done: u64,
    all: u64,
}

/// `POST`: answered when everything is there.
pub(super) async fn begin(call: Call, request: Body) -> Answer {
    let To { to, password_file, variables } = body(&call, request).await?;
    let variables = variables.into_iter().map(|(name, value)| (name, value.into())).collect();
    let to = Destination { url: Secret::new(to), password_file, variables: Secret::new(variables) };
    let moved = call.auth().move_store(to).await.map_err(|error| call.failed(error, None))?;
    let table =
        |moved: crate::auth::MovedTable| Table { table: moved.table, rows: moved.rows, sha256: moved.sha256 };
    Ok(reply::json(StatusCode::OK, &Moved { tables: moved.into_iter().map(table).collect() }))
}

/// `GET`: how far it has come, `null` when nothing moves.
pub(super) async fn step(call: Call) -> Answer {
    let step = call.auth().move_step();
    let step = step.map(|step| Step { doing: step.doing, table: step.table, done: step.done, all: step.all });
    Ok(reply::json(StatusCode::OK, &step))
}
