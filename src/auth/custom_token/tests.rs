use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::auth::stand_in::{Internet, Signer};

const NOW: i64 = 1_800_000_000;
const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn secret(name: &str) -> Option<Secret<String>> {
    let value = match name {
        "hmac" => SECRET.to_owned(),
        "other" => SECRET.replace('0', "9"),
        "short" => "short".to_owned(),
        "pem" => Signer::rsa().spki_pem(),
        _ => return None,
    };
    Some(Secret::new(value))
}

fn read(provider: &Value) -> Result<CustomToken, BadCustomToken> {
    CustomToken::read(provider.as_object().unwrap(), "news-abcde", secret)
}

async fn prove(provider: &Value, token: &str, internet: Internet) -> Result<Person, Refusal> {
    read(provider).unwrap().prove(token, &KeySets::new(Arc::new(internet)), Timestamp(NOW)).await
}

fn hs256(claims: &Value) -> String {
    Signer::hmac(SECRET).token(&json!({ "alg": "HS256" }), claims)
}

fn person(id: &str, data: &Value) -> Person {
    Person { id: id.to_owned(), data: data.as_object().unwrap().clone() }
}

#[tokio::test]
async fn an_app_without_an_audience_wants_its_client_app_id() {
    for config in
        [json!({}), json!({ "audience": [] }), json!({ "audience": "", "signingAlgorithm": "HS256" })]
    {
        let provider = json!({ "config": config, "secret_config": { "signingKeys": ["other", "hmac"] } });
        let token = |aud: &str| hs256(&json!({ "sub": "ann", "aud": aud, "exp": NOW + 9 }));
        let answer = prove(&provider, &token("news-abcde"), Internet::default()).await;
        assert_eq!(answer, Ok(person("ann", &json!({}))));
        let answer = prove(&provider, &token("other-abcde"), Internet::default()).await;
        assert_eq!(
            answer.unwrap_err().to_string(),
            "invalid custom auth token: 'news-abcde' not found in 'aud' claim"
        );
    }
}

#[tokio::test]
async fn all_audiences_are_wanted_or_any() {
    let token = hs256(&json!({ "sub": "ann", "aud": ["a", "c"], "exp": NOW + 9 }));
    for (audience, any, good) in [
        (json!(["a", "c"]), json!(false), true),
        (json!(["a", "b"]), json!(false), false),
        (json!(["a", "b"]), json!(true), true),
        (json!("b, c"), json!("true"), true),
        (json!("b,c"), json!("false"), false),
        (json!(["b"]), json!(true), false),
    ] {
        let provider = json!({
            "config": { "audience": audience, "requireAnyAudience": any },
            "secret_config": { "signingKeys": ["hmac"] },
        });
        assert_eq!(prove(&provider, &token, Internet::default()).await.is_ok(), good, "{provider}");
    }
}

#[tokio::test]
async fn a_token_without_a_required_field_is_refused() {
    let provider = json!({
        "config": { "signingAlgorithm": "RS256" },
        "secret_config": { "signingKeys": ["pem"] },
        "metadata_fields": [{ "required": true, "name": "name.full", "field_name": "name" }],
    });
    let token = |name: Value| {
        Signer::rsa().token(
            &json!({ "alg": "RS256" }),
            &json!({ "sub": "ann", "aud": "news-abcde", "exp": NOW + 9, "name": name }),
        )
    };
    let answer = prove(&provider, &token(json!({ "full": "Ann Lee" })), Internet::default()).await;
    assert_eq!(answer, Ok(person("ann", &json!({ "name": "Ann Lee" }))));
    let refusal = prove(&provider, &token(json!("Ann")), Internet::default()).await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "invalid custom auth token: expected field 'name.full' to be in token metadata"
    );
    assert!(!refusal.is_unavailable());
}

