//! Tokens as a forger makes them, with keys that a forger has, and some that only a thief of the store would have.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passerby::auth::App;
use passerby::store::Ask;
use serde_json::{Value, json};

/// The newest signing keys of an app, as the store holds them.
pub(super) struct Keys {
    pub(super) access: EcdsaKeyPair,
    pub(super) access_id: String,
    pub(super) original: Vec<u8>,
    pub(super) refresh: Vec<u8>,
}

impl Keys {
    pub(super) async fn steal(store: &dyn Ask, app: &App) -> Keys {
        let record = store.app(app.key).await.expect("the store works").expect("the app");
        let newest = |purpose| record.keys.iter().rfind(|key| key.purpose == purpose).expect("a key");
        // The first byte says that what follows is not sealed.
        let material = |purpose| newest(purpose).material.expose()[1..].to_vec();
        let access = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &material(1));
        Keys {
            access: access.expect("a key"),
            access_id: newest(1).id.clone(),
            original: material(2),
            refresh: material(3),
        }
    }

    /// An access token of the `standard` form with whatever claims.
    pub(super) fn standard(&self, claims: &Value) -> String {
        es256(&self.access, &json!({ "alg": "ES256", "kid": self.access_id, "typ": "JWT" }), claims)
    }

    /// The public point, which everybody knows.
    pub(super) fn public(&self) -> &[u8] {
        self.access.public_key().as_ref()
    }
}

/// The header of every HS256 token of ours.
pub(super) fn hs256_header() -> Value {
    json!({ "alg": "HS256", "typ": "JWT" })
}

pub(super) fn hs256(key: &[u8], header: &Value, claims: &Value) -> String {
    let signed = unsigned(header, claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), signed.as_bytes());
    format!("{signed}.{}", encode(tag.as_ref()))
}

pub(super) fn es256(key: &EcdsaKeyPair, header: &Value, claims: &Value) -> String {
    let signed = unsigned(header, claims);
    let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature");
    format!("{signed}.{}", encode(signature.as_ref()))
}

/// `header.payload`.
pub(super) fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()))
}

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn claims(token: &str) -> Value {
    part(token, 1)
}

pub(super) fn header(token: &str) -> Value {
    part(token, 0)
}

pub(super) fn signature(token: &str) -> &str {
    token.rsplit('.').next().expect("a signature")
}

/// Claims with some of them changed, or with `null` removed.
pub(super) fn edited(claims: &Value, edits: &Value) -> Value {
    let mut claims = claims.clone();
    let object = claims.as_object_mut().expect("claims");
    for (name, value) in edits.as_object().expect("edits") {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
    claims
}

fn part(token: &str, place: usize) -> Value {
    let part = token.split('.').nth(place).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}
