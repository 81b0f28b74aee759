//! The guard before every route of administrators: who asks, and whether that one may. Handlers behind it trust both.
//!
//! A route names what it is about in its path, and that decides: `{group}` a project, `{app}` without one a client app
//! id. Reading takes any role in the project, everything else takes its owner. A route that names neither answers any
//! administrator, and looks itself at what it may tell.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::ORIGIN;
use http::{Method, StatusCode};
use http_body_util::BodyExt;

use crate::auth::{Access, AdminCaller, AdminRefusal, AuditEntry, Error};
use crate::http::call::Call;
use crate::http::{Http, reply};
use crate::model::{GroupId, with_causes};

/// The route that compares a directory with an app.
const DIFF: &str = "/api/passerby/v1/apps/{app}/diff";

/// The act after which nothing is written down here any more.
const MOVE: &str = "POST /api/passerby/v1/move";

/// What is read of the body of a request that is refused: tools send large imports again as far as they got.
const MOST_DRAINED: usize = 64 * 1024 * 1024;

/// Through which door a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// The owner-only socket: whoever opened it owns the data.
    Socket,
    /// A listener that everybody can reach.
    Network,
}

pub(super) async fn guard(
    State((http, door)): State<(Http, Door)>,
    pattern: MatchedPath,
    params: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(call) = Call::from_request_parts(&mut parts, &http).await;
    let admin = match admitted(&call, door).await {
        Ok(admin) => Arc::new(admin),
        Err(refused) => return refuse(&call, refused, body).await,
    };
    let project = project(&call, &params);
    let act = Act {
        project: project.as_ref().ok().copied().flatten(),
        what: format!("{} {}", parts.method, pattern.as_str()),
        target: parts.uri.path().to_owned(),
    };
    let access = access(&parts.method, pattern.as_str());
    let may = match &project {
        Ok(Some(group)) => admin.check(*group, access),
        // A path that names nothing that is there: the owner of the data hears so from the handler.
        Err(_) if door == Door::Socket => Ok(()),
        Err(unknown) => Err(unknown()),
        Ok(None) => Ok(()),
    };
    if let Err(error) = may {
        if access == Access::Write {
            note(&call, &admin, act, StatusCode::FORBIDDEN).await;
        }
        return refuse(&call, error, body).await;
    }
    parts.extensions.insert(Arc::clone(&admin));
    // The origins that an app allows are for its own pages, and no administrator's page is one.
    parts.headers.remove(ORIGIN);
    let request = Request::from_parts(parts, body);
    match access {
        Access::Read => next.run(request).await,
        Access::Write => to_its_end(done(call, admin, act, request, next)).await,
    }
}

/// What somebody does.
struct Act {
    project: Option<GroupId>,
    /// Method and path pattern.
    what: String,
    target: String,
}

/// Has it done, and writes it down; of a move, that it was asked for, which the store takes along.
async fn done(call: Call, admin: Arc<AdminCaller>, act: Act, request: Request, next: Next) -> Response {
    if act.what == MOVE {
        if !call.auth().has_moved() {
            note(&call, &admin, act, StatusCode::ACCEPTED).await;
        }
        return next.run(request).await;
    }
    let response = next.run(request).await;
    let status = response.status();
    if status.is_success() || status == StatusCode::FORBIDDEN {
        note(&call, &admin, act, status).await;
    }
    response
}

/// Whoever hangs up drops the answer and no more: nothing is done without being written down.
async fn to_its_end(work: impl Future<Output = Response> + Send + 'static) -> Response {
    match tokio::spawn(work).await {
        Ok(response) => response,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => reply::try_again("the server stops: try again in a moment"),
    }
}

async fn admitted(call: &Call, door: Door) -> Result<AdminCaller, Error> {
    let origin = call.request_origin;
    match door {
        Door::Socket => Ok(AdminCaller::owner_of_the_data(origin)),
        Door::Network => call.auth().admin(call.presented_token(), origin, call.address).await,
    }
}

/// A comparison changes nothing, although what is compared comes in a body.
fn access(method: &Method, pattern: &str) -> Access {
    let reads = method == Method::GET || method == Method::HEAD || pattern == DIFF;
    if reads { Access::Read } else { Access::Write }
}

/// The project that a path is about, or why it is about none.
fn project(call: &Call, params: &RawPathParams) -> Result<Option<GroupId>, fn() -> Error> {
    let param = |name| params.iter().find(|(n, _)| *n == name).map(|(_, value)| value);
    let unknown: fn() -> Error = || Error::Admin(AdminRefusal::NoRole);
    match (param("group"), param("app")) {
        (Some(group), _) => group.parse().map(Some).map_err(|_| unknown),
        (None, Some(app)) => call.auth().app(app).map(|app| Some(app.group_id)).map_err(|_| unknown),
        (None, None) => Ok(None),
    }
}

/// Writes an act down. It was done, so a failure of the log is told to the operator, not to the caller.
async fn note(call: &Call, admin: &AdminCaller, act: Act, status: StatusCode) {
    let Act { project, what, target } = act;
    let entry = AuditEntry { project, what: what.clone(), target: &target, status: status.as_u16() };
    if let Err(error) = call.auth().note(admin, entry).await {
        tracing::error!(%what, error = %with_causes(&error, ": "), "an act of an administrator was not written down");
    }
}

async fn refuse(call: &Call, error: Error, body: Body) -> Response {
    drain(body).await;
    call.failed(error, None).into_response()
}

/// Reads a body to its end and forgets it.
async fn drain(mut body: Body) {
    let mut drained = 0;
    while let Some(Ok(frame)) = body.frame().await {
        drained += frame.data_ref().map_or(0, bytes::Bytes::len);
        if drained > MOST_DRAINED {
            return;
        }
    }
}
