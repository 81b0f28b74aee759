//! `custom-token`: a JWT that the app's own issuer signed.

use crate::auth::custom_token::CustomToken;
use crate::auth::link::Proved;
use crate::auth::log_in::required;
use crate::auth::{App, Auth, Error, Login, Result};
use crate::model::ProviderType;

pub(crate) async fn prove(auth: &Auth, app: &App, login: &Login) -> Result<Proved> {
    let kind = ProviderType::CustomToken;
    let token = required(&login.body, "token")?;
    let provider = app.config.provider(kind).ok_or(Error::ProviderDisabled(kind))?;
    let secret = |name: &str| auth.secret(app, name).ok().flatten();
    let config = CustomToken::read(&provider.rest, app.client_app_id.as_str(), secret)
        .map_err(|bad| Error::BadCredential(bad.to_string()))?;
    match config.prove(token, &auth.key_sets, auth.clock().now()).await {
        Ok(person) => Ok(Proved::person(kind, person.id, person.data)),
        Err(refusal) if refusal.is_unavailable() => Err(Error::IssuerUnavailable(refusal.to_string())),
        Err(refusal) => Err(Error::BadCredential(refusal.to_string())),
    }
}
