//! An administrator tries a function, or a source that is no function yet.

use std::sync::Arc;

use serde_json::{Value, json};

use super::deliver::user_object;
use super::functions::{APP_USER, FUNCTION_WALL};
use super::{App, Auth, Error, Result};
use crate::functions::{self, FunctionError, LogLine, Program};
use crate::model::UserId;

/// As whom a function is tried.
#[derive(Clone, Copy, Debug)]
pub enum As {
    /// The system user.
    System,
    /// A user of the app.
    User(UserId),
}

/// What is tried.
#[derive(Debug)]
pub enum Tried {
    /// A function of the app.
    Named {
        /// Its name.
        name: String,
        /// Its arguments, as EJSON.
        arguments: Vec<Value>,
    },
    /// A source, with what is to be evaluated once it was read, such as `exports(1)`.
    Source {
        /// The source.
        source: String,
        /// What is evaluated; nothing when it is empty.
        eval: String,
    },
}

/// How it went.
#[derive(Debug)]
pub struct Trial {
    /// The result as canonical EJSON, or what was thrown.
    pub outcome: std::result::Result<Value, String>,
    /// What the function logged.
    pub logs: Vec<LogLine>,
    /// How long it took.
    pub took_ms: i64,
}

impl Auth {
    /// Runs a function as the app does, private ones too.
    pub async fn try_function(&self, app: &Arc<App>, whom: As, tried: Tried) -> Result<Trial> {
        let (user, is_system) = match whom {
            As::System => (APP_USER.clone(), true),
            As::User(id) => (user_object(&self.user(app, id).await?), false),
        };
        let scene = self.scene(app, user, Value::Null, is_system)?;
        let (program, name, arguments) = match tried {
            Tried::Named { name, arguments } => (Arc::clone(&app.behaviour.program), name, arguments),
            Tried::Source { source, eval } => {
                let name = format!("source-{}", self.dice().object_id(self.clock().now()));
                (self.with_source(app, &name, &source, &eval).await?, name, Vec::new())
            }
        };
        let began = self.clock().now_ms();
        let call =
            functions::Call { name, arguments, caller: functions::Caller::App, wall: FUNCTION_WALL, scene };
        let (outcome, logs) = match self.parts.engine.call(&program, call).await {
            Ok(outcome) => (Ok(outcome.result), outcome.logs),
            Err(FunctionError::NotFound | FunctionError::Private) => return Err(Error::FunctionNotFound),
            Err(FunctionError::Busy) => return Err(Error::Busy),
            Err(FunctionError::Broken) => return Err(Error::Unreadable("the function engine".to_owned())),
            Err(error) => (Err(error.to_string()), error.logs().to_vec()),
        };
        Ok(Trial { outcome, logs, took_ms: self.clock().now_ms().0 - began.0 })
    }

    /// The app's functions and one more, which reads a source and evaluates something on it.
    async fn with_source(&self, app: &App, name: &str, source: &str, eval: &str) -> Result<Arc<Program>> {
        let files = self.store().files(app.key).await?;
        let mut files: Vec<(String, Vec<u8>)> = files.into_iter().map(|f| (f.path, f.bytes)).collect();
        let config = json!({ "name": name, "private": true });
        files.push((format!("functions/{name}/config.json"), config.to_string().into_bytes()));
        files.push((format!("functions/{name}/source.js"), evaluating(source, eval).into_bytes()));
        // Every function is read again, and that may be many.
        let read = tokio::task::spawn_blocking(move || Program::read(&files).0).await;
        read.map(Arc::new).map_err(|_| Error::Unreadable("the source".to_owned()))
    }
}

/// `eval` sees globals only, so what the source makes becomes one.
fn evaluating(source: &str, eval: &str) -> String {
    let eval = Value::from(eval);
    format!(
        "exports = async function () {{ var exports = {{}}, module = {{ exports: {{}} }};{source}\n;\
         globalThis.context = context;\
         globalThis.exports = typeof exports === 'function' ? exports : module.exports;\
         return await eval({eval}); }};"
    )
}
