use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;
use crate::auth::foreign_token::Refusal as TokenRefusal;
use crate::auth::jwks::NoKey;
use crate::auth::stand_in::{Internet, Signer};
use crate::model::{ObjectId, Secret};

const NOW: i64 = 1_800_000_000;
const CALLBACK: &str = "https%3A%2F%2Fauth.example%2Fapi%2Fclient%2Fv2.0%2Fauth%2Fcallback";

fn secret(name: &str) -> Option<Secret<String>> {
    let value = match name {
        "theSecret" => "s3cret&",
        "empty" => "",
        "p8" => return Some(Secret::new(p8(&ec_key()))),
        _ => return None,
    };
    Some(Secret::new(value.to_owned()))
}

fn ec_key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
}

fn p8(key: &EcdsaKeyPair) -> String {
    let der = key.to_pkcs8v1().unwrap();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()))
}

fn read_as(kind: Kind, provider: &Value) -> Result<OAuth, BadOAuth> {
    OAuth::read(kind, provider.as_object().unwrap(), secret, Endpoints::of(kind), "https://auth.example")
}

/// A provider with the client id `us`, and these members over the usual ones.
fn provider(kind: Kind, members: &Value) -> OAuth {
    let mut provider = json!({
        "config": { "clientId": "us" },
        "secret_config": { "clientSecret": "theSecret" },
        "redirect_uris": ["https://news.example/done/"],
    });
    provider.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    read_as(kind, &provider).unwrap()
}

fn fields(names: &[&str]) -> Value {
    json!(names.iter().map(|name| json!({ "name": name, "required": true })).collect::<Vec<_>>())
}

fn start() -> Start {
    Start { state: "st".to_owned(), nonce: "no".to_owned(), verifier: "ve".to_owned() }
}

/// The internet with an issuer's keys on it, and what is needed to ask it.
struct World {
    internet: Arc<Internet>,
    sets: KeySets,
}

impl World {
    fn new(kind: Kind) -> World {
        let internet = Arc::new(Internet::default());
        if kind != Kind::Facebook {
            let keys = json!({ "keys": [Signer::rsa().jwk("k")] });
            internet.answers(&Endpoints::of(kind).jwks, 200, keys);
        }
        World { sets: KeySets::new(internet.clone()), internet }
    }

    fn reach(&self) -> Reach<'_> {
        Reach { fetch: &*self.internet, sets: &self.sets, now: Timestamp(NOW) }
    }
}

fn signed(claims: &Value) -> String {
    Signer::rsa().token(&json!({ "alg": "RS256", "kid": "k" }), claims)
}

fn google_claims() -> Value {
    json!({
        "iss": "https://accounts.google.com", "aud": "us", "azp": "us-android", "sub": "1234", "exp": NOW + 3600,
        "iat": NOW, "email": "ann@news.example", "email_verified": true, "name": "Ann Lee", "given_name": "Ann",
        "family_name": "Lee", "picture": "https://lh3.example/ann", "locale": "de", "nonce": "no",
    })
}

fn apple_claims() -> Value {
    json!({
        "iss": "https://appleid.apple.com", "aud": "us", "sub": "000123.abc.0456", "exp": NOW + 600, "iat": NOW,
        "email": "x@privaterelay.appleid.com", "email_verified": "true", "nonce": "no",
    })
}

/// Claims with one of them changed, or taken away by `null`.
fn with(mut claims: Value, name: &str, value: &Value) -> Value {
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value.clone();
    }
    claims
}

fn person(id: &str, data: &Value) -> Person {
    Person { id: id.to_owned(), data: data.as_object().unwrap().clone() }
}

#[test]
fn a_start_is_drawn_anew_and_shows_nothing() {
    struct Counting(std::sync::atomic::AtomicU8);
    impl Dice for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
        }
        fn object_id(&self, _: Timestamp) -> ObjectId {
            ObjectId::ZERO
        }
    }
    let start = Start::draw(&Counting(std::sync::atomic::AtomicU8::new(0)));
    let drawn = [0u8, 1, 2].map(|byte| URL_SAFE_NO_PAD.encode([byte; 32]));
    assert_eq!([&start.state, &start.nonce, &start.verifier], drawn.each_ref());
    assert_eq!(start.verifier.len(), 43, "RFC 7636 wants 43 to 128 characters");
    assert_eq!(format!("{start:?}"), "Start { .. }");
}

