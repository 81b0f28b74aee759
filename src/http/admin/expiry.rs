//! `/api/passerby/v1/apps/{app}/expiring` and `…/expire`: who goes, and let them go.

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::body;
use super::query::Query;
use super::view::UserView;
use crate::http::call::{Answer, Call};
use crate::http::reply;

/// `GET …/expiring?after=&limit=`: a page of the guests that the policy lets go now.
pub(super) async fn expiring(call: Call, Path(app): Path<String>, RawQuery(query): RawQuery) -> Answer {
    let app = call.app(&app)?;
    let query = Query::read(query);
    let (after, limit) =
        query.after().and_then(|after| Ok((after, query.limit()?))).map_err(|e| call.failed(e, None))?;
    let users = call.auth().expiring(&app, after, limit).await.map_err(|e| call.failed(e, Some(&app)))?;
    let views: Vec<UserView<'_>> = users.iter().map(|user| UserView::of(&app, user)).collect();
    Ok(reply::json(StatusCode::OK, &views))
}

#[derive(Deserialize)]
struct Expire {
    /// Says that the clock is right, although it went further than is believed.
    #[serde(default)]
    accept_clock: bool,
}

#[derive(Serialize)]
struct Gone {
    removed: u64,
}

/// `POST …/expire`: removes them. 409 after a jump of the clock, unless `accept_clock`.
pub(super) async fn expire(call: Call, Path(app): Path<String>, request: Body) -> Answer {
    let app = call.app(&app)?;
    let Expire { accept_clock } = body(&call, request).await?;
    let removed =
        call.auth().expire_guests(&app, accept_clock).await.map_err(|e| call.failed(e, Some(&app)))?;
    call.http.metrics.expired.inc_by(removed);
    Ok(reply::json(StatusCode::OK, &Gone { removed }))
}
