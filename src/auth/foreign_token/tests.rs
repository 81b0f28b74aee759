use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::auth::stand_in::{Internet, Signer};

const NOW: i64 = 1_800_000_000;
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const URL: &str = "https://idp.example/keys";

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn secrets(texts: &[&str]) -> Vec<Secret<String>> {
    texts.iter().map(|&text| Secret::new(text.to_owned())).collect()
}

fn sets() -> KeySets {
    let internet = Internet::default();
    internet.answers(URL, 200, json!({ "keys": [Signer::rsa().jwk("one"), Signer::other_rsa().jwk("two")] }));
    KeySets::new(Arc::new(internet))
}

fn claims() -> Value {
    json!({ "sub": "ann", "aud": "news-abcde", "exp": NOW + 60, "iss": "https://idp.example", "nonce": "n", "extra": [1] })
}

/// The good claims, with one of them changed, or taken away by `null`.
fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

async fn verify_with(keys: &Keys, token: &str) -> Result<Claims, Refusal> {
    let (audience, issuers) = (texts(&["news-abcde"]), texts(&["https://idp.example", "idp.example"]));
    let expect = Expect {
        keys,
        issuers: Some(&issuers),
        audience: Audience::All(&audience),
        nonce: Some("n"),
        now: Timestamp(NOW),
    };
    verify(token, &expect, &sets()).await
}

fn hs256() -> Keys {
    Keys::hs256(&secrets(&[SECRET])).unwrap()
}

async fn verify_claims(claims: &Value) -> Result<Claims, Refusal> {
    verify_with(&hs256(), &Signer::hmac(SECRET).token(&json!({ "alg": "HS256" }), claims)).await
}

#[tokio::test]
async fn a_good_token_is_read_whole() {
    let expected = Claims { subject: "ann".to_owned(), all: claims().as_object().unwrap().clone() };
    assert_eq!(verify_claims(&claims()).await, Ok(expected.clone()));
    let rsa = Signer::rsa();
    for keys in [
        Keys::rs256(&secrets(&[&rsa.spki_pem()])).unwrap(),
        Keys::rs256(&secrets(&[&Signer::other_rsa().spki_pem(), &rsa.pkcs1_pem()])).unwrap(),
        Keys::Set(URL.to_owned()),
    ] {
        let token = rsa.token(&json!({ "alg": "RS256", "typ": "JWT", "kid": "one" }), &claims());
        assert_eq!(verify_with(&keys, &token).await, Ok(expected.clone()));
    }
}

#[tokio::test]
async fn each_of_three_secrets_verifies_and_no_other() {
    let other = ["1".repeat(32), "2".repeat(512)];
    let keys = Keys::hs256(&secrets(&[&other[0], SECRET, &other[1]])).unwrap();
    for (secret, good) in [(SECRET, true), (&other[0], true), (&other[1], true), (&"3".repeat(32), false)] {
        let token = Signer::hmac(secret).token(&json!({ "alg": "HS256" }), &claims());
        let answer = verify_with(&keys, &token).await.map(drop);
        assert_eq!(answer, if good { Ok(()) } else { Err(Refusal::Signature) });
    }
}