#[test]
fn browsers_are_sent_to_the_issuer_with_all_that_binds_the_answer() {
    // SHA-256 of "ve", as `openssl dgst -sha256 -binary | base64` says.
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, b"ve"));
    let bound = format!("state=st&nonce=no&code_challenge={challenge}&code_challenge_method=S256");
    for (kind, members, expected) in [
        (
            Kind::Google,
            json!({}),
            format!(
                "https://accounts.google.com/o/oauth2/v2/auth?client_id=us&redirect_uri={CALLBACK}&response_type=code&scope=openid&{bound}"
            ),
        ),
        (
            Kind::Google,
            json!({ "metadata_fields": fields(&["picture", "email", "gender"]) }),
            format!(
                "https://accounts.google.com/o/oauth2/v2/auth?client_id=us&redirect_uri={CALLBACK}&response_type=code&scope=openid+email+profile&{bound}"
            ),
        ),
        (
            Kind::Facebook,
            json!({ "metadata_fields": fields(&["email", "max_age", "birthday", "gender", "name"]) }),
            format!(
                "https://www.facebook.com/dialog/oauth?client_id=us&redirect_uri={CALLBACK}&response_type=code&scope=public_profile+email+user_gender+user_birthday+user_age_range&{bound}"
            ),
        ),
        (
            Kind::Apple,
            json!({ "config": { "clientId": ["us", "us-ios"] } }),
            format!(
                "https://appleid.apple.com/auth/authorize?client_id=us&redirect_uri={CALLBACK}&response_type=code&scope=openid+email&{bound}&response_mode=form_post"
            ),
        ),
    ] {
        assert_eq!(provider(kind, &members).authorize_url(&start()), Ok(expected));
    }
}

#[test]
fn a_redirect_is_allowed_exactly_as_it_is_configured() {
    let provider = provider(Kind::Google, &json!({}));
    assert!(provider.allows_redirect("https://news.example/done/"));
    for uri in [
        "",
        "https://news.example/done",
        "http://news.example/done/",
        "https://news.example/done/?x",
        "https://news.example/done/#x",
        "https://news.example:443/done/",
        "https://NEWS.example/done/",
        "https://news.example/done/../evil",
        "https://news.example/",
        "https://news.example.evil.example/done/",
    ] {
        assert!(!provider.allows_redirect(uri), "{uri}");
    }
    assert!(!self::provider(Kind::Google, &json!({ "redirect_uris": [] })).allows_redirect(""));
}

#[tokio::test]
async fn google_is_asked_for_who_came_back() {
    let provider = provider(
        Kind::Google,
        &json!({ "metadata_fields": fields(&["email", "name", "first_name", "last_name", "picture", "min_age"]) }),
    );
    let world = World::new(Kind::Google);
    let token_url = "https://oauth2.googleapis.com/token";
    world.internet.answers(
        token_url,
        200,
        json!({ "access_token": "at", "id_token": signed(&google_claims()) }),
    );
    let data = json!({
        "email": "ann@news.example", "name": "Ann Lee", "first_name": "Ann", "last_name": "Lee",
        "picture": "https://lh3.example/ann",
    });
    let answer = provider.prove_callback("co/de", &start(), &world.reach()).await;
    assert_eq!(answer, Ok(person("1234", &data)));
    let form = format!(
        "{token_url} grant_type=authorization_code&code=co%2Fde&client_id=us&client_secret=s3cret%26"
    );
    assert_eq!(
        world.internet.asked(),
        [
            format!("{form}&redirect_uri={CALLBACK}&code_verifier=ve"),
            "https://www.googleapis.com/oauth2/v3/certs".to_owned()
        ]
    );
    // A code that the app got by itself comes without redirect, verifier and nonce of ours.
    let claims = with(google_claims(), "nonce", &Value::Null);
    world.internet.answers(token_url, 200, json!({ "id_token": signed(&claims) }));
    let answer = provider.prove(Credential::AuthCode("co/de"), &world.reach()).await;
    assert_eq!(answer, Ok(person("1234", &data)));
    assert_eq!(world.internet.asked(), [format!("{form}&redirect_uri=")]);
}

