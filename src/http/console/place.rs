//! The app that a page is about.

use axum::extract::{FromRequestParts, RawPathParams};
use http::Method;
use http::request::Parts;
use serde_json::Value;

use super::Console;
use super::api::Refusal;
use super::trouble::Trouble;
use super::visit::Visit;
use crate::http::form::encoded;

/// An app, and who looks at it.
pub(super) struct Place {
    pub(super) visit: Visit,
    /// Its project.
    pub(super) group: String,
    /// Its `_id`.
    pub(super) id: String,
    pub(super) client_app_id: String,
    pub(super) name: String,
    /// The open draft of whoever looks.
    pub(super) draft: Option<String>,
    /// Whether whoever looks may change it.
    pub(super) is_owner: bool,
}

impl FromRequestParts<Console> for Place {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Place, Trouble> {
        let visit = Visit::from_request_parts(parts, console).await?;
        let params = RawPathParams::from_request_parts(parts, console).await;
        let param = |name: &str| {
            let found = params.iter().flat_map(|p| p.iter()).find(|(n, _)| *n == name);
            encoded(found.map(|(_, value)| value).unwrap_or_default())
        };
        let (group, id) = (param("group"), param("app"));
        let base = format!("/api/admin/v3.0/groups/{group}/apps/{id}");
        let app = visit.api.get(&base).await?;
        let drafts = visit.api.get(&format!("{base}/drafts")).await?;
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        Ok(Place {
            is_owner: group.parse().is_ok_and(|group| visit.owns(group)),
            client_app_id: text(&app, "client_app_id"),
            name: text(&app, "name"),
            draft: drafts[0]["_id"].as_str().map(str::to_owned),
            visit,
            group,
            id,
        })
    }
}

impl Place {
    /// A page of the app, such as `/users`.
    pub(super) fn page(&self, rest: &str) -> String {
        format!("/groups/{}/apps/{}{rest}", self.group, self.id)
    }

    /// A path of the Admin API below the app, such as `/auth_providers`.
    pub(super) fn admin(&self, rest: &str) -> String {
        format!("/api/admin/v3.0/groups/{}/apps/{}{rest}", self.group, self.id)
    }

    /// A path of ours below the app, such as `/settings`.
    pub(super) fn ours(&self, rest: &str) -> String {
        format!("/api/passerby/v1/apps/{}{rest}", self.client_app_id)
    }

    /// What the Admin API has below the app.
    pub(super) async fn get(&self, rest: &str) -> Result<Value, Refusal> {
        self.visit.api.get(&self.admin(rest)).await
    }

    /// Does something below the app.
    pub(super) async fn send(&self, method: Method, rest: &str, body: &Value) -> Result<Value, Refusal> {
        self.visit.api.send(method, &self.admin(rest), Some(body)).await
    }

    /// Makes a part of a list of the Admin API, such as `/values`, when its id is `new`; changes the one of its id otherwise.
    pub(super) async fn put(&self, list: &str, id: &str, body: &Value) -> Result<(), Refusal> {
        match id {
            "new" => self.send(Method::POST, list, body).await?,
            id => self.send(Method::PUT, &format!("{list}/{}", encoded(id)), body).await?,
        };
        Ok(())
    }

    /// The word for a change that was kept: it waits in a draft, or is live where the app is told so.
    pub(super) async fn kept(&self) -> Result<&'static str, Refusal> {
        let drafts = self.get("/drafts").await?;
        Ok(if drafts.get(0).is_some() { "saved" } else { "live" })
    }
}
