//! One request, as handlers see it: which app, which token, which body.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRef, FromRequestParts};
use axum::response::Response;
use http::header::{AUTHORIZATION, HeaderName, ORIGIN};
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value};

use super::{Failure, Http};
use crate::auth::{AdminCaller, AdminRefusal, App, Auth, Caller, Error, Journal, Presented};
use crate::model::{RequestId, RequestOrigin};

/// With what an administrator asks.
const REQUEST_ORIGIN: HeaderName = HeaderName::from_static("x-baas-request-origin");

/// The client's address, as the front found it.
#[derive(Clone, Copy)]
pub(super) struct ClientAddress(pub(super) IpAddr);

/// One request.
pub(super) struct Call {
    pub(super) http: Http,
    pub(super) address: Option<IpAddr>,
    request: RequestId,
    origin: Option<String>,
    /// What follows `Bearer `; `Some("")` when the header says anything else.
    token: Option<String>,
    /// The whole `Authorization` header.
    authorization: Option<String>,
    pub(super) request_origin: RequestOrigin,
    admin: Option<Arc<AdminCaller>>,
}

impl<S: Send + Sync> FromRequestParts<S> for Call
where
    Http: FromRef<S>,
{
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Call, Self::Rejection> {
        let text =
            |name| parts.headers.get(name).map(|v: &http::HeaderValue| v.to_str().unwrap_or("?").to_owned());
        Ok(Call {
            request: parts.extensions.get().copied().unwrap_or(RequestId(crate::model::ObjectId::ZERO)),
            address: parts.extensions.get().map(|ClientAddress(ip)| *ip),
            origin: text(ORIGIN),
            token: text(AUTHORIZATION).map(|value| bearer(&value).unwrap_or_default().to_owned()),
            authorization: text(AUTHORIZATION),
            request_origin: RequestOrigin::of_header(text(REQUEST_ORIGIN).as_deref()),
            admin: parts.extensions.get().cloned(),
            http: Http::from_ref(state),
        })
    }
}

/// The token of a `Bearer` header, in any case.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

impl Call {
    pub(super) fn auth(&self) -> &Auth {
        &self.http.auth
    }

    /// The request's id.
    pub(super) fn request(&self) -> RequestId {
        self.request
    }

    /// The administrator who asks, whom the guard of the administrators' routes let in.
    pub(super) fn admin(&self) -> Result<&AdminCaller, Failure> {
        self.admin.as_deref().ok_or_else(|| self.failed(Error::Admin(AdminRefusal::InvalidSession), None))
    }