#[tokio::test]
async fn an_issuer_that_refuses_a_code_is_told_from_one_that_is_down() {
    let provider = provider(Kind::Google, &json!({}));
    let world = World::new(Kind::Google);
    let url = "https://oauth2.googleapis.com/token";
    for (status, body, expected, unavailable) in [
        (
            400,
            r#"{"error":"invalid_grant","error_description":"co/de"}"#,
            "error exchanging access code with OAuth2 provider: invalid_grant",
            false,
        ),
        (
            401,
            r#"{"error":"invalid_client"}"#,
            "error exchanging access code with OAuth2 provider: invalid_client",
            false,
        ),
        (
            400,
            r#"{"error":{"message":"co/de"}}"#,
            "error exchanging access code with OAuth2 provider: status 400",
            false,
        ),
        (
            400,
            r#"{"error":"The code co/de"}"#,
            "error exchanging access code with OAuth2 provider: status 400",
            false,
        ),
        (302, "", "error exchanging access code with OAuth2 provider: status 302", false),
        (200, "<html>", "error fetching info from OAuth2 provider: the answer is no JSON", false),
        (200, "{}", "error fetching info from OAuth2 provider: there is no ID token", false),
        (429, "", "the issuer is not available: it answered 429", true),
        (503, "", "the issuer is not available: it answered 503", true),
    ] {
        world.internet.answers(url, status, body);
        let refusal = provider.prove_callback("co/de", &start(), &world.reach()).await.unwrap_err();
        assert_eq!((refusal.to_string().as_str(), refusal.is_unavailable()), (expected, unavailable));
    }
    world.internet.is_silent_at(url);
    let refusal = provider.prove_callback("co/de", &start(), &world.reach()).await.unwrap_err();
    let expected = "the issuer is not available: failed to fetch from oauth2.googleapis.com in 10000 ms";
    assert_eq!((refusal.to_string().as_str(), refusal.is_unavailable()), (expected, true));
}

#[tokio::test]
async fn every_single_wrong_field_of_an_id_token_is_refused() {
    let not_found = || TokenRefusal::Audience("us".to_owned());
    let wrong = [
        ("iss", json!("https://evil.example"), TokenRefusal::Issuer),
        ("iss", Value::Null, TokenRefusal::Issuer),
        ("aud", json!("them"), not_found()),
        ("aud", json!(["us", "them"]), TokenRefusal::OtherAudience),
        ("aud", Value::Null, not_found()),
        ("exp", json!(NOW), TokenRefusal::Expired),
        ("exp", Value::Null, TokenRefusal::NoExpiry),
        ("nbf", json!(NOW + 61), TokenRefusal::NotYet),
        ("nonce", json!("other"), TokenRefusal::Nonce),
        ("nonce", Value::Null, TokenRefusal::Nonce),
        ("sub", json!(""), TokenRefusal::Subject),
        ("sub", Value::Null, TokenRefusal::Subject),
    ];
    for (kind, good) in [(Kind::Google, google_claims()), (Kind::Apple, apple_claims())] {
        let provider = provider(kind, &json!({}));
        let open = self::provider(kind, &json!({ "config": { "clientId": "us", "openId": true } }));
        let world = World::new(kind);
        let callback = async |token: String| {
            world.internet.answers(&Endpoints::of(kind).token, 200, json!({ "id_token": token }));
            provider.prove_callback("c", &start(), &world.reach()).await.map(drop)
        };
        assert_eq!(callback(signed(&good)).await, Ok(()));
        for (name, value, expected) in &wrong {
            let token = signed(&with(good.clone(), name, value));
            assert_eq!(
                callback(token.clone()).await,
                Err(Refusal::Token(expected.clone())),
                "{kind:?} {name} {value}"
            );
            // An app that brings its own token brings a nonce that we never saw.
            let expected = if *name == "nonce" { Ok(()) } else { Err(Refusal::Token(expected.clone())) };
            let answer = open.prove(Credential::IdToken(&token), &world.reach()).await.map(drop);
            assert_eq!(answer, expected, "{kind:?} {name} {value}");
        }
        // Another issuer's token, whatever it says of itself.
        let foreign = Signer::other_rsa().token(&json!({ "alg": "RS256", "kid": "k" }), &good);
        assert_eq!(callback(foreign).await, Err(Refusal::Token(TokenRefusal::Signature)));
        let unknown = Signer::rsa().token(&json!({ "alg": "RS256", "kid": "other" }), &good);
        assert_eq!(callback(unknown).await, Err(Refusal::Token(TokenRefusal::NoKey(NoKey::Unknown))));
        let without = Signer::rsa().token(&json!({ "alg": "RS256" }), &good);
        assert_eq!(callback(without).await, Err(Refusal::Token(TokenRefusal::NoKeyId)));
        let hmac = Signer::hmac("s3cret&").token(&json!({ "alg": "HS256", "kid": "k" }), &good);
        assert_eq!(callback(hmac).await, Err(Refusal::Token(TokenRefusal::Algorithm("RS256"))));
        assert_eq!(callback("text".to_owned()).await, Err(Refusal::Token(TokenRefusal::Segments)));
    }
}

