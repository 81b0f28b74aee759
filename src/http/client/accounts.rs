//! The account endpoints of `local-userpass`. None takes a token; success bodies are `{}`, which every client reads.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::auth::{App, Asker, Error};
use crate::http::call::{Answer, Call};
use crate::http::{Failure, reply};

/// A call with its body, and the texts that it must hold.
struct Form {
    call: Call,
    app: Arc<App>,
    body: Map<String, Value>,
}

impl Form {
    async fn read(call: Call, app: &str, body: Body) -> Result<Form, Failure> {
        let app = call.client_app(app)?;
        let body = call.object(body, &app).await?;
        Ok(Form { call, app, body })
    }

    /// A text of the body; an absent one is empty, and refused for what that is.
    fn text(&self, name: &'static str) -> Result<&str, Failure> {
        match self.body.get(name) {
            None | Some(Value::Null) => Ok(""),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(self.failed(Error::BadBody(format!("'{name}' is not a string")))),
        }
    }

    fn asker(&self) -> Asker {
        Asker { address: self.call.address }
    }

    fn failed(&self, error: Error) -> Failure {
        self.call.failed(error, Some(&self.app))
    }

    fn done(&self, status: StatusCode, outcome: Result<(), Error>) -> Answer {
        outcome.map_err(|e| self.failed(e))?;
        Ok(reply::json(status, &json!({})))
    }
}

pub(super) async fn register(call: Call, Path(app): Path<String>, body: Body) -> Answer {
    let form = Form::read(call, &app, body).await?;
    let (email, password) = (form.text("email")?, form.text("password")?);
    let outcome = form.call.auth().register(&form.app, form.asker(), email, password).await;
    form.done(StatusCode::CREATED, outcome)
}

pub(super) async fn confirm(call: Call, Path(app): Path<String>, body: Body) -> Answer {
    let form = Form::read(call, &app, body).await?;
    let outcome = form.call.auth().confirm(&form.app, form.text("tokenId")?, form.text("token")?).await;
    form.done(StatusCode::OK, outcome)
}

pub(super) async fn resend_confirmation(call: Call, Path(app): Path<String>, body: Body) -> Answer {
    let form = Form::read(call, &app, body).await?;
    let outcome = form.call.auth().resend_confirmation(&form.app, form.asker(), form.text("email")?).await;
    form.done(StatusCode::OK, outcome)
}

pub(super) async fn rerun_confirmation(call: Call, Path(app): Path<String>, body: Body) -> Answer {
    let form = Form::read(call, &app, body).await?;
    let outcome = form.call.auth().rerun_confirmation(&form.app, form.asker(), form.text("email")?).await;
    form.done(StatusCode::OK, outcome)
}

pub(super) async fn reset(call: Call, Path(app): Path<String>, body: Body) -> Answer {
    let form = Form::read(call, &app, body).await?;
    let (id, token) = (form.text("tokenId")?, form.text("token")?);
    let outcome = form.call.auth().reset_password(&form.app, id, token, form.text("password")?).await;
    form.done(StatusCode::OK, outcome)
}

pub(super) async fn send_reset(call: Call, Path(app): Path<String>, body: Body) -> Answer {
    let form = Form::read(call, &app, body).await?;
    let outcome = form.call.auth().send_reset(&form.app, form.asker(), form.text("email")?).await;
    form.done(StatusCode::OK, outcome)
}

pub(super) async fn call_reset(call: Call, Path(app): Path<String>, body: Body) -> Answer {
    let form = Form::read(call, &app, body).await?;
    let arguments = match form.body.get("arguments") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(arguments)) => arguments.clone(),
        Some(_) => return Err(form.failed(Error::BadBody("'arguments' is not an array".to_owned()))),
    };
    let (email, password) = (form.text("email")?, form.text("password")?);
    let outcome = form.call.auth().call_reset(&form.app, form.asker(), email, password, arguments).await;
    form.done(StatusCode::OK, outcome)
}
