//! The only place where refusals meet status codes: one exhaustive table, no `_` arm.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use super::cors::Withheld;
use super::reply;
use crate::appdir::Problem;
use crate::auth::{AdminRefusal, App, Concern, Error, Journal, LinkRefusal, PartRefusal};
use crate::model::{LinkErrors, RequestId, with_causes};
use crate::store;

/// A refusal on its way out, with what its link is made of.
pub struct Failure {
    error: Error,
    request: RequestId,
    /// The base URL and the app, when the app is known.
    log: Option<(String, Arc<App>)>,
    /// What is wrong with an app directory, finding by finding.
    problems: Vec<Problem>,
}

impl Failure {
    pub(super) fn new(error: Error, request: RequestId, base_url: &str, app: Option<&Arc<App>>) -> Failure {
        Failure {
            error,
            request,
            log: app.map(|app| (base_url.to_owned(), Arc::clone(app))),
            problems: Vec::new(),
        }
    }
}

/// A finding in an app directory. `text` says all of it in one line.
#[derive(Serialize)]
pub(super) struct ProblemView<'a> {
    file: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    json_path: Option<&'a str>,
    message: &'a str,
    hint: Option<&'a str>,
    text: String,
}

/// What is to know of a configuration, as a finding in its directory.
impl From<Concern> for Problem {
    fn from(concern: Concern) -> Problem {
        let Concern { file, line, json_path, message, .. } = concern;
        Problem { file, line, column: None, json_path, message, hint: None }
    }
}

impl<'a> ProblemView<'a> {
    pub(super) fn of(problem: &'a Problem) -> ProblemView<'a> {
        ProblemView {
            file: &problem.file,
            line: problem.line,
            column: problem.column,
            json_path: problem.json_path.as_deref(),
            message: &problem.message,
            hint: problem.hint.as_deref(),
            text: problem.to_string(),
        }
    }
}

/// The body. Absent fields are left out: `null` makes core's parser fail.
#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<ProblemView<'a>>,
}