#[tokio::test]
async fn google_takes_id_tokens_or_codes_as_it_is_set() {
    let world = World::new(Kind::Google);
    let codes = provider(Kind::Google, &json!({}));
    let tokens = provider(Kind::Google, &json!({ "config": { "clientId": ["web", "us"], "openId": true } }));
    let bare = with(google_claims(), "iss", &json!("accounts.google.com"));
    let token = signed(&bare);
    assert_eq!(
        tokens.prove(Credential::IdToken(&token), &world.reach()).await,
        Ok(person("1234", &json!({})))
    );
    for (refusal, expected) in [
        (
            codes.prove(Credential::IdToken(&token), &world.reach()).await,
            "an ID token unless it is set to OpenID Connect",
        ),
        (
            tokens.prove(Credential::AuthCode("c"), &world.reach()).await,
            "a code while it is set to OpenID Connect",
        ),
        (codes.prove(Credential::AccessToken("t"), &world.reach()).await, "an access token"),
        (
            tokens.prove_callback("c", &start(), &world.reach()).await,
            "redirects while it is set to OpenID Connect",
        ),
    ] {
        assert_eq!(refusal, Err(Refusal::NotAccepted(expected)));
    }
    assert_eq!(
        tokens.authorize_url(&start()),
        Err(Refusal::NotAccepted("redirects while it is set to OpenID Connect"))
    );
    let long = "a".repeat(LONGEST_CREDENTIAL + 1);
    for code in ["", &long] {
        assert_eq!(codes.prove(Credential::AuthCode(code), &world.reach()).await, Err(Refusal::NoCredential));
        assert_eq!(codes.prove_callback(code, &start(), &world.reach()).await, Err(Refusal::NoCredential));
    }
    assert_eq!(tokens.prove(Credential::IdToken(""), &world.reach()).await, Err(Refusal::NoCredential));
}

#[tokio::test]
async fn only_confirmed_addresses_of_an_allowed_domain_come_in() {
    let world = World::new(Kind::Google);
    let provider = provider(
        Kind::Google,
        &json!({
            "config": { "clientId": "us", "openId": true },
            "metadata_fields": fields(&["email"]),
            "domain_restrictions": ["other.example", "News.example"],
        }),
    );
    for (email, confirmed, good) in [
        (json!("ann@news.example"), json!(true), true),
        (json!("ann@NEWS.example"), json!("true"), true),
        (json!("ann@other.example"), json!(true), true),
        (json!("ann@news.example"), json!(false), false),
        (json!("ann@news.example"), json!("false"), false),
        (json!("ann@news.example"), json!(1), false),
        (json!("ann@news.example"), Value::Null, false),
        (json!("ann@sub.news.example"), json!(true), false),
        (json!("ann@evilnews.example"), json!(true), false),
        (json!("news.example"), json!(true), false),
        (json!("ann@news.example@evil.example"), json!(true), false),
        (json!("ann@news.example "), json!(true), false),
        (json!(["ann@news.example"]), json!(true), false),
        (json!(""), json!(true), false),
        (Value::Null, json!(true), false),
    ] {
        let claims = with(with(google_claims(), "email", &email), "email_verified", &confirmed);
        let answer = provider.prove(Credential::IdToken(&signed(&claims)), &world.reach()).await;
        let expected = if good { Ok(()) } else { Err(Refusal::DomainNotAllowed) };
        assert_eq!(answer.map(drop), expected, "{email} {confirmed}");
    }
}

