//! Apps and users as the Admin API shows them. Times are whole seconds.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::auth::App;
use crate::model::{AppId, ClientAppId, DomainId, GroupId, ProviderId, ProviderType, User, UserId, UserType};

/// An app.
#[derive(Serialize)]
pub(super) struct AppView<'a> {
    #[serde(rename = "_id")]
    id: AppId,
    client_app_id: &'a ClientAppId,
    name: &'a str,
    location: &'a str,
    deployment_model: &'a str,
    provider_region: &'a str,
    domain_id: DomainId,
    group_id: GroupId,
    /// Always 0: not measured.
    last_used: i64,
    last_modified: i64,
    product: &'static str,
    environment: &'a str,
}

impl<'a> AppView<'a> {
    pub(super) fn of(app: &'a App) -> AppView<'a> {
        let config = &app.config;
        let said = |key, default| config.root.get(key).and_then(Value::as_str).unwrap_or(default);
        AppView {
            id: app.id,
            client_app_id: &app.client_app_id,
            name: &config.name,
            location: &config.location,
            deployment_model: &config.deployment_model,
            provider_region: said("provider_region", "aws-us-east-1"),
            domain_id: app.domain_id,
            group_id: app.group_id,
            last_used: 0,
            last_modified: app.deployment.0.created().0,
            product: "standard",
            environment: said("environment", ""),
        }
    }
}

/// A user.
#[derive(Serialize)]
pub(super) struct UserView<'a> {
    #[serde(rename = "_id")]
    id: UserId,
    domain_id: DomainId,
    identities: Vec<IdentityView<'a>>,
    #[serde(rename = "type")]
    kind: UserType,
    creation_date: i64,
    /// The last login or request, as far as it is kept: a guest's to the day, anybody else's to the hour; 0 for never.
    last_authentication_date: i64,
    /// Always 0: ended sessions are gone, so no date needs to end them.
    sessions_valid_since: i64,
    disabled: bool,
    data: Map<String, Value>,
}

#[derive(Serialize)]
struct IdentityView<'a> {
    id: &'a str,
    provider_type: ProviderType,
    provider_id: ProviderId,
}

impl<'a> UserView<'a> {
    pub(super) fn of(app: &App, user: &'a User) -> UserView<'a> {
        let identities = user.identities.iter().map(|identity| IdentityView {
            id: &identity.id,
            provider_type: identity.provider,
            provider_id: app.provider_id(identity.provider),
        });
        UserView {
            id: user.id,
            domain_id: app.domain_id,
            identities: identities.collect(),
            kind: user.kind,
            creation_date: user.created().0,
            last_authentication_date: user.last_authentication().map_or(0, |at| at.0),
            sessions_valid_since: 0,
            disabled: user.disabled,
            data: user.data(None),
        }
    }
}
