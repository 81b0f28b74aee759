//! `/api/passerby/v1/apps/{app}/statistics` and `…/expiry/preview`: an app in numbers.

use std::collections::BTreeMap;

use axum::extract::{Path, RawQuery};
use http::StatusCode;
use serde::Serialize;

use super::query::Query;
use crate::auth::{DayStatistics, ExpiryPreview, Live, Minute, Statistics};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::{Day, ProviderType};

#[derive(Serialize)]
struct StatisticsView {
    days: Vec<DayView>,
    median_seconds_to_link: Option<u64>,
    live: LiveView,
    logins_per_minute: Vec<MinuteView>,
    upcoming_expiries: PreviewView,
}

/// What became of the guests that were made on a day, and what happened on it.
#[derive(Serialize)]
struct DayView {
    day: String,
    created: u64,
    /// By how many days later.
    returned: BTreeMap<u8, u64>,
    linked: BTreeMap<ProviderType, u64>,
    expired: u64,
    deleted: u64,
    logins: BTreeMap<ProviderType, u64>,
}

#[derive(Serialize)]
struct LiveView {
    guests: u64,
    people: u64,
    servers: u64,
}

#[derive(Serialize)]
struct MinuteView {
    /// The second in which it began, as `2026-11-24T06:30:00Z`.
    minute: String,
    guests: u64,
    others: u64,
}

#[derive(Serialize)]
struct PreviewView {
    now: u64,
    days: Vec<DepartureView>,
}

#[derive(Serialize)]
struct DepartureView {
    day: String,
    guests: u64,
}

impl From<Statistics> for StatisticsView {
    fn from(told: Statistics) -> StatisticsView {
        let Live { guests, people, servers } = told.live;
        let minutes = told.logins_per_minute.into_iter();
        StatisticsView {
            days: told.days.into_iter().map(DayView::from).collect(),
            median_seconds_to_link: told.median_seconds_to_link,
            live: LiveView { guests, people, servers },
            logins_per_minute: minutes
                .map(|(at, Minute { guests, others })| MinuteView { minute: at.rfc3339(), guests, others })
                .collect(),
            upcoming_expiries: told.upcoming_expiries.into(),
        }
    }
}

impl From<DayStatistics> for DayView {
    fn from(told: DayStatistics) -> DayView {
        let DayStatistics { day, created, returned, linked, expired, deleted, logins } = told;
        DayView {
            day: day.to_string(),
            created,
            returned: returned.into_iter().collect(),
            linked,
            expired,
            deleted,
            logins,
        }
    }
}

impl From<ExpiryPreview> for PreviewView {
    fn from(told: ExpiryPreview) -> PreviewView {
        let departure = |(day, guests): (Day, u64)| DepartureView { day: day.to_string(), guests };
        PreviewView { now: told.now, days: told.days.into_iter().map(departure).collect() }
    }
}

/// `GET …/statistics?days=30`.
pub(super) async fn statistics(call: Call, Path(app): Path<String>, RawQuery(query): RawQuery) -> Answer {
    let app = call.app(&app)?;
    let days = Query::read(query).days().map_err(|e| call.failed(e, Some(&app)))?;
    let told = call.auth().statistics(&app, days).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::OK, &StatisticsView::from(told)))
}

/// `GET …/expiry/preview?clock=&days=`: what is not said is as in the policy in force.
pub(super) async fn preview(call: Call, Path(app): Path<String>, RawQuery(query): RawQuery) -> Answer {
    let app = call.app(&app)?;
    let in_force = app.config.settings.anonymous_user_expiration;
    let policy = Query::read(query).policy(in_force).map_err(|e| call.failed(e, Some(&app)))?;
    let told = call.auth().preview_expiry(&app, policy).await.map_err(|e| call.failed(e, Some(&app)))?;
    Ok(reply::json(StatusCode::OK, &PreviewView::from(told)))
}
