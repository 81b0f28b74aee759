//! An issuer for tests: it signs tokens, and answers where the real ones would.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use aws_lc_rs::{encoding::AsDer, hmac};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::outbound::{Fetch, FetchError, Outcome, Request, Response};

static KEYS: LazyLock<[KeyPair; 2]> =
    LazyLock::new(|| [0, 1].map(|_| KeyPair::generate(KeySize::Rsa2048).unwrap()));

/// What signs a token.
pub(super) enum Signer {
    Rsa(&'static KeyPair),
    Hmac(Vec<u8>),
}

impl Signer {
    pub(super) fn rsa() -> Signer {
        Signer::Rsa(&KEYS[0])
    }

    /// Another key than [`Signer::rsa`].
    pub(super) fn other_rsa() -> Signer {
        Signer::Rsa(&KEYS[1])
    }

    pub(super) fn hmac(secret: &str) -> Signer {
        Signer::Hmac(secret.as_bytes().to_vec())
    }

    pub(super) fn sign_bytes(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Signer::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
            Signer::Hmac(secret) => {
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
            }
        }
    }

    /// A whole token.
    pub(super) fn token(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.sign_bytes(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    fn pair(&self) -> &'static KeyPair {
        match self {
            Signer::Rsa(pair) => pair,
            Signer::Hmac(_) => panic!("no RSA key"),
        }
    }

    pub(super) fn spki_pem(&self) -> String {
        pem("PUBLIC KEY", self.pair().public_key().as_der().unwrap().as_ref())
    }

    pub(super) fn pkcs1_pem(&self) -> String {
        pem("RSA PUBLIC KEY", self.pair().public_key().as_ref())
    }

    /// The public key as a JWK.
    pub(super) fn jwk(&self, kid: &str) -> Value {
        // SEQUENCE { INTEGER n of 257 bytes, INTEGER 65537 }.
        let der = self.pair().public_key().as_ref();
        assert_eq!((der.len(), &der[4..9]), (270, &[2, 0x82, 1, 1, 0][..]));
        let n = URL_SAFE_NO_PAD.encode(&der[9..265]);
        json!({ "kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": n, "e": "AQAB" })
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|c| std::str::from_utf8(c).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Answers by address without its query, and keeps what was asked: address, and body if there is one.
#[derive(Default)]
pub(super) struct Internet {
    answers: Mutex<HashMap<String, (u16, String)>>,
    asked: Mutex<Vec<String>>,
}

impl Internet {
    #[expect(clippy::needless_pass_by_value, reason = "so that tests say json!(…) and no more")]
    pub(super) fn answers(&self, url: &str, status: u16, body: impl ToString) {
        self.answers.lock().unwrap().insert(url.to_owned(), (status, body.to_string()));
    }

    pub(super) fn is_silent_at(&self, url: &str) {
        self.answers.lock().unwrap().remove(url);
    }

    /// What was asked since this was last called.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Fetch for Internet {
    fn fetch(&self, request: Request) -> Outcome<'_, Response, FetchError> {
        let mut asked = request.url.clone();
        if !request.body.is_empty() {
            asked = format!("{asked} {}", String::from_utf8(request.body).unwrap());
        }
        self.asked.lock().unwrap().push(asked);
        let url = request.url.split('?').next().unwrap_or_default();
        let answer = match self.answers.lock().unwrap().get(url).cloned() {
            Some((status, body)) => Ok(Response { status, headers: Vec::new(), body: body.into_bytes() }),
            None => {
                let host = url::Url::parse(url).unwrap().host_str().unwrap().to_owned();
                Err(FetchError::TimedOut { host, ms: 10_000 })
            }
        };
        // Yields once, so that others who wait for the same answer come to wait.
        Box::pin(async move {
            tokio::task::yield_now().await;
            answer
        })
    }
}
