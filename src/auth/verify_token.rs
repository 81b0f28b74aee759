//! Whether an access token is one of an app's: its signature and its time, and no look at session or user.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{App, Auth, Error, Presented, Result, TokenKind};

/// What an access token is found to be.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenVerdict {
    /// Good; what it says, in the words of the Admin API.
    Good(Map<String, Value>),
    /// Of the app, and over.
    Expired,
}

/// Under which name a claim is told, in its order.
const TOLD: [(&str, &str); 7] = [
    ("sub", "sub"),
    ("exp", "exp"),
    ("iat", "iat"),
    ("aud", "aud"),
    ("domain_id", "baas_domain_id"),
    ("device_id", "baas_device_id"),
    ("custom_user_data", "user_data"),
];

impl Auth {
    /// Looks at the signature, then at the time.
    pub fn verify_token(&self, app: &Arc<App>, token: &str) -> Result<TokenVerdict> {
        let presented = Presented::read(token).filter(|token| token.kind() == TokenKind::Access);
        let presented = presented.ok_or(Error::BadSignature)?;
        let is_of_app = presented.domain() == Some(app.domain_id) && presented.is_addressed_to(app);
        if !is_of_app || !self.access_signature_is_good(app, &presented) {
            return Err(Error::BadSignature);
        }
        if presented.is_over(self.clock().now()) {
            return Ok(TokenVerdict::Expired);
        }
        let claims = claims(token).ok_or(Error::BadSignature)?;
        let mut told: Map<String, Value> = TOLD
            .iter()
            .filter_map(|(name, claim)| Some(((*name).to_owned(), claims.get(*claim)?.clone())))
            .collect();
        // In either form that is what tools expect there.
        if let Some((_, session)) = presented.subject() {
            told.insert("iss".to_owned(), session.to_string().into());
        }
        Ok(TokenVerdict::Good(told))
    }
}

fn claims(token: &str) -> Option<Map<String, Value>> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}
