//! How we prove to an issuer that it is us.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Refusal;
use super::settings::BadOAuth;
use crate::auth::pem;
use crate::model::{Secret, Timestamp};

/// How long a secret that is signed on demand is good.
const SIGNED_SECS: i64 = 300;

/// The client secret.
pub enum ClientSecret {
    /// As it stands; Apple's is a token that somebody signed, for six months at most.
    Given(Secret<String>),
    /// Signed whenever it is needed, so that it never expires.
    Signed {
        /// Apple's team id.
        team_id: String,
        /// The key's id.
        key_id: String,
        /// The private key.
        key: Box<EcdsaKeyPair>,
    },
}

impl ClientSecret {
    /// From the `.p8` file that Apple gives.
    pub fn signed(team_id: &str, key_id: &str, p8: &Secret<String>) -> Result<ClientSecret, BadOAuth> {
        let section = pem::first(p8.expose()).filter(|section| section.label == "PRIVATE KEY");
        let key = section
            .and_then(|section| EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &section.der).ok())
            .ok_or(BadOAuth::PrivateKey)?;
        Ok(ClientSecret::Signed {
            team_id: team_id.to_owned(),
            key_id: key_id.to_owned(),
            key: Box::new(key),
        })
    }

    /// The secret of a client, for an issuer, now.
    pub(super) fn of(
        &self,
        client_id: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<Secret<String>, Refusal> {
        let (team_id, key_id, key) = match self {
            ClientSecret::Given(secret) => return Ok(secret.clone()),
            ClientSecret::Signed { team_id, key_id, key } => (team_id, key_id, key),
        };
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": "ES256", "kid": key_id });
        let claims = json!({
            "iss": team_id, "iat": now.0, "exp": now.plus(SIGNED_SECS).0, "aud": audience, "sub": client_id,
        });
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature =
            key.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| Refusal::ClientSecret)?;
        Ok(Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))))
    }
}
