//! The guard before every route of administrators: who asks, and whether that one may. Handlers behind it trust both.
//!
//! A route names what it is about in its path, and that decides: `{group}` a project, `{app}` without one a client app
//! id. Reading takes any role in the project, everything else takes its owner. A route that names neither answers any
//! administrator, and looks itself at what it may tell.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::ORIGIN;
use http::request::Parts;
use http::{HeaderName, Method};
use http_body_util::BodyExt;

use crate::auth::{Access, AdminCaller, AdminRefusal, Error};
use crate::http::call::Call;
use crate::http::{Failure, Http};
use crate::model::RequestOrigin;

const REQUEST_ORIGIN: HeaderName = HeaderName::from_static("x-baas-request-origin");

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
    params: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(call) = Call::from_request_parts(&mut parts, &http).await;
    let admitted = admit(&call, door, &parts, &params).await;
    match admitted {
        Ok(admin) => {
            parts.extensions.insert(Arc::new(admin));
            // The origins that an app allows are for its own pages, and no administrator's page is one.
            parts.headers.remove(ORIGIN);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(refused) => {
            drain(body).await;
            refused.into_response()
        }
    }
}

async fn admit(
    call: &Call,
    door: Door,
    parts: &Parts,
    params: &RawPathParams,
) -> Result<AdminCaller, Failure> {
    let origin = parts.headers.get(REQUEST_ORIGIN).and_then(|value| value.to_str().ok());
    let origin = RequestOrigin::of_header(origin);
    let admin = match door {
        Door::Socket => return Ok(AdminCaller::owner_of_the_data(origin)),
        Door::Network => {
            let token = call.presented_token();
            call.auth().admin(token, origin, call.address).await.map_err(|e| call.failed(e, None))?
        }
    };
    let access = if parts.method == Method::GET || parts.method == Method::HEAD {
        Access::Read
    } else {
        Access::Write
    };
    check(call, &admin, access, params).map_err(|e| call.failed(e, None))?;
    Ok(admin)
}

fn check(call: &Call, admin: &AdminCaller, access: Access, params: &RawPathParams) -> Result<(), Error> {
    let param = |name| params.iter().find(|(n, _)| *n == name).map(|(_, value)| value);
    let group = match (param("group"), param("app")) {
        (Some(group), _) => group.parse().map_err(|_| Error::Admin(AdminRefusal::NoRole))?,
        (None, Some(app)) => call.auth().app(app)?.group_id,
        (None, None) => return Ok(()),
    };
    admin.check(group, access)
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