/// Status and `error_code` of every refusal.
fn wire(error: &Error) -> (StatusCode, Option<&'static str>) {
    match error {
        Error::AppNotFound(_) => (StatusCode::NOT_FOUND, None),
        Error::AdminAppNotFound(_) => (StatusCode::NOT_FOUND, Some("AppNotFound")),
        Error::Admin(refusal) => wire_admin(refusal),
        Error::ProviderNotFound(_) | Error::ProviderNotServed(_) => {
            (StatusCode::NOT_FOUND, Some("AuthProviderNotFound"))
        }
        Error::ProviderDisabled(_)
        | Error::BadAccessToken
        | Error::AccessTokenExpired
        | Error::SessionNotFound => (StatusCode::UNAUTHORIZED, Some("InvalidSession")),
        Error::RefusedLink(refused) => wire_link(&refused.refusal, refused.words),
        Error::InvalidPassword => (StatusCode::UNAUTHORIZED, Some("InvalidPassword")),
        Error::BadCredential(_) => (StatusCode::UNAUTHORIZED, Some("AuthError")),
        Error::UserDisabled => (StatusCode::UNAUTHORIZED, Some("UserDisabled")),
        Error::DomainNotAllowed => (StatusCode::UNAUTHORIZED, Some("DomainNotAllowed")),
        Error::MissingParameter(_) => (StatusCode::BAD_REQUEST, Some("MissingParameter")),
        Error::NameInUse => (StatusCode::CONFLICT, Some("AccountNameInUse")),
        Error::IssuerUnavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, None),
        Error::RedirectNotAllowed | Error::RedirectLapsed => (StatusCode::BAD_REQUEST, Some("BadRequest")),
        Error::OtherBrowser => (StatusCode::UNAUTHORIZED, Some("AuthError")),
        Error::BadEmail | Error::BadPassword | Error::NotConfirmed(_) | Error::BadTokenData => {
            (StatusCode::BAD_REQUEST, Some("BadRequest"))
        }
        Error::TokenLapsed => (StatusCode::BAD_REQUEST, Some("UserpassTokenInvalid")),
        Error::AlreadyConfirmed => (StatusCode::BAD_REQUEST, Some("UserAlreadyConfirmed")),
        Error::ConfirmsAutomatically(_)
        | Error::OtherWay(_)
        | Error::NotReset(_)
        | Error::NotMailed(_)
        | Error::NoApiKeyName => (StatusCode::BAD_REQUEST, None),
        Error::ApiKeyNotFound => (StatusCode::NOT_FOUND, Some("APIKeyNotFound")),
        Error::BadApiKeyName => (StatusCode::BAD_REQUEST, Some("InvalidParameter")),
        Error::ApiKeyExists => (StatusCode::CONFLICT, Some("APIKeyAlreadyExists")),
        Error::TooManyApiKeys(_) => (StatusCode::BAD_REQUEST, Some("BadRequest")),
        Error::ApiKeyOpenedSession => (StatusCode::FORBIDDEN, None),
        Error::FunctionFailed(_) | Error::FunctionNotStreamed(_) => {
            (StatusCode::BAD_REQUEST, Some("FunctionExecutionError"))
        }
        Error::FunctionTimeLimit => (StatusCode::BAD_REQUEST, Some("ExecutionTimeLimitExceeded")),
        Error::NoRule(_) => (StatusCode::FORBIDDEN, Some("NoMatchingRuleFound")),
        Error::MissingToken => (StatusCode::UNAUTHORIZED, Some("MissingAuthReq")),
        Error::EmptyRefreshToken
        | Error::EmptyAccessToken
        | Error::RefreshTokenAsAccess
        | Error::AccessTokenAsRefresh
        | Error::BadRefreshSignature => (StatusCode::UNAUTHORIZED, None),
        Error::OtherApp => (StatusCode::UNAUTHORIZED, Some("UserAppDomainMismatch")),
        Error::NoApiKeysForGuests => (StatusCode::FORBIDDEN, Some("BadRequest")),
        Error::BadBody(_) | Error::BodyCutOff => (StatusCode::BAD_REQUEST, Some("BadRequest")),
        Error::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, Some("ReadSizeLimitExceeded")),
        Error::OriginNotAllowed(_) => (StatusCode::FORBIDDEN, Some("DomainNotAllowed")),
        Error::FunctionNotFound => (StatusCode::NOT_FOUND, Some("FunctionNotFound")),
        Error::ServiceNotFound(_) => (StatusCode::NOT_FOUND, Some("ServiceNotFound")),
        Error::UserNotFound | Error::NotPending => (StatusCode::NOT_FOUND, Some("UserNotFound")),
        Error::KeyNotFound { .. }
        | Error::SecretNotFound(_)
        | Error::NoSecretOfId(_)
        | Error::AllowedIpNotFound(_) => (StatusCode::NOT_FOUND, None),
        Error::SecretExists(_) => (StatusCode::CONFLICT, None),
        Error::AddressNotAllowed => (StatusCode::FORBIDDEN, Some("Unauthorized")),
        Error::NoEmailUsers => (StatusCode::BAD_REQUEST, Some("AuthProviderNotFound")),
        Error::BadSignature => (StatusCode::UNAUTHORIZED, None),
        Error::KeyInUse(_) | Error::BadParameter(_) => (StatusCode::BAD_REQUEST, Some("InvalidParameter")),
        Error::InvalidDirectory(_) | Error::NotBackedUp(_) | Error::NotMoved(_) => {
            (StatusCode::BAD_REQUEST, Some("BadRequest"))
        }
        Error::GuestDeletionExists => (StatusCode::CONFLICT, None),
        Error::NoGuestDeletion => (StatusCode::NOT_FOUND, None),
        Error::DraftExists => (StatusCode::CONFLICT, Some("DraftAlreadyExists")),
        Error::DraftNotFound => (StatusCode::NOT_FOUND, Some("DraftNotFound")),
        Error::DeploymentNotFound => (StatusCode::NOT_FOUND, Some("DeploymentNotFound")),
        Error::NoDependencies => (StatusCode::NOT_FOUND, None),
        Error::Part(refusal) => wire_part(refusal),
        Error::DeployedMeanwhile | Error::EndsSessions | Error::ClockJumped { .. } => {
            (StatusCode::CONFLICT, None)
        }
        Error::TooManyGuests | Error::TooManyTries => (StatusCode::TOO_MANY_REQUESTS, None),
        Error::Busy | Error::Store(store::Error::Unavailable(_) | store::Error::Held) => {
            (StatusCode::SERVICE_UNAVAILABLE, None)
        }
        Error::Unreadable(_) | Error::Store(store::Error::Conflict(_) | store::Error::Corrupt { .. }) => {
            (StatusCode::INTERNAL_SERVER_ERROR, Some("InternalServerError"))
        }
    }
}

/// Status and `error_code` of what an administrator is refused. Where there is no code, clients compare for that.
fn wire_admin(refusal: &AdminRefusal) -> (StatusCode, Option<&'static str>) {
    match refusal {
        AdminRefusal::InvalidSession => (StatusCode::UNAUTHORIZED, Some("InvalidSession")),
        AdminRefusal::WrongKey => (StatusCode::UNAUTHORIZED, None),
        AdminRefusal::WrongPassword => (StatusCode::UNAUTHORIZED, Some("InvalidPassword")),
        AdminRefusal::WrongApiKey => (StatusCode::UNAUTHORIZED, Some("AuthError")),
        AdminRefusal::AdminNotFound
        | AdminRefusal::KeyNotFound
        | AdminRefusal::ProjectNotFound(_)
        | AdminRefusal::SessionNotFound => (StatusCode::NOT_FOUND, None),
        AdminRefusal::NoRole | AdminRefusal::ReadOnly => (StatusCode::FORBIDDEN, Some("Unauthorized")),
    }
}