#[tokio::test]
async fn every_single_wrong_claim_is_refused() {
    let not_found = || Refusal::Audience("news-abcde".to_owned());
    for (name, value, expected) in [
        ("exp", json!(NOW), Refusal::Expired),
        ("exp", json!(NOW as f64 + 0.0), Refusal::Expired),
        ("exp", json!(NOW - 1_000_000), Refusal::Expired),
        ("exp", json!(-1), Refusal::Expired),
        ("exp", Value::Null, Refusal::NoExpiry),
        ("exp", json!((NOW + 60).to_string()), Refusal::NoExpiry),
        ("exp", json!([NOW + 60]), Refusal::NoExpiry),
        ("nbf", json!(NOW + 61), Refusal::NotYet),
        ("nbf", json!(NOW as f64 + 60.5), Refusal::NotYet),
        ("nbf", json!("soon"), Refusal::BadNotBefore),
        ("iss", Value::Null, Refusal::Issuer),
        ("iss", json!(""), Refusal::Issuer),
        ("iss", json!("https://evil.example"), Refusal::Issuer),
        ("iss", json!("https://idp.example/"), Refusal::Issuer),
        ("iss", json!(["https://idp.example"]), Refusal::Issuer),
        ("aud", Value::Null, not_found()),
        ("aud", json!(""), not_found()),
        ("aud", json!("news-abcdf"), not_found()),
        ("aud", json!("news-abcde news-abcdf"), not_found()),
        ("aud", json!([]), not_found()),
        ("aud", json!([["news-abcde"]]), not_found()),
        ("aud", json!({ "news-abcde": true }), not_found()),
        ("nonce", Value::Null, Refusal::Nonce),
        ("nonce", json!("m"), Refusal::Nonce),
        ("nonce", json!(["n"]), Refusal::Nonce),
        ("sub", Value::Null, Refusal::Subject),
        ("sub", json!(""), Refusal::Subject),
        ("sub", json!(7), Refusal::Subject),
        ("sub", json!(["ann"]), Refusal::Subject),
        ("sub", json!("a\0b"), Refusal::Subject),
        ("sub", json!("a".repeat(1025)), Refusal::Subject),
    ] {
        assert_eq!(verify_claims(&with(name, value.clone())).await, Err(expected), "{name}: {value}");
    }
    for (name, value) in [
        ("exp", json!(NOW as f64 + 0.5)),
        ("exp", json!(1e300)),
        ("nbf", json!(NOW + 60)),
        ("nbf", json!(0.5)),
        ("iat", json!("whenever")),
        ("iss", json!("idp.example")),
        ("aud", json!(["other", "news-abcde"])),
        ("sub", json!("a".repeat(1024))),
    ] {
        let answer = verify_claims(&with(name, value.clone())).await;
        assert!(answer.is_ok(), "{name}: {value}: {answer:?}");
    }
}

#[tokio::test]
async fn the_header_chooses_no_algorithm_and_no_key() {
    let rsa = Signer::rsa();
    let public_pem = rsa.spki_pem();
    let by_pem = Keys::rs256(&secrets(&[&public_pem])).unwrap();
    let by_set = Keys::Set(URL.to_owned());
    // The public key, used as the secret of an HMAC.
    let confused =
        |kid: &str| Signer::hmac(&public_pem).token(&json!({ "alg": "HS256", "kid": kid }), &claims());
    let bare = |alg: &str| {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(&json!({ "alg": alg, "kid": "one" })), part(&claims()))
    };
    let rs = Refusal::Algorithm("RS256");
    for keys in [&by_pem, &by_set] {
        assert_eq!(verify_with(keys, &confused("one")).await, Err(rs.clone()));
        for alg in ["none", "None", "NONE", "", "rs256", "RS512", "ES256", "HS256"] {
            assert_eq!(verify_with(keys, &bare(alg)).await, Err(rs.clone()), "{alg}");
        }
        assert_eq!(verify_with(keys, &bare("RS256")).await, Err(Refusal::Signature));
        // A signature of HMAC under the configured algorithm's name.
        let named = Signer::hmac(&public_pem).token(&json!({ "alg": "RS256", "kid": "one" }), &claims());
        assert_eq!(verify_with(keys, &named).await, Err(Refusal::Signature));
    }
    let hs = Refusal::Algorithm("HS256");
    let token = rsa.token(&json!({ "alg": "RS256", "kid": "one" }), &claims());
    assert_eq!(verify_with(&hs256(), &token).await, Err(hs.clone()));
    assert_eq!(verify_with(&hs256(), &bare("none")).await, Err(hs));
    // Keys that the token brings along.
    let other = Signer::other_rsa();
    for header in [
        json!({ "alg": "RS256", "kid": "one", "jwk": other.jwk("one") }),
        json!({ "alg": "RS256", "kid": "one", "jku": "https://evil.example/keys" }),
        json!({ "alg": "RS256", "kid": "one", "x5c": [other.spki_pem()] }),
    ] {
        for keys in [&by_pem, &by_set] {
            assert_eq!(verify_with(keys, &other.token(&header, &claims())).await, Err(Refusal::Signature));
        }
    }
}