#[tokio::test]
async fn apple_says_who_it_is_and_perhaps_an_address() {
    let world = World::new(Kind::Apple);
    let provider = provider(Kind::Apple, &json!({ "config": { "clientId": ["web", "us"] } }));
    let email = json!({ "email": "x@privaterelay.appleid.com" });
    for (address, data) in
        [(json!("x@privaterelay.appleid.com"), email), (Value::Null, json!({})), (json!(7), json!({}))]
    {
        let token = signed(&with(apple_claims(), "email", &address));
        let answer = provider.prove(Credential::IdToken(&token), &world.reach()).await;
        assert_eq!(answer, Ok(person("000123.abc.0456", &data)));
    }
    let answer = provider.prove(Credential::AuthCode("c"), &world.reach()).await;
    assert_eq!(answer, Err(Refusal::NotAccepted("a code")));
}

#[tokio::test]
async fn apples_client_secret_is_signed_on_demand() {
    let key = ec_key();
    let secret = ClientSecret::signed("TEAM", "KEY", &Secret::new(p8(&key))).unwrap();
    let token = secret.of("us", "https://appleid.apple.com", Timestamp(NOW)).unwrap();
    let parts: Vec<&str> = token.expose().split('.').collect();
    let decoded =
        |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    assert_eq!(decoded(parts[0]), json!({ "alg": "ES256", "kid": "KEY" }));
    assert_eq!(
        decoded(parts[1]),
        json!({ "iss": "TEAM", "iat": NOW, "exp": NOW + 300, "aud": "https://appleid.apple.com", "sub": "us" })
    );
    let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_key());
    public.verify(format!("{}.{}", parts[0], parts[1]).as_bytes(), &signature).unwrap();
    assert!(key.sign(&SystemRandom::new(), b"x").is_ok());

    let world = World::new(Kind::Apple);
    world.internet.answers(
        "https://appleid.apple.com/auth/token",
        200,
        json!({ "id_token": signed(&apple_claims()) }),
    );
    let provider = read_as(
        Kind::Apple,
        &json!({
            "config": { "clientId": "us", "teamId": "TEAM", "keyId": "KEY" },
            "secret_config": { "privateKey": "p8" },
        }),
    );
    provider.unwrap().prove_callback("c", &start(), &world.reach()).await.unwrap();
    let asked = world.internet.asked();
    assert!(asked[0].contains("&client_secret=ey") && asked[0].contains("&code_verifier=ve"), "{}", asked[0]);
}

const DEBUG: &str = "https://graph.facebook.com/debug_token";
const ME: &str = "https://graph.facebook.com/me";

fn facebook() -> World {
    let world = World::new(Kind::Facebook);
    world.internet.answers(DEBUG, 200, debugged("is_valid", &json!(true)));
    world.internet.answers(
        ME,
        200,
        json!({
            "id": "77", "name": "Ann Lee", "email": "ann@news.example", "birthday": "01/02/1990", "gender": "",
            "picture": { "data": { "url": "https://fb.example/p?hash=x", "is_silhouette": false } },
            "age_range": { "min": 21 },
        }),
    );
    world
}

/// A good answer of `debug_token`, with one member changed, or taken away by `null`.
fn debugged(name: &str, value: &Value) -> Value {
    let about =
        json!({ "app_id": "us", "type": "USER", "is_valid": true, "expires_at": NOW + 1, "user_id": "77" });
    json!({ "data": with(about, name, value) })
}

#[tokio::test]
async fn facebook_is_asked_whose_the_token_is_and_who_it_is() {
    let world = facebook();
    let provider = provider(
        Kind::Facebook,
        &json!({ "metadata_fields": fields(&["max_age", "min_age", "name", "email", "birthday", "gender", "picture"]) }),
    );
    let expected = json!({
        "min_age": "21", "name": "Ann Lee", "email": "ann@news.example", "birthday": "01/02/1990",
        "picture": "https://fb.example/p?hash=x",
    });
    let answer = provider.prove(Credential::AccessToken("to&ken"), &world.reach()).await;
    assert_eq!(answer, Ok(person("77", &expected)));
    let key = hmac_hex("s3cret&", "to&ken");
    assert_eq!(
        world.internet.asked(),
        [
            format!("{DEBUG}?input_token=to%26ken&access_token=us%7Cs3cret%26"),
            format!(
                "{ME}?fields=id%2Cage_range%2Cname%2Cemail%2Cbirthday%2Cgender%2Cpicture&access_token=to%26ken&appsecret_proof={key}"
            ),
        ]
    );
    world.internet.answers(
        "https://graph.facebook.com/oauth/access_token",
        200,
        json!({ "access_token": "to&ken" }),
    );
    assert_eq!(provider.prove_callback("c", &start(), &world.reach()).await, Ok(person("77", &expected)));
}

