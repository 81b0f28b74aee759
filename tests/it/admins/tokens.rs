//! Each kind of token at each door, and how long they are good.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use passerby::auth::{AdminCredential, Error};
use passerby::model::{RequestOrigin, Secret, Timestamp};
use serde_json::{Value, json};

use super::{Office, PROFILE, SESSION, invalid_session, refused};
use crate::support::House;

const CLIENT: &str = "/api/client/v2.0/auth";

#[test]
fn no_token_passes_for_one_of_another_kind() {
    let office = Office::open(&[]);
    let admin = office.with_key(&office.first());
    let guest = office.server.log_in("news-aaaaa");
    let guest = |name: &str| guest[name].as_str().unwrap().to_owned();
    let app = office.app();
    for path in [app.as_str(), PROFILE] {
        let ask = |token: &str| refused(&office.server.with_token("GET", path, token));
        let issuer = (401, json!({ "error": "invalid session: valid Issuer required" }));
        assert_eq!(ask(&admin.refresh), issuer, "an administrator's refresh token");
        for other in [guest("access_token"), guest("refresh_token"), "x.y.z".to_owned(), String::new()] {
            assert_eq!(ask(&other), invalid_session(), "{other}");
        }
        let bare = office.server.request("GET", path, &[], b"");
        assert_eq!(refused(&bare), invalid_session());
    }
    for method in ["POST", "DELETE"] {
        let ask = |token: &str| refused(&office.server.with_token(method, SESSION, token));
        let kind = (401, json!({ "error": "invalid refresh token: incorrect token type" }));
        assert_eq!(ask(&admin.access), kind);
        let unknown = json!({
            "error": "invalid session: failed to find refresh token", "error_code": "InvalidSession",
        });
        for other in [guest("refresh_token"), guest("access_token"), "x".to_owned()] {
            assert_eq!(ask(&other), (401, unknown.clone()));
        }
    }
    for token in [&admin.access, &admin.refresh] {
        for (method, path) in [("GET", "/profile"), ("POST", "/session"), ("DELETE", "/delete")] {
            let at = |base: &str| office.server.with_token(method, &format!("{base}{path}"), token).status;
            assert_eq!(
                (at(CLIENT), at("/api/client/v2.0/app/news-aaaaa/auth")),
                (401, 401),
                "{method} {path}"
            );
        }
    }
    let forged = forged(&admin.access);
    assert_eq!(refused(&office.server.with_token("GET", &app, &forged)), invalid_session());
}

/// The same claims, unsigned.
fn forged(token: &str) -> String {
    let payload = token.split('.').nth(1).unwrap();
    format!("{}.{payload}.", STANDARD_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#))
}

/// An old tool decodes with a base64 that has other signs for 62 and 63.
#[test]
fn payloads_are_the_same_in_either_base64() {
    let office = Office::open(&[]);
    let session = office.with_key(&office.first());
    for (token, kind) in [(&session.access, "access"), (&session.refresh, "refresh")] {
        let payload = STANDARD_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(claims["typ"], kind);
        assert!(claims["exp"].is_i64());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_is_good_for_half_an_hour_and_a_session_for_sixty_days() {
    let start = Timestamp(1_795_500_000);
    let house = House::open(start).await;
    let pair = house.auth.first_key().unwrap();
    assert!(house.auth.make_first_admin(&pair).await.unwrap());
    assert!(!house.auth.make_first_admin(&house.auth.first_key().unwrap()).await.unwrap(), "there is one");
    let credential = AdminCredential::KeyPair {
        public_key: pair.key.public_key.clone(),
        private_key: Secret::new(pair.private_key.expose().clone()),
    };
    let session = house.auth.log_in_admin(credential, None).await.unwrap();
    let ask = async |token: &str| house.auth.admin(Some(token), RequestOrigin::Cli, None).await;
    house.clock.set(start.plus(1799));
    assert_eq!(ask(&session.access_token).await.unwrap().display, pair.key.public_key);
    house.clock.set(start.plus(1800));
    let over = ask(&session.access_token).await.unwrap_err();
    assert!(matches!(over, Error::AccessTokenExpired), "{over:?}");
    let days = 60 * 24 * 3600;
    house.clock.set(start.plus(days - 1));
    let caller = house.auth.admin_refresh(Some(&session.refresh_token)).await.unwrap();
    let fresh = house.auth.admin_access_token(&caller).unwrap();
    assert!(ask(&fresh).await.is_ok());
    house.clock.set(start.plus(days));
    assert!(house.auth.admin_refresh(Some(&session.refresh_token)).await.is_err());
    assert!(ask(&fresh).await.is_err(), "the session is over, whatever its token says");
}

/// Tries that fail count, and they count where they come from: a public key is no secret.
#[tokio::test]
async fn whoever_tries_a_public_key_elsewhere_keeps_its_owner_in() {
    let house = House::open(Timestamp(1_795_500_000)).await;
    let pair = house.auth.first_key().unwrap();
    assert!(house.auth.make_first_admin(&pair).await.unwrap());
    let log_in = async |private: &str, from: &str| {
        let (public_key, private_key) = (pair.key.public_key.clone(), Secret::new(private.to_owned()));
        let credential = AdminCredential::KeyPair { public_key, private_key };
        house.auth.log_in_admin(credential, Some(from.parse().unwrap())).await.err()
    };
    for _ in 0..1_000 {
        assert!(matches!(log_in("guess", "203.0.113.7").await, Some(Error::Admin(_))));
    }
    assert!(matches!(log_in("guess", "203.0.113.7").await, Some(Error::TooManyTries)));
    let private = pair.private_key.expose();
    assert!(matches!(log_in(private, "203.0.113.7").await, Some(Error::TooManyTries)));
    assert!(log_in(private, "198.51.100.1").await.is_none());
    assert!(log_in(private, "2001:db8::1").await.is_none());
}