/// Status and `error_code` of what is refused of a part of a configuration.
fn wire_part(refusal: &PartRefusal) -> (StatusCode, Option<&'static str>) {
    match refusal {
        PartRefusal::ProviderExists(_) => (StatusCode::CONFLICT, Some("AuthProviderAlreadyExists")),
        PartRefusal::ProviderEnabled => (StatusCode::BAD_REQUEST, Some("BadRequest")),
        PartRefusal::Wrong(_) => (StatusCode::BAD_REQUEST, Some("InvalidParameter")),
        PartRefusal::Missing(_) => (StatusCode::BAD_REQUEST, Some("MissingParameter")),
        PartRefusal::NotFound { kind, .. } => {
            (StatusCode::NOT_FOUND, kind.code().map(|(missing, _)| missing))
        }
        PartRefusal::Exists { kind, .. } => (StatusCode::CONFLICT, kind.code().map(|(_, exists)| exists)),
    }
}

/// Status and `error_code` of a refused link, in the words that the app chose.
fn wire_link(refusal: &LinkRefusal, words: LinkErrors) -> (StatusCode, Option<&'static str>) {
    match (refusal, words) {
        (LinkRefusal::Anonymous | LinkRefusal::SecondEmail, LinkErrors::Safe | LinkErrors::Exact) => {
            (StatusCode::INTERNAL_SERVER_ERROR, Some("InternalServerError"))
        }
        (LinkRefusal::Anonymous | LinkRefusal::SecondEmail, LinkErrors::Strict)
        | (LinkRefusal::NotLinkable, LinkErrors::Safe | LinkErrors::Exact | LinkErrors::Strict) => {
            (StatusCode::BAD_REQUEST, Some("InvalidParameter"))
        }
        (LinkRefusal::Taken | LinkRefusal::ProviderDisabled(_), LinkErrors::Safe) => {
            (StatusCode::UNAUTHORIZED, Some("AuthError"))
        }
        (LinkRefusal::Taken | LinkRefusal::ProviderDisabled(_), LinkErrors::Exact) => {
            (StatusCode::UNAUTHORIZED, Some("InvalidSession"))
        }
        (LinkRefusal::Taken, LinkErrors::Strict) => (StatusCode::CONFLICT, Some("InvalidSession")),
        (LinkRefusal::ProviderDisabled(_), LinkErrors::Strict) => {
            (StatusCode::BAD_REQUEST, Some("InvalidSession"))
        }
        (LinkRefusal::Credential { password, .. }, words) => {
            let status = match words {
                LinkErrors::Safe | LinkErrors::Exact => StatusCode::UNAUTHORIZED,
                LinkErrors::Strict => StatusCode::BAD_REQUEST,
            };
            (status, Some(if *password { "InvalidPassword" } else { "AuthError" }))
        }
    }
}

/// A failure inside a stream, which has begun and so has its status already.
#[derive(Serialize)]
struct EventBody<'a> {
    error: &'a str,
    error_code: Option<&'static str>,
}

impl Failure {
    /// The data of the `error` event that ends a stream: one line of JSON, with the escapes of such data.
    pub(super) fn event_data(&self) -> String {
        let (_, error_code) = wire(&self.error);
        let text = noted(&self.error, self.request);
        let json = serde_json::to_string(&EventBody { error: &text, error_code }).unwrap_or_default();
        // JSON has its line ends escaped already.
        json.replace('%', "%25")
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, error_code) = wire(&self.error);
        let text = noted(&self.error, self.request);
        if let Some((_, app)) = &self.log {
            Journal::note_app(app);
        }
        if matches!(self.error, Error::Store(_) | Error::Unreadable(_)) && !self.error.is_held() {
            tracing::error!(request = %self.request, status = status.as_u16(), error = %with_causes(&self.error, ": "), "request failed");
        } else {
            tracing::debug!(request = %self.request, status = status.as_u16(), reason = ?self.error, "request refused");
        }
        let link = self.log.as_ref().map(|(base, app)| {
            format!("{base}/groups/{}/apps/{}/logs?co_id={}", app.group_id, app.id, self.request)
        });
        let problems = self.problems.iter().map(ProblemView::of).collect();
        let mut response = reply::json(status, &Body { error: &text, error_code, link, problems });
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if matches!(self.error, Error::OriginNotAllowed(_)) {
            response.extensions_mut().insert(Withheld);
        }
        response
    }
}

impl Failure {
    /// Adds what is wrong with an app directory.
    pub(super) fn with_problems(self, problems: Vec<Problem>) -> Failure {
        Failure { problems, ..self }
    }
}

/// Notes a refusal that no answer of its own carries, and says its text for the client.
pub(super) fn noted(error: &Error, request: RequestId) -> String {
    Journal::note_refusal(error.reason(), wire(error).1);
    text(error, request)
}

/// The text of an error for a client; what the machine could not do is told blandly.
fn text(error: &Error, request: RequestId) -> String {
    match error {
        Error::Store(store::Error::Unavailable(_) | store::Error::Held) => {
            "the server cannot do that right now: try again in a moment".to_owned()
        }
        Error::Store(_) | Error::Unreadable(_) => bland(request),
        refusal => refusal.to_string(),
    }
}

/// What a client is told of an internal error.
pub fn bland(request: RequestId) -> String {
    format!("an internal error occurred; the server's log has it under request {request}")
}