fn hmac_hex(key: &str, message: &str) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key.as_bytes());
    crate::model::hex(aws_lc_rs::hmac::sign(&key, message.as_bytes()).as_ref())
}

#[tokio::test]
async fn an_access_token_of_another_app_or_time_or_person_is_refused() {
    let world = facebook();
    let provider = provider(Kind::Facebook, &json!({}));
    let prove = async || provider.prove(Credential::AccessToken("t"), &world.reach()).await;
    assert!(prove().await.is_ok());
    for (name, value, expected) in [
        ("app_id", json!("them"), Refusal::OtherApp),
        ("app_id", Value::Null, Refusal::OtherApp),
        ("is_valid", json!(false), Refusal::AccessToken),
        ("is_valid", Value::Null, Refusal::AccessToken),
        ("expires_at", json!(NOW), Refusal::AccessToken),
        ("user_id", Value::Null, Refusal::AccessToken),
        ("user_id", json!(""), Refusal::AccessToken),
        ("user_id", json!("78"), Refusal::Answer("the profile is somebody else's")),
    ] {
        world.internet.answers(DEBUG, 200, debugged(name, &value));
        assert_eq!(prove().await, Err(expected), "{name} {value}");
    }
    world.internet.answers(DEBUG, 200, debugged("expires_at", &json!(0)));
    assert!(prove().await.is_ok(), "a token without an end");
    world.internet.answers(DEBUG, 200, debugged("expires_at", &Value::Null));
    assert!(prove().await.is_ok());
    for (url, status, body, expected) in [
        (ME, 400, json!({ "error": {} }), Refusal::AccessToken),
        (ME, 200, json!({}), Refusal::Answer("the profile is somebody else's")),
        (ME, 200, json!({ "id": 77 }), Refusal::Answer("the profile is somebody else's")),
        (ME, 500, json!({}), Refusal::Unavailable("it answered 500".to_owned())),
        (DEBUG, 400, json!({ "error": {} }), Refusal::Answer("debug_token's answer is unreadable")),
        (DEBUG, 503, json!({}), Refusal::Unavailable("it answered 503".to_owned())),
    ] {
        world.internet.answers(url, status, body);
        assert_eq!(prove().await, Err(expected), "{url} {status}");
    }
    let answer = provider.prove(Credential::IdToken("t"), &world.reach()).await;
    assert_eq!(answer, Err(Refusal::NotAccepted("an ID token")));
}

#[tokio::test]
async fn facebooks_pictures_and_domains() {
    let world = facebook();
    let provider = provider(
        Kind::Facebook,
        &json!({ "metadata_fields": fields(&["email", "picture"]), "domain_restrictions": ["news.example"] }),
    );
    let prove = async || provider.prove(Credential::AccessToken("t"), &world.reach()).await;
    let with_token = json!({ "data": { "url": "https://fb.example/p?access_token=t" } });
    world.internet.answers(
        ME,
        200,
        json!({ "id": "77", "email": "ann@news.example", "picture": with_token }),
    );
    assert_eq!(prove().await, Ok(person("77", &json!({ "email": "ann@news.example" }))));
    for email in [json!("ann@other.example"), Value::Null] {
        world.internet.answers(ME, 200, json!({ "id": "77", "email": email }));
        assert_eq!(prove().await, Err(Refusal::DomainNotAllowed));
    }
}

