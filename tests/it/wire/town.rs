//! Three apps in one process, and what they answer.

use std::sync::Arc;

use axum::body::Body;
use http_body_util::BodyExt;
use passerby::auth::{App, Presented};
use passerby::http::{Front, Guard, Http, Limits, metrics::Metrics, routes};
use passerby::model::{AccessTokenSettings, Settings, Timestamp, TokenForm};
use serde_json::{Value, json};

use super::verdict::{Good, Refused, Verdict};
use crate::support::{Guest, House, PUBLIC_URL};

pub(super) const BEGINNING: Timestamp = Timestamp(1_800_000_000);

/// A guest with both tokens.
pub(super) struct Resident {
    pub(super) access: String,
    pub(super) of_house: Guest,
}

/// Three apps: two of the `standard` form, one of the `original` one.
pub(super) struct Town {
    pub(super) house: House,
    front: Front,
    pub(super) apps: Vec<Arc<App>>,
    /// One guest of each app, whose tokens are good.
    pub(super) guests: Vec<Resident>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: u16,
    content_type: Option<String>,
    request: String,
    body: String,
}

impl Said {
    pub(super) fn compare(
        &self,
        what: &str,
        verdict: Verdict,
        good: Option<(u16, Option<&str>)>,
        app: Option<&App>,
    ) {
        let said = format!("{what}: {self:?}");
        let (status, code) = match (verdict, good) {
            (Refused(code, _), _) => (401, code),
            (Good, good) => good.expect("a route for good tokens"),
        };
        assert_eq!(self.status, status, "{said}");
        if status < 400 {
            return;
        }
        assert_eq!(self.content_type.as_deref(), Some("application/json"), "{said}");
        let mut body: Value = serde_json::from_str(&self.body).expect("JSON");
        let body = body.as_object_mut().expect("an object");
        let link = app.map(|app| {
            let (group, id) = (app.group_id, app.id);
            json!(format!("{PUBLIC_URL}/groups/{group}/apps/{id}/logs?co_id={}", self.request))
        });
        assert_eq!(body.remove("link"), link, "{said}");
        assert_eq!(body.remove("error_code"), code.map(|code| json!(code)), "{said}");
        let text = body.remove("error");
        if let Refused(_, expected) = verdict {
            assert_eq!(text, Some(json!(expected)), "{said}");
        }
        assert!(body.is_empty(), "{said}");
    }
}

impl Town {
    pub(super) async fn open() -> Town {
        let house = House::open(BEGINNING).await;
        let mut apps = Vec::new();
        for (name, form) in [
            ("one-aaaaa", TokenForm::Standard),
            ("two-aaaaa", TokenForm::Standard),
            ("old-aaaaa", TokenForm::Original),
        ] {
            let access_token = AccessTokenSettings { form, minutes: 30 };
            apps.push(house.deploy(name, Settings { access_token, ..Settings::default() }).await);
        }
        let http = Http {
            auth: Arc::clone(&house.auth),
            ask: Arc::clone(&house.store) as _,
            metrics: Arc::new(Metrics::new()),
            limits: Limits {
                max_body: 1 << 20,
                max_in_flight: 100,
                body_timeout: std::time::Duration::from_secs(10),
                request_timeout: std::time::Duration::from_secs(30),
            },
            trusted_proxies: Arc::new([]),
        };
        let front = Front::new(http.clone(), routes(http, true), Guard::Open);
        let mut town = Town { house, front, apps, guests: Vec::new() };
        for n in 0..town.apps.len() {
            let guest = town.log_in(n).await;
            town.guests.push(guest);
        }
        town
    }

    pub(super) async fn log_in(&self, app: usize) -> Resident {
        let app = self.house.auth.app(self.apps[app].client_app_id.as_str()).expect("the app as it is now");
        let of_house = self.house.log_in(&app).await;
        let token = Presented::read(&of_house.refresh).expect("a token");
        let caller = self.house.auth.refresh_caller(&app, &token).await.expect("a session");
        Resident { access: self.house.auth.refresh(&caller).expect("a token"), of_house }
    }

    pub(super) async fn ask(&self, method: &str, target: &str, authorization: Option<&str>) -> Said {
        let mut request = http::Request::builder().method(method).uri(target);
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        let response = self.front.answer(None, request.body(Body::empty()).expect("a request")).await;
        let text = |name: &str| response.headers().get(name).map(|v| v.to_str().expect("text").to_owned());
        Said {
            status: response.status().as_u16(),
            content_type: text("content-type"),
            request: text("x-appservices-request-id").expect("every request has an id"),
            body: String::from_utf8(
                response.into_body().collect().await.expect("a body").to_bytes().to_vec(),
            )
            .expect("text"),
        }
    }
}
