//! `oauth2-google`, `oauth2-facebook`, `oauth2-apple`: what the issuer's own SDK gave the app.

use serde_json::Value;

use crate::auth::link::Proved;
use crate::auth::oauth::{Credential, Kind, OAuth, Reach, Refusal};
use crate::auth::person::Person;
use crate::auth::{App, Auth, Error, Login, Result};
use crate::model::ProviderType;

/// The app's provider, resolved.
pub(crate) fn config(auth: &Auth, app: &App, provider: ProviderType) -> Result<OAuth> {
    let disabled = || Error::ProviderDisabled(provider);
    let kind = Kind::of(provider).ok_or_else(disabled)?;
    let record = app.config.provider(provider).ok_or_else(disabled)?;
    let secret = |name: &str| auth.secret(app, name).ok().flatten();
    let endpoints = auth.endpoints(kind);
    OAuth::read(kind, &record.rest, secret, endpoints, auth.public_url())
        .map_err(|bad| Error::BadCredential(bad.to_string()))
}

pub(crate) async fn prove(auth: &Auth, app: &App, provider: ProviderType, login: &Login) -> Result<Proved> {
    let config = config(auth, app, provider)?;
    let text = |name: &str| login.body.get(name).and_then(Value::as_str);
    let credential = match (text("authCode"), text("id_token"), text("accessToken")) {
        (Some(code), None, None) => Credential::AuthCode(code),
        (None, Some(token), None) => Credential::IdToken(token),
        (None, None, Some(token)) => Credential::AccessToken(token),
        _ => return Err(Error::MissingParameter("authCode, id_token or accessToken")),
    };
    proved(provider, config.prove(credential, &reach(auth)).await)
}

pub(crate) fn reach(auth: &Auth) -> Reach<'_> {
    Reach { fetch: &*auth.parts.fetch, sets: &auth.key_sets, now: auth.clock().now() }
}

pub(crate) fn proved(provider: ProviderType, person: std::result::Result<Person, Refusal>) -> Result<Proved> {
    match person {
        Ok(person) => Ok(Proved::person(provider, person.id, person.data)),
        Err(Refusal::DomainNotAllowed) => Err(Error::DomainNotAllowed),
        Err(refusal) if refusal.is_unavailable() => Err(Error::IssuerUnavailable(refusal.to_string())),
        Err(refusal) => Err(Error::BadCredential(refusal.to_string())),
    }
}
