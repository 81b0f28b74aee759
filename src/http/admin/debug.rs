//! `POST …/apps/{app}/debug/execute_function` and `…/execute_function_source`: an administrator tries a function.

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::query::Query;
use super::{app_in_group, body};
use crate::auth::{As, Error, Trial, Tried};
use crate::http::call::{Answer, Call};
use crate::http::reply;

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
    #[serde(default)]
    arguments: Option<Vec<Value>>,
    #[serde(default)]
    service: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(default)]
    source: String,
    #[serde(default)]
    eval_source: Option<String>,
}

/// What came of it. `logs` and `error_logs` are lists of lines, null when nothing was logged.
#[derive(Serialize)]
struct Done {
    result: Value,
    logs: Option<Vec<String>>,
    error_logs: Option<Vec<String>>,
    stats: Stats,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

#[derive(Serialize)]
struct Stats {
    /// `12ms`.
    execution_time: String,
}

impl From<Trial> for Done {
    fn from(trial: Trial) -> Done {
        let (result, error) = match trial.outcome {
            Ok(result) => (result, None),
            Err(message) => (Value::Null, Some(thrown(&message))),
        };
        let lines = |errors: bool| {
            let of = trial.logs.iter().filter(|line| line.is_error == errors);
            Some(of.map(|line| line.text.clone()).collect::<Vec<_>>()).filter(|lines| !lines.is_empty())
        };
        let stats = Stats { execution_time: format!("{}ms", trial.took_ms) };
        Done { result, logs: lines(false), error_logs: lines(true), stats, error }
    }
}

/// `ReferenceError: 'x' is not defined` as name and message.
fn thrown(text: &str) -> Value {
    let parts = text.split_once(": ").filter(|(name, _)| {
        name.ends_with("Error") && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    let (name, message) = parts.unwrap_or(("Error", text));
    json!({ "name": name, "message": message })
}

/// A function of the app, with arguments in EJSON.
pub(super) async fn function(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    request: Body,
) -> Answer {
    let named: Named = body(&call, request).await?;
    if let Some(service) = named.service.filter(|service| !service.is_empty()) {
        let app = app_in_group(&call, &group, &app)?;
        return Err(call.failed(Error::ServiceNotFound(service), Some(&app)));
    }
    let tried = Tried::Named { name: named.name, arguments: named.arguments.unwrap_or_default() };
    run(&call, &group, &app, query, tried).await
}

/// A source that is no function yet, and what is evaluated once it was read.
pub(super) async fn source(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    request: Body,
) -> Answer {
    let Source { source, eval_source } = body(&call, request).await?;
    let tried = Tried::Source { source, eval: eval_source.unwrap_or_default() };
    run(&call, &group, &app, query, tried).await
}

async fn run(call: &Call, group: &str, app: &str, query: Option<String>, tried: Tried) -> Answer {
    let app = app_in_group(call, group, app)?;
    let whom = whom(&Query::read(query)).map_err(|e| call.failed(e, Some(&app)))?;
    let trial = call.auth().try_function(&app, whom, tried).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::OK, &Done::from(trial)))
}

/// Exactly one of the two must be said.
fn whom(query: &Query) -> Result<As, Error> {
    let system = query.text("run_as_system").is_some_and(|said| said != "false");
    match (query.parsed("user_id")?, system) {
        (Some(user), false) => Ok(As::User(user)),
        (None, true) => Ok(As::System),
        _ => Err(Error::BadParameter("say either `user_id` or `run_as_system=true`".to_owned())),
    }
}
