//! `GET /api/admin/v3.0/groups/{group}/apps` and `…/apps/{app}`.

use axum::extract::{Path, RawQuery};
use http::StatusCode;

use super::app_in_group;
use super::query::Query;
use super::view::AppView;
use crate::http::call::{Answer, Call};
use crate::http::reply;

/// The apps of a project. All of ours are of the `standard` product, which is also what no `product` asks for: a tool
/// that lists one product after the other must not meet an app twice.
pub(super) async fn list(call: Call, Path(group): Path<String>, RawQuery(query): RawQuery) -> Answer {
    let query = Query::read(query);
    let products = query.text("product").filter(|p| !p.is_empty()).unwrap_or("standard");
    let wanted = products.split(',').any(|product| product == "standard");
    let mut apps = call.auth().apps();
    apps.retain(|app| wanted && app.group_id.to_string() == group);
    let views: Vec<AppView<'_>> = apps.iter().map(|app| AppView::of(app)).collect();
    Ok(reply::json(StatusCode::OK, &views))
}

pub(super) async fn one(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    Ok(reply::json(StatusCode::OK, &AppView::of(&app)))
}