#[tokio::test]
async fn a_set_is_asked_for_the_key_that_the_token_names() {
    let keys = Keys::Set(URL.to_owned());
    let token = |header: &Value| Signer::rsa().token(header, &claims());
    for (header, expected) in [
        (json!({ "alg": "RS256" }), Refusal::NoKeyId),
        (json!({ "alg": "RS256", "kid": "" }), Refusal::NoKeyId),
        (json!({ "alg": "RS256", "kid": null }), Refusal::NoKeyId),
        (json!({ "alg": "RS256", "kid": "two" }), Refusal::Signature),
        (json!({ "alg": "RS256", "kid": "three" }), Refusal::NoKey(NoKey::Unknown)),
    ] {
        assert_eq!(verify_with(&keys, &token(&header)).await, Err(expected), "{header}");
    }
    let elsewhere = Keys::Set("https://silent.example/keys".to_owned());
    let answer = verify_with(&elsewhere, &token(&json!({ "alg": "RS256", "kid": "one" }))).await;
    let reason = "failed to fetch from silent.example in 10000 ms".to_owned();
    assert_eq!(answer, Err(Refusal::NoKey(NoKey::Unavailable(reason))));
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let good = Signer::hmac(SECRET).token(&json!({ "alg": "HS256" }), &claims());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let signed_with = |header: &str, payload: &str| {
        let signed = format!("{header}.{payload}");
        let signature = URL_SAFE_NO_PAD.encode(Signer::hmac(SECRET).sign_bytes(signed.as_bytes()));
        format!("{signed}.{signature}")
    };
    let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
    for (token, expected) in [
        (String::new(), Refusal::Segments),
        ("a.b".to_owned(), Refusal::Segments),
        (format!("{good}."), Refusal::Segments),
        (format!("{good}.a.b"), Refusal::Segments),
        ("..".to_owned(), Refusal::Header),
        (format!("!.{payload}.{signature}"), Refusal::Header),
        (format!("{}.{payload}.{signature}", encoded("[]")), Refusal::Header),
        (format!("{}.{payload}.{signature}", encoded("{}")), Refusal::Header),
        (signed_with(&encoded(r#"{"alg":"HS256","crit":["exp"]}"#), payload), Refusal::Critical),
        (signed_with(&encoded(r#"{"alg":"HS256","crit":[]}"#), payload), Refusal::Critical),
        (format!("{signed}."), Refusal::Signature),
        (format!("{signed}.!"), Refusal::Signature),
        (format!("{signed}.{signature}="), Refusal::Signature),
        (format!("{signed}.{}", &signature[..42]), Refusal::Signature),
        (format!("{header}.{}.{signature}", encoded(r#"{"sub":"eve"}"#)), Refusal::Signature),
        (format!("{}.{payload}.{signature}", encoded(r#"{"alg": "HS256"}"#)), Refusal::Signature),
        (signed_with(header, "!"), Refusal::Unreadable),
        (signed_with(header, &encoded("7")), Refusal::Unreadable),
        (signed_with(header, &encoded("{")), Refusal::Unreadable),
    ] {
        assert_eq!(verify_with(&hs256(), &token).await, Err(expected), "{token}");
    }
}

#[tokio::test]
async fn a_token_has_a_million_characters_at_most() {
    let long = |length: usize| {
        let frame = Signer::hmac(SECRET).token(&json!({ "alg": "HS256" }), &with("pad", json!(""))).len();
        let token = Signer::hmac(SECRET)
            .token(&json!({ "alg": "HS256" }), &with("pad", json!("a".repeat((length - frame) * 3 / 4))));
        assert!(token.len() <= length && token.len() + 4 > length);
        token
    };
    assert!(verify_with(&hs256(), &long(1_000_000)).await.is_ok());
    assert_eq!(verify_with(&hs256(), &long(1_000_008)).await, Err(Refusal::TooLong));
    assert_eq!(verify_with(&hs256(), &"é".repeat(1_000_000)).await, Err(Refusal::Segments));
    assert_eq!(verify_with(&hs256(), &"é".repeat(1_000_001)).await, Err(Refusal::TooLong));
}

#[tokio::test]
async fn audiences_are_all_any_or_only() {
    let both = texts(&["a", "b"]);
    let missing = |name: &str| Err(Refusal::Audience(name.to_owned()));
    for (audience, found, expected) in [
        (Audience::All(&both), json!(["a", "b", "c"]), Ok(())),
        (Audience::All(&both), json!(["b", "a"]), Ok(())),
        (Audience::All(&both), json!("a"), missing("b")),
        (Audience::All(&both), json!(["b", "c"]), missing("a")),
        (Audience::Any(&both), json!("b"), Ok(())),
        (Audience::Any(&both), json!(["c", "a"]), Ok(())),
        (Audience::Any(&both), json!(["c"]), missing("a")),
        (Audience::Only(&both), json!("b"), Ok(())),
        (Audience::Only(&both), json!(["a", "b"]), Ok(())),
        (Audience::Only(&both), json!(["a", "c"]), Err(Refusal::OtherAudience)),
        (Audience::Only(&both), json!(["a", 7]), Err(Refusal::OtherAudience)),
        (Audience::Only(&both), json!(["c"]), missing("a")),
        (Audience::All(&[]), json!(["a"]), Err(Refusal::NoAudience)),
        (Audience::Any(&[]), json!(["a"]), Err(Refusal::NoAudience)),
        (Audience::Only(&[]), json!(["a"]), Err(Refusal::NoAudience)),
        (Audience::Only(&[]), json!([]), Err(Refusal::NoAudience)),
    ] {
        let keys = hs256();
        let expect = Expect { keys: &keys, issuers: None, audience, nonce: None, now: Timestamp(NOW) };
        let token = Signer::hmac(SECRET).token(&json!({ "alg": "HS256" }), &with("aud", found.clone()));
        assert_eq!(verify(&token, &expect, &sets()).await.map(drop), expected, "{audience:?} {found}");
    }
}

#[test]
fn signing_keys_that_are_of_no_use_are_refused() {
    let pem = Signer::rsa().spki_pem();
    for (keys, expected) in [
        (Keys::hs256(&[]), BadKeys::Count(0)),
        (Keys::hs256(&secrets(&[SECRET; 4])), BadKeys::Count(4)),
        (Keys::hs256(&secrets(&[SECRET, &SECRET[1..]])), BadKeys::Hmac),
        (Keys::hs256(&secrets(&[&"a".repeat(513)])), BadKeys::Hmac),
        (Keys::hs256(&secrets(&[&format!("{SECRET}\n")])), BadKeys::Hmac),
        (Keys::hs256(&secrets(&[&"é".repeat(32)])), BadKeys::Hmac),
        (Keys::hs256(&secrets(&[&pem])), BadKeys::Hmac),
        (Keys::rs256(&[]), BadKeys::Count(0)),
        (Keys::rs256(&secrets(&[pem.as_str(); 4])), BadKeys::Count(4)),
        (Keys::rs256(&secrets(&[&pem, SECRET])), BadKeys::Rsa(BadRsaKey::NoPublicKey)),
    ] {
        assert_eq!(keys.err(), Some(expected));
    }
}
