//! `/api/passerby/v1/move`: the store moves to a database, by the server that has it.

use axum::body::Body;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::body;
use crate::auth::{Destination, MoveState, MoveStep};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::Secret;

#[derive(Deserialize)]
struct To {
    /// A database's URL.
    to: String,
    /// The password, when the URL has none.
    password: Option<String>,
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

/// How far it has come, which is nowhere any more once it has moved.
#[derive(Serialize)]
struct State {
    to: String,
    moved: bool,
    #[serde(flatten)]
    step: Option<Step>,
}

#[derive(Serialize)]
struct Step {
    doing: &'static str,
    table: &'static str,
    done: u64,
    all: u64,
}

impl From<MoveState> for State {
    fn from(state: MoveState) -> State {
        match state {
            MoveState::Moving { to, step: MoveStep { doing, table, done, all } } => {
                State { to, moved: false, step: Some(Step { doing, table, done, all }) }
            }
            MoveState::Moved { to } => State { to, moved: true, step: None },
        }
    }
}

/// `POST`: answered when everything is there.
pub(super) async fn begin(call: Call, request: Body) -> Answer {
    let To { to, password } = body(&call, request).await?;
    let to = Destination { url: Secret::new(to), password: password.map(Secret::new) };
    let moved = call.auth().move_store(to).await.map_err(|error| call.failed(error, None))?;
    let table =
        |moved: crate::auth::MovedTable| Table { table: moved.table, rows: moved.rows, sha256: moved.sha256 };
    Ok(reply::json(StatusCode::OK, &Moved { tables: moved.into_iter().map(table).collect() }))
}

/// `GET`: how far it has come, `null` when nothing moves.
pub(super) async fn state(call: Call) -> Answer {
    Ok(reply::json(StatusCode::OK, &call.auth().move_state().map(State::from)))
}