#[test]
fn a_configuration_that_cannot_work_is_named() {
    let client = json!({ "clientId": "us" });
    let secret = json!({ "clientSecret": "theSecret" });
    for (kind, provider, expected) in [
        (
            Kind::Google,
            json!({ "secret_config": secret }),
            "failed to understand `clientId`: expected a text that is not empty",
        ),
        (
            Kind::Google,
            json!({ "config": { "clientId": "" }, "secret_config": secret }),
            "failed to understand `clientId`: expected a text that is not empty",
        ),
        (
            Kind::Apple,
            json!({ "config": { "clientId": [] }, "secret_config": secret }),
            "failed to understand `clientId`: expected a text that is not empty",
        ),
        (
            Kind::Apple,
            json!({ "config": { "clientId": ["us", ""] }, "secret_config": secret }),
            "failed to understand `clientId`: expected a text that is not empty",
        ),
        (
            Kind::Facebook,
            json!({ "config": { "clientId": ["us"] }, "secret_config": secret }),
            "failed to understand `clientId`: expected a text that is not empty",
        ),
        (
            Kind::Google,
            json!({ "config": client }),
            "failed to understand `clientSecret`: expected a secret's name",
        ),
        (
            Kind::Google,
            json!({ "config": client, "secret_config": { "clientSecret": "gone" } }),
            "failed to find the secret `gone`",
        ),
        (
            Kind::Google,
            json!({ "config": client, "secret_config": { "clientSecret": "empty" } }),
            "failed to find the secret `empty`",
        ),
        (
            Kind::Google,
            json!({ "config": client, "secret_config": secret, "metadata_fields": [{ "name": "shoe_size", "required": true }] }),
            "failed to understand `metadata_fields`: expected a list of {name, required}",
        ),
        (
            Kind::Google,
            json!({ "config": client, "secret_config": secret, "domain_restrictions": ["a.example"] }),
            "failed to restrict domains: `metadata_fields` must have `email`, required",
        ),
        (
            Kind::Google,
            json!({ "config": client, "secret_config": secret, "redirect_uris": "https://a.example" }),
            "failed to understand `redirect_uris`: expected a list of texts",
        ),
        (
            Kind::Apple,
            json!({ "config": client, "secret_config": { "privateKey": "p8" } }),
            "failed to understand `teamId`: expected a text, beside a `privateKey`",
        ),
        (
            Kind::Apple,
            json!({ "config": { "clientId": "us", "teamId": "T", "keyId": "K" }, "secret_config": { "privateKey": "theSecret" } }),
            "failed to read the private key: expected the .p8 file that Apple gives",
        ),
    ] {
        assert_eq!(read_as(kind, &provider).err().unwrap().to_string(), expected, "{provider}");
    }
}

#[tokio::test]
async fn a_private_issuer_stands_in() {
    let settings: EndpointSettings = serde_json::from_value(json!({
        "issuer": "http://127.0.0.1:9000", "authorize": "http://127.0.0.1:9000/auth",
        "token": "http://127.0.0.1:9000/token", "jwks": "http://127.0.0.1:9000/jwks",
    }))
    .unwrap();
    let endpoints = Endpoints::of(Kind::Google).replaced_by(&settings).unwrap();
    let members = json!({ "config": { "clientId": "us" }, "secret_config": { "clientSecret": "theSecret" } });
    let provider =
        OAuth::read(Kind::Google, members.as_object().unwrap(), secret, endpoints, "http://127.0.0.1:1")
            .unwrap();
    assert!(
        provider.authorize_url(&start()).unwrap().starts_with("http://127.0.0.1:9000/auth?client_id=us&")
    );
    let world = World::new(Kind::Google);
    world.internet.answers("http://127.0.0.1:9000/jwks", 200, json!({ "keys": [Signer::rsa().jwk("k")] }));
    let mut claims = google_claims();
    for (issuer, good) in [("http://127.0.0.1:9000", true), ("https://accounts.google.com", false)] {
        claims["iss"] = json!(issuer);
        world.internet.answers("http://127.0.0.1:9000/token", 200, json!({ "id_token": signed(&claims) }));
        let answer = provider.prove_callback("c", &start(), &world.reach()).await;
        assert_eq!(answer.is_ok(), good, "{issuer}: {answer:?}");
    }
    for (name, value) in [("issuer", ""), ("token", "file:///x"), ("jwks", "x"), ("graph", "")] {
        let settings: EndpointSettings = serde_json::from_value(json!({ name: value })).unwrap();
        assert!(Endpoints::of(Kind::Google).replaced_by(&settings).is_err(), "{name}");
    }
    assert!(serde_json::from_value::<EndpointSettings>(json!({ "isuer": "x" })).is_err());
}
