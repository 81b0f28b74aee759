//! `GET /auth/profile`: who the caller is.

use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Scope, scope};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::{DomainId, ProviderId, ProviderType, UserId, UserType};

#[derive(Serialize)]
struct Profile<'a> {
    user_id: UserId,
    domain_id: DomainId,
    identities: Vec<Identity<'a>>,
    data: Map<String, Value>,
    #[serde(rename = "type")]
    kind: UserType,
}

#[derive(Serialize)]
struct Identity<'a> {
    id: &'a str,
    provider_type: ProviderType,
    provider_id: ProviderId,
}

pub(super) async fn profile(call: Call, path: Scope) -> Answer {
    let caller = call.access(scope(&path)).await?;
    let (app, user) = (&caller.app, &caller.user);
    let identities = user.identities.iter().map(|identity| Identity {
        id: &identity.id,
        provider_type: identity.provider,
        provider_id: app.provider_id(identity.provider),
    });
    let profile = Profile {
        user_id: user.id,
        domain_id: app.domain_id,
        identities: identities.collect(),
        data: user.data(Some(caller.session.identity)),
        kind: user.kind,
    };
    Ok(reply::json(StatusCode::OK, &profile))
}
