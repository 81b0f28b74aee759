//! `GET …/apps/{app}/logs`: what happened in an app; and how many guests came.

use axum::extract::{Path, RawQuery};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::app_in_group;
use super::query::Query;
use crate::auth::{App, Error, LogPage};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::{
    AppId, DomainId, GroupId, GuestLogins, LogDetails, LogEntry, LogQuery, LogType, Millis, ObjectId,
    RequestId, UserId,
};

/// Entries on a page.
const PAGE: u32 = 100;
/// The most that may be left out: whoever wants more narrows the dates.
const MOST_SKIPPED: u32 = 100_000;

#[derive(Serialize)]
struct Page<'a> {
    logs: Vec<EntryView<'a>>,
    #[serde(rename = "nextEndDate", skip_serializing_if = "Option::is_none")]
    next_end_date: Option<String>,
    #[serde(rename = "nextSkip", skip_serializing_if = "Option::is_none")]
    next_skip: Option<u32>,
}

/// An entry in the original's words. Tools of the original read dates in no other form.
#[derive(Serialize)]
struct EntryView<'a> {
    #[serde(rename = "_id")]
    id: ObjectId,
    co_id: RequestId,
    #[serde(rename = "type")]
    kind: &'static str,
    domain_id: DomainId,
    app_id: AppId,
    group_id: GroupId,
    request_url: &'a str,
    request_method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_ip_address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    started: String,
    completed: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    error: &'a str,
    error_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_event: Option<AuthEventView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_subscription_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mem_time_usage: Option<i64>,
    #[serde(flatten)]
    device: Option<DeviceView>,
    messages: &'a [String],
}

#[derive(Serialize)]
struct AuthEventView {
    #[serde(rename = "type")]
    kind: crate::model::AuthEventType,
    provider: &'static str,
    failed: bool,
}

#[derive(Serialize)]
struct DeviceView {
    platform: String,
    platform_version: String,
    sdk_name: String,
    sdk_version: String,
}

impl DeviceView {
    fn read(details: &str) -> Option<DeviceView> {
        let details: Value = serde_json::from_str(details).ok()?;
        let text = |name: &str| {
            let said = details.get(name).and_then(Value::as_str).unwrap_or_default();
            said.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
        };
        Some(DeviceView {
            platform: text("platform"),
            platform_version: text("platformVersion"),
            sdk_name: text("sdk"),
            sdk_version: text("sdkVersion"),
        })
    }
}

impl<'a> EntryView<'a> {
    fn of(app: &App, entry: &'a LogEntry, device: Option<&str>) -> EntryView<'a> {
        let details: &LogDetails = &entry.details;
        // Not measured.
        let runs = matches!(entry.kind, LogType::Function | LogType::AuthTrigger);
        EntryView {
            id: entry.id,
            co_id: entry.co_id,
            kind: entry.kind.name(),
            domain_id: app.domain_id,
            app_id: app.id,
            group_id: app.group_id,
            request_url: &details.request_url,
            request_method: &details.request_method,
            remote_ip_address: details.remote_ip_address.as_deref(),
            user_id: entry.user,
            started: entry.started.to_string(),
            completed: entry.completed.to_string(),
            status: details.status,
            error: &details.error,
            error_code: &details.error_code,
            auth_event: details.auth_event.map(|event| AuthEventView {
                kind: event.kind,
                provider: event.provider.map_or("", |provider| provider.as_str()),
                failed: entry.is_error,
            }),
            event_subscription_name: details.trigger_name.as_deref(),
            function_name: details.function_name.as_deref(),
            mem_time_usage: runs.then_some(0),
            device: device.or(details.device.as_deref()).and_then(DeviceView::read),
            messages: &details.messages,
        }
    }
}

/// A page, the newest first.
pub(super) async fn list(
    call: Call,
    Path((group, app)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let wanted = wanted(&Query::read(query)).map_err(|e| call.failed(e, Some(&app)))?;
    let page = call.auth().logs(&app, wanted).await.map_err(|e| call.failed(e, Some(&app)))?;
    let LogPage { entries, next_until, next_skip } = &page;
    let logs = entries.iter().map(|logged| EntryView::of(&app, &logged.entry, logged.device.as_deref()));
    let next_end_date = next_until.map(|at| at.to_string());
    Ok(reply::json(StatusCode::OK, &Page { logs: logs.collect(), next_end_date, next_skip: *next_skip }))
}

/// What is asked for. Types of parts that are not here have no entries.
fn wanted(query: &Query) -> Result<LogQuery, Error> {
    let kinds = query.text("type").filter(|list| !list.is_empty());
    let within = |name: &str, most: u32, value: Option<u32>, range: std::ops::RangeInclusive<u32>| match value
    {
        None => Ok(most),
        Some(value) if range.contains(&value) => Ok(value),
        Some(other) => Err(Error::BadParameter(format!(
            "`{name}`: expected {} to {}, found {other}",
            range.start(),
            range.end()
        ))),
    };
    Ok(LogQuery {
        kinds: kinds.map(|list| list.split(',').filter_map(|name| LogType::from_name(name.trim())).collect()),
        // Its presence counts, as in the original.
        errors_only: query.text("errors_only").is_some(),
        user: query.parsed("user_id")?,
        co_id: query.parsed("co_id")?,
        after: query.parsed::<Millis>("start_date")?,
        until: query.parsed::<Millis>("end_date")?,
        skip: within("skip", 0, query.parsed("skip")?, 0..=MOST_SKIPPED)?,
        limit: within("limit", PAGE, query.parsed("limit")?, 1..=PAGE)?,
    })
}

#[derive(Serialize)]
struct GuestLoginsView {
    day: String,
    platform: &'static str,
    logins: u64,
}

/// `GET /api/passerby/v1/apps/{app}/guest_logins?days=30`: `[{day, platform, logins}]`, days with guests only.
pub(super) async fn guest_logins(call: Call, Path(app): Path<String>, RawQuery(query): RawQuery) -> Answer {
    let app = call.app(&app)?;
    let days = Query::read(query).days().map_err(|e| call.failed(e, Some(&app)))?;
    let counts = call.auth().guest_logins(&app, days).await.map_err(|e| call.failed(e, Some(&app)))?;
    let view = |GuestLogins { day, platform, logins }| GuestLoginsView {
        day: day.to_string(),
        platform: platform.name(),
        logins,
    };
    let views: Vec<GuestLoginsView> = counts.into_iter().map(view).collect();
    Ok(reply::json(StatusCode::OK, &views))
}