#[tokio::test]
async fn the_firebase_recipe_works() {
    let url = "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com";
    let provider = json!({
        "name": "custom-token", "type": "custom-token", "disabled": false,
        "config": { "audience": ["my-project"], "jwkURI": url, "useJWKURI": true },
        "secret_config": { "signingKeys": [] },
        "metadata_fields": [
            { "required": false, "name": "firebase.identities.email", "field_name": "emails" },
            { "required": false, "name": "firebase.sign_in_provider", "field_name": "signInProvider" },
            { "required": false, "name": "user_id", "field_name": "userId" },
            { "required": false, "name": "email_verified", "field_name": "emailVerified" },
            { "required": false, "name": "email", "field_name": "email" },
            { "required": false, "name": "phone_number", "field_name": "phone" },
        ],
    });
    let internet = Internet::default();
    internet.answers(url, 200, json!({ "keys": [Signer::other_rsa().jwk("k1"), Signer::rsa().jwk("k2")] }));
    let token = Signer::rsa().token(
        &json!({ "alg": "RS256", "kid": "k2", "typ": "JWT" }),
        &json!({
            "iss": "https://securetoken.google.com/my-project", "aud": "my-project", "auth_time": NOW - 9,
            "user_id": "u1", "sub": "u1", "iat": NOW - 9, "exp": NOW + 3591, "email": "ann@example.com",
            "email_verified": false,
            "firebase": { "identities": { "email": ["ann@example.com"] }, "sign_in_provider": "password" },
        }),
    );
    let expected = json!({
        "emails": ["ann@example.com"], "signInProvider": "password", "userId": "u1", "emailVerified": false,
        "email": "ann@example.com",
    });
    assert_eq!(prove(&provider, &token, internet).await, Ok(person("u1", &expected)));
}

#[tokio::test]
async fn the_okta_recipe_works() {
    let url = "https://dev-1.okta.example/oauth2/default/v1/keys";
    let provider = json!({
        "config": { "audience": [], "jwkURI": url, "useJWKURI": true, "signingAlgorithm": "" },
        "secret_config": { "signingKeys": [] },
        "metadata_fields": [],
    });
    let token = Signer::rsa().token(
        &json!({ "alg": "RS256", "kid": "k" }),
        &json!({
            "ver": 1, "jti": "AT.x", "iss": "https://dev-1.okta.example/oauth2/default", "aud": "news-abcde",
            "iat": NOW - 9, "exp": NOW + 3591, "cid": "0oa", "uid": "00u", "scp": ["openid"], "sub": "ann@example.com",
        }),
    );
    let internet = Internet::default();
    internet.answers(url, 200, json!({ "keys": [Signer::rsa().jwk("k")] }));
    assert_eq!(prove(&provider, &token, internet).await, Ok(person("ann@example.com", &json!({}))));
    let refusal = prove(&provider, &token, Internet::default()).await.unwrap_err();
    assert!(refusal.is_unavailable(), "{refusal}");
}

#[test]
fn a_configuration_that_cannot_work_is_named() {
    for (provider, expected) in [
        (json!({}), "failed to accept 0 signing keys: expected 1 to 3"),
        (json!({ "secret_config": { "signingKeys": ["gone"] } }), "failed to find the secret `gone`"),
        (
            json!({ "secret_config": { "signingKeys": ["short"] } }),
            "failed to accept an HS256 signing key: expected 32 to 512 printable ASCII characters",
        ),
        (
            json!({ "config": { "signingAlgorithm": "ES256" } }),
            "failed to understand `signingAlgorithm`: expected HS256 or RS256",
        ),
        (
            json!({ "config": { "signingAlgorithm": "RS256" }, "secret_config": { "signingKeys": ["hmac"] } }),
            "failed to read an RSA public key: expected PEM that begins with -----BEGIN PUBLIC KEY-----",
        ),
        (
            json!({ "config": { "useJWKURI": true } }),
            "failed to understand `jwkURI`: expected an address, https://…",
        ),
        (
            json!({ "config": { "useJWKURI": true, "jwkURI": "file:///keys" } }),
            "failed to understand `jwkURI`: expected an address, https://…",
        ),
        (json!({ "config": { "useJWKURI": 1 } }), "failed to understand `useJWKURI`: expected true or false"),
        (
            json!({ "config": { "audience": [1] }, "secret_config": { "signingKeys": ["hmac"] } }),
            "failed to understand `audience`: expected a list of texts",
        ),
        (
            json!({ "secret_config": { "signingKeys": ["hmac"] }, "metadata_fields": [{ "name": "a" }, { "name": "b.a" }] }),
            "failed to keep two fields under the name `a`",
        ),
    ] {
        assert_eq!(read(&provider).err().unwrap().to_string(), expected, "{provider}");
    }
}
