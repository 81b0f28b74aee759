//! The Admin API, asked within the process.

use std::net::IpAddr;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::Console;
use crate::http::call::{Call, ClientAddress};
use crate::model::RequestId;

/// How the Admin API is told that the console asks.
const ORIGIN: HeaderName = HeaderName::from_static("x-baas-request-origin");
const CONSOLE: HeaderValue = HeaderValue::from_static("mongodb-baas-ui");

/// The Admin API, as one administrator.
pub(super) struct Api {
    routes: Router,
    authorization: Option<HeaderValue>,
    address: Option<IpAddr>,
    request: RequestId,
}

/// What the Admin API says when it does not do what it was asked.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The status of its answer.
    pub(super) status: StatusCode,
    /// Its text, for people.
    pub(super) error: String,
    /// What is wrong with the configuration that the change would make, one finding each.
    pub(super) problems: Vec<String>,
}

impl Api {
    /// As whoever has an access token.
    pub(super) fn of(console: &Console, call: &Call, access_token: &str) -> Api {
        let bearer = HeaderValue::from_str(&format!("Bearer {access_token}"));
        let mut authorization = bearer.unwrap_or(HeaderValue::from_static("Bearer"));
        authorization.set_sensitive(true);
        Api { authorization: Some(authorization), ..Api::of_nobody(console, call) }
    }

    /// As nobody, to sign in.
    pub(super) fn of_nobody(console: &Console, call: &Call) -> Api {
        Api {
            routes: console.api.clone(),
            authorization: None,
            address: call.address,
            request: call.request(),
        }
    }

    /// What stands at a path.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Refusal> {
        self.ask(Method::GET, path, None).await
    }

    /// Does something, with a body or none; null when the answer is empty.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        self.ask(method, path, body).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Refusal> {
        let response = self.answer(method, path, body).await;
        let status = response.status();
        let bytes =
            response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if status.is_success() { Ok(value) } else { Err(Refusal::read(status, &value)) }
    }

    async fn answer(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let body = body.map_or(Body::empty(), |value| Body::from(value.to_string()));
        let mut request = Request::new(body);
        *request.method_mut() = method;
        // A path of ours that is none is a mistake in a page, and answered as an unknown one.
        *request.uri_mut() = path.parse().unwrap_or_default();
        let headers = request.headers_mut();
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        headers.insert(CONTENT_TYPE, crate::http::reply::JSON);
        headers.insert(ORIGIN, CONSOLE);
        if let Some(address) = self.address {
            request.extensions_mut().insert(ClientAddress(address));
        }
        request.extensions_mut().insert(self.request);
        match self.routes.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

impl Refusal {
    /// Of the console itself.
    pub(super) fn of_us(status: StatusCode, error: String) -> Refusal {
        Refusal { status, error, problems: Vec::new() }
    }

    /// Of a list whose filter was wrong, which is said above a list of nobody; anything else is in the way of the page.
    pub(super) fn of_filter(found: Result<Value, Refusal>) -> Result<(Value, Option<Refusal>), Refusal> {
        match found {
            Ok(list) => Ok((list, None)),
            Err(refusal) if refusal.status.is_client_error() => Ok((Value::Null, Some(refusal))),
            Err(refusal) => Err(refusal),
        }
    }

    fn read(status: StatusCode, body: &Value) -> Refusal {
        let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        let problems = body.get("problems").and_then(Value::as_array);
        let problems = problems.into_iter().flatten();
        Refusal {
            status,
            error: text("error").unwrap_or_else(|| status.to_string()),
            problems: problems.filter_map(|p| p.get("text")?.as_str().map(str::to_owned)).collect(),
        }
    }
}
