//! `GET /api/passerby/v1/audit?after=&limit=`: what administrators did, the newest first.

use axum::extract::RawQuery;
use http::StatusCode;
use serde_json::json;

use super::query::Query;
use crate::http::call::{Answer, Call};
use crate::http::reply;

/// Of the projects that the caller owns; the owner of the data sees all.
pub(super) async fn list(call: Call, RawQuery(query): RawQuery) -> Answer {
    let query = Query::read(query);
    let page = query.parsed("after").and_then(|after| Ok((after, query.limit()?)));
    let (after, limit) = page.map_err(|e| call.failed(e, None))?;
    let lines = call.auth().audit(call.admin()?, after, limit).await.map_err(|e| call.failed(e, None))?;
    let views: Vec<_> = lines
        .into_iter()
        .map(|line| {
            json!({
                "_id": line.id.to_string(),
                "at": line.id.0.created().rfc3339(),
                "admin_id": line.admin.map(|id| id.to_string()),
                "who": line.who,
                "project": line.project.map(|id| id.to_string()),
                "what": line.what,
                "target": line.target,
                "origin": line.origin,
                "address": line.address,
                "status": line.status,
            })
        })
        .collect();
    Ok(reply::json(StatusCode::OK, &views))
}