    /// The whole `Authorization` header.
    pub(super) fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }

    /// The text of the bearer token, if there is one.
    pub(super) fn presented_token(&self) -> Option<&str> {
        self.token.as_deref().filter(|token| !token.is_empty())
    }

    /// Puts an error on its way out.
    pub(super) fn failed(&self, error: impl Into<Error>, app: Option<&Arc<App>>) -> Failure {
        Failure::new(error.into(), self.request, self.auth().public_url(), app)
    }

    /// The app that the path names, if the page's origin may call it.
    pub(super) fn app(&self, client_app_id: &str) -> Result<Arc<App>, Failure> {
        let app = self.auth().app(client_app_id).map_err(|e| self.failed(e, None))?;
        Journal::note_app(&app);
        self.check_origin(&app)?;
        Ok(app)
    }

    /// The same for a client, if it may come from where it comes. Administrators are not bound by the access list.
    pub(super) fn client_app(&self, client_app_id: &str) -> Result<Arc<App>, Failure> {
        let app = self.app(client_app_id)?;
        self.check_address(&app)?;
        Ok(app)
    }

    fn check_address(&self, app: &Arc<App>) -> Result<(), Failure> {
        app.admit(self.address).map_err(|e| self.failed(e, Some(app)))
    }

    fn check_origin(&self, app: &Arc<App>) -> Result<(), Failure> {
        match &self.origin {
            Some(origin) if !app.allows_origin(origin) => {
                Err(self.failed(Error::OriginNotAllowed(origin.clone()), Some(app)))
            }
            _ => Ok(()),
        }
    }

    /// Whoever holds the access token. `scope` is the app that the path names, if it names one.
    pub(super) async fn access(&self, scope: Option<&str>) -> Result<Caller, Failure> {
        let scope = scope.map(|id| self.client_app(id)).transpose()?;
        let text = self.token(scope.as_ref(), Error::EmptyAccessToken)?;
        let Some(token) = Presented::read(text) else {
            return Err(self.failed(Error::BadAccessToken, scope.as_ref()));
        };
        let Some(app) = self.app_of(&token, scope.as_ref())? else {
            return Err(self.failed(Error::BadAccessToken, scope.as_ref()));
        };
        self.auth().access(&app, &token).await.map_err(|e| self.failed(e, Some(&app)))
    }

    /// Whoever holds the refresh token.
    pub(super) async fn refresh(&self, scope: Option<&str>) -> Result<Caller, Failure> {
        let scope = scope.map(|id| self.client_app(id)).transpose()?;
        let text = self.token(scope.as_ref(), Error::EmptyRefreshToken)?;
        let Some(token) = Presented::read(text) else {
            return Err(self.failed(Error::BadRefreshSignature, scope.as_ref()));
        };
        // A token of the original service names a domain that nobody here has: its session is not to be found, and
        // the SDK logs the user out, who can then log in again.
        let Some(app) = self.app_of(&token, scope.as_ref())? else {
            return Err(self.failed(Error::SessionNotFound, scope.as_ref()));
        };
        self.auth().refresh_caller(&app, &token).await.map_err(|e| self.failed(e, Some(&app)))
    }

    /// Takes a token from elsewhere than the header.
    pub(super) fn use_token(&mut self, token: &str) {
        self.token = Some(token.to_owned());
    }

    /// The bearer token's text.
    pub(super) fn token(&self, app: Option<&Arc<App>>, when_empty: Error) -> Result<&str, Failure> {
        match self.token.as_deref() {
            None => Err(self.failed(Error::MissingToken, app)),
            Some("") => Err(self.failed(when_empty, app)),
            Some(token) => Ok(token),
        }
    }

    /// The app that a token says it is of, if the page's origin may call it; never another one than the path's.
    fn app_of(&self, token: &Presented<'_>, scope: Option<&Arc<App>>) -> Result<Option<Arc<App>>, Failure> {
        let app = token.domain().and_then(|domain| self.auth().app_of_domain(domain));
        match (&app, scope) {
            (Some(app), Some(scope)) if app.key != scope.key => {
                Err(self.failed(Error::OtherApp, Some(scope)))
            }
            (Some(app), None) => {
                self.check_origin(app)?;
                self.check_address(app)?;
                Ok(Some(Arc::clone(app)))
            }
            _ => Ok(app),
        }
    }

    /// The body as a JSON object. No body, and `null`, are an empty one, whatever the content type says.
    pub(super) async fn object(&self, body: Body, app: &Arc<App>) -> Result<Map<String, Value>, Failure> {
        let bytes = self.bytes(body).await.map_err(|e| self.failed(e, Some(app)))?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Map::new());
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(Value::Null) => Ok(Map::new()),
            Ok(_) => Err(self.failed(Error::BadBody("the body is not a JSON object".to_owned()), Some(app))),
            Err(error) => {
                Err(self.failed(Error::BadBody(format!("the body is not JSON: {error}")), Some(app)))
            }
        }
    }

    /// The body as text, for forms.
    pub(super) async fn text(&self, body: Body) -> Result<String, Failure> {
        let bytes = self.bytes(body).await.map_err(|e| self.failed(e, None))?;
        let text = String::from_utf8(bytes.to_vec());
        text.map_err(|_| self.failed(Error::BadBody("the form is not text".to_owned()), None))
    }

    /// The text that a client is told of an error, where no answer of its own carries it.
    pub(super) fn text_of(&self, error: &Error) -> String {
        super::error::noted(error, self.request)
    }

    /// The whole body, if it is within the limit.
    pub(super) async fn bytes(&self, body: Body) -> Result<bytes::Bytes, Error> {
        self.bytes_within(body, self.http.limits.max_body).await
    }

    /// The whole body, if it is within a limit of its own.
    pub(super) async fn bytes_within(&self, body: Body, limit: usize) -> Result<bytes::Bytes, Error> {
        match Limited::new(body, limit).collect().await {
            Ok(collected) => Ok(collected.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(Error::BodyTooLarge { limit }),
            Err(_) => Err(Error::BodyCutOff),
        }
    }
}

/// What a handler returns.
pub(super) type Answer = Result<Response, Failure>;
