//! What went wrong at others, and does not here. Each test is named after what it prevents, with the advisory above it.
//!
//! Three of them cannot happen here in their own form, so their nearest relative is tested:
//! - CVE-2026-45337: we have no device codes; a link through an issuer is what another browser could finish.
//! - GHSA-xg6x-h9c9-2m83: there is no second factor to skip; the memory of verified tokens must not outlive a session.
//! - CVE-2026-33538: a provider is one of eight words, so no name becomes a query; that an unknown one is refused at
//!   once is all there is to see.
//!
//! Races for single-use things (CVE-2026-34224, CVE-2026-43930) are in `races.rs`, accounts that somebody prepares
//! before their owner comes (CVE-2024-38351, Better Auth PR 9578) also in `prehijacking.rs`.

use serde_json::{Value, json};

use super::issuer::{self, CLIENT, Issuer, PAGE, forged, id_claims, id_token, told};
use super::{APP, AUTH, Town, claims, people, signed, token};
use crate::support::Server;

const USERPASS: &str = "/auth/providers/local-userpass";

/// Addresses are confirmed, and passwords reset, by mail.
fn by_mail() -> Value {
    json!({
        "emailConfirmationUrl": "https://people.example/confirm",
        "resetPasswordUrl": "https://people.example/reset",
    })
}

fn refused() -> (u16, Value, String) {
    (401, json!("AuthError"), "unauthorized".to_owned())
}

// CVE-2024-38351, GHSA-m93w-4fxv-r35v; Better Auth PR 9578, GHSA-29rf-f4vv-pvq6.
#[test]
fn no_login_joins_a_user_by_its_address() {
    let issuer = Issuer::start();
    let town = issuer.town(&json!({"autoConfirm": true}), |_| {});
    let email = town.register("victim@people.example");
    let attacker = town.log_in("local-userpass", &email);
    let code = issuer.code(&id_claims("victim", "victim@people.example"));
    let victim = town.log_in("oauth2-google", &json!({"authCode": code}));
    assert_ne!(victim.id, attacker.id);
    assert_eq!(town.profile(&victim).0, ["oauth2-google"]);
    assert_eq!(town.profile(&attacker).0, ["local-userpass"]);
}

// CVE-2026-44166, GHSA-pq7p-mc74-g65w.
#[test]
fn data_beside_a_credential_is_not_believed() {
    let issuer = Issuer::start();
    let town = issuer.town(&by_mail(), |_| {});
    let code = issuer.code(&id_claims("mallory", "mallory@people.example"));
    let more = json!({"email": "victim@people.example", "name": "victim"});
    let body = json!({
        "authCode": code, "email": "victim@people.example", "data": more, "createData": more,
        "user": more, "options": {"email": "victim@people.example", "data": more},
    });
    let mallory = town.log_in("oauth2-google", &body);
    assert_eq!(town.profile(&mallory).1, json!({"email": "mallory@people.example", "name": "mallory"}));
    let two = json!({"authCode": issuer.code(&id_claims("a", "a@a.example")), "id_token": "x"});
    assert_eq!(
        town.post("/auth/providers/oauth2-google/login", &two).status,
        400,
        "one credential at a time"
    );
}

// CVE-2026-41574, GHSA-6g38-8j4p-j3pr.
#[test]
fn an_address_that_the_issuer_did_not_confirm_is_of_no_domain() {
    let issuer = Issuer::start();
    let town = issuer.town(&by_mail(), |providers| {
        providers["oauth2-google"]["domain_restrictions"] = json!(["people.example"]);
    });
    let login = |email: &str, verified: Value| {
        let mut claims = id_claims("somebody", email);
        claims["email_verified"] = verified;
        let body = json!({"authCode": issuer.code(&claims)});
        town.post("/auth/providers/oauth2-google/login", &body).status
    };
    for unconfirmed in [json!(false), json!("false"), json!(null), json!(1), json!("yes")] {
        assert_eq!(login("a@people.example", unconfirmed.clone()), 401, "{unconfirmed}");
    }
    for elsewhere in
        ["a@people.example.evil.example", "a@evil.example", "people.example", "a@PEOPLE.example@b"]
    {
        assert_eq!(login(elsewhere, json!(true)), 401, "{elsewhere}");
    }
    assert_eq!(login("a@people.example", json!(true)), 200);
}

// CVE-2026-31813.
#[test]
fn a_token_of_another_issuer_is_nobody() {
    let issuer = Issuer::start();
    let town = issuer.town(&by_mail(), |_| {});
    let login = |token: &str| {
        Town::refusal(&town.post("/auth/providers/oauth2-apple/login", &json!({"id_token": token})))
    };
    let mut own = id_claims("victim", "victim@people.example");
    let attackers = "http://127.0.0.1:1/jwks";
    for header in [
        json!({"alg": "RS256", "kid": "k"}),
        json!({"alg": "RS256", "kid": "k", "jku": attackers, "x5u": attackers}),
        json!({"alg": "RS256", "kid": attackers}),
        json!({"alg": "RS256"}),
        json!({"alg": "none", "kid": "k"}),
        json!({"alg": "HS256", "kid": "k"}),
    ] {
        assert_eq!(login(&forged(&header, &own)), refused(), "{header}");
    }
    for iss in [
        json!("https://evil.example"),
        json!("https://issuer.example/"),
        json!(null),
        json!([issuer::ISSUER]),
    ] {
        own["iss"] = iss.clone();
        assert_eq!(login(&id_token(&own)), refused(), "{iss}");
    }
    assert!(issuer.asked().iter().all(|path| path == "/jwks"), "{:?}", issuer.asked());
}

// CVE-2026-30863.
#[test]
fn a_provider_without_a_client_id_lets_nobody_in() {
    for missing in [json!(""), json!(null), json!([]), json!([""])] {
        let issuer = Issuer::start();
        let town = issuer.town(&by_mail(), |providers| {
            providers["oauth2-apple"]["config"]["clientId"] = missing.clone();
        });
        for aud in [json!(""), json!(null), json!([]), json!(CLIENT)] {
            let mut claims = id_claims("somebody", "a@people.example");
            claims["aud"] = aud.clone();
            let body = json!({"id_token": id_token(&claims)});
            let reply = town.post("/auth/providers/oauth2-apple/login", &body);
            assert_eq!(Town::refusal(&reply), refused(), "client id {missing}, audience {aud}");
        }
    }
}

// GHSA-8w3j-g983-8jh5.
#[test]
fn a_conflict_is_not_told_before_the_credential_is_proved() {
    let issuer = Issuer::start();
    let town = issuer.town(&json!({"autoConfirm": true}), |_| {});
    let email = town.register("taken@people.example");
    town.log_in("local-userpass", &email);
    town.log_in("custom-token", &json!({"token": token(&claims("taken"))}));
    town.log_in("oauth2-apple", &json!({"id_token": id_token(&id_claims("taken", "a@a.example"))}));
    let guest = town.guest();
    let said = |name: &str| {
        let password = json!({"username": format!("{name}@people.example"), "password": "wrong-1"});
        let jwt = json!({"token": signed(&claims(name), &"0".repeat(64))});
        let header = json!({"alg": "RS256", "kid": "k"});
        let apple = json!({"id_token": forged(&header, &id_claims(name, "a@a.example"))});
        [("local-userpass", password), ("custom-token", jwt), ("oauth2-apple", apple)]
            .map(|(provider, body)| Town::refusal(&town.link(&guest, provider, &body)))
    };
    assert_eq!(said("taken"), said("free"));
}

// GHSA-37mj-c2wf-cx96.
#[test]
fn nothing_that_a_profile_shows_opens_anything() {
    let town = Town::new();
    let guest = town.guest();
    let email = town.register("ann@people.example");
    town.link(&guest, "local-userpass", &email);
    let bearer = format!("Bearer {}", guest.refresh);
    let headers = [("Authorization", bearer.as_str())];
    let keys = format!("{AUTH}/api_keys");
    let key = town.server.request("POST", &keys, &headers, br#"{"name":"k"}"#).json();
    let shown = town.server.with_token("GET", &format!("{AUTH}/profile"), &guest.access).json();
    let listed = town.server.with_token("GET", &keys, &guest.refresh).json();
    for secret in ["secret1", "argon2", key["key"].as_str().unwrap()] {
        assert!(!shown.to_string().contains(secret) && !listed.to_string().contains(secret), "{secret}");
    }
    let ids = shown["identities"].as_array().unwrap().iter().map(|identity| identity["id"].as_str().unwrap());
    for id in ids.chain([key["_id"].as_str().unwrap(), guest.id.as_str()]) {
        assert_ne!(
            town.log_in("anon-user", &json!({"id": id, "key": id, "authData": {"id": id}})).id,
            guest.id
        );
        assert_eq!(town.post("/auth/providers/api-key/login", &json!({"key": id})).status, 401);
        let password = json!({"username": id, "password": id});
        assert_eq!(town.post(&format!("{USERPASS}/login"), &password).status, 401);
    }
}

// GHSA-837q-jhwx-cmpv.
#[test]
fn a_credential_of_one_app_is_none_at_another() {
    let other = "others-abcde";
    let town = Town::built(&json!({}), &by_mail(), |app| {
        let path = app.join("../others");
        people(&path, &json!({}), &by_mail());
        let root = json!({"config_version": 20_210_101, "app_id": other, "name": "others"});
        std::fs::write(path.join("realm_config.json"), root.to_string()).unwrap();
        vec![path.to_str().unwrap().to_owned()]
    });
    let there = |path: &str, body: &Value| {
        let target = format!("/api/client/v2.0/app/{other}{path}");
        town.server.request("POST", &target, &[], body.to_string().as_bytes()).status
    };
    let body = json!({"email": "ann@people.example", "password": "secret1"});
    assert_eq!(town.post(&format!("{USERPASS}/register"), &body).status, 201);
    let confirmation = town.mailed("https://people.example/confirm?");
    assert_eq!(there(&format!("{USERPASS}/confirm"), &confirmation), 400);
    assert_eq!(town.post(&format!("{USERPASS}/confirm"), &confirmation).status, 200);
    let email = json!({"username": "ann@people.example", "password": "secret1"});
    assert_eq!(there(&format!("{USERPASS}/login"), &email), 401);
    let ann = town.log_in("local-userpass", &email);

    town.post(&format!("{USERPASS}/reset/send"), &json!({"email": "ann@people.example"}));
    let mut reset = town.mailed("https://people.example/reset?");
    reset["password"] = json!("secret2");
    assert_eq!(there(&format!("{USERPASS}/reset"), &reset), 400);

    let bearer = format!("Bearer {}", ann.refresh);
    let headers = [("Authorization", bearer.as_str())];
    let key = town.server.request("POST", &format!("{AUTH}/api_keys"), &headers, br#"{"name":"k"}"#).json();
    assert_eq!(there("/auth/providers/api-key/login", &json!({"key": key["key"]})), 401);
    let jwt = json!({"token": token(&claims("ann"))});
    assert_eq!(there("/auth/providers/custom-token/login", &jwt), 401);
    let at_other = |method: &str, path: &str, token: &str| {
        let target = format!("/api/client/v2.0/app/{other}/auth/{path}");
        town.server.with_token(method, &target, token).status
    };
    assert_eq!(at_other("GET", "profile", &ann.access), 401);
    assert_eq!(at_other("POST", "session", &ann.refresh), 401);
    assert_eq!(town.server.with_token("GET", &format!("{AUTH}/profile"), &ann.access).status, 200);
}

// CVE-2026-33538.
#[test]
fn an_unknown_provider_is_no_question_to_the_store() {
    let town = Town::new();
    let long = "x".repeat(2000);
    for name in ["anonymous", "anon-user%27--", "authData._x", "$where", "ANON-USER", "oauth2-github", &long]
    {
        let reply = town.post(&format!("/auth/providers/{name}/login"), &json!({"id": "x"}));
        assert_eq!(
            (reply.status, reply.json()["error_code"].clone()),
            (404, json!("AuthProviderNotFound")),
            "{name}"
        );
    }
}

// CVE-2026-45337, GHSA-cq3f-vc6p-68fh.
#[test]
fn a_link_is_finished_only_in_the_browser_that_began_it() {
    let issuer = Issuer::start();
    let town = issuer.town(&by_mail(), |_| {});
    let attacker = town.guest();
    let away = town.depart(Some(&attacker), &[]);
    let other = town.depart(Some(&attacker), &[]);
    // The victim is made to open the address, and logs in at the issuer.
    let mut claims = id_claims("victim", "victim@people.example");
    claims["nonce"] = json!(away.nonce);
    let code = issuer.code(&claims);
    let back = told(&town.come_back(&away, &code, None));
    assert_eq!(
        back.err().unwrap(),
        "unauthorized: the link was begun in another browser, or its cookie was blocked"
    );
    claims["nonce"] = json!(other.nonce);
    assert!(told(&town.come_back(&other, &issuer.code(&claims), away.cookie.as_deref())).is_err());
    assert_eq!(town.profile(&attacker).0, ["anon-user"]);
    // The attacker's own browser cannot come back a second time either.
    assert_eq!(town.come_back(&away, &code, away.cookie.as_deref()).status, 400);
}

// The other side of the same: the attacker's page has the victim's own browser begin the link to the attacker's user,
// so that the cookie is there when the victim comes back.
#[test]
fn a_link_is_begun_only_by_a_page_of_the_app() {
    let issuer = Issuer::start();
    let town = issuer.town(&by_mail(), |_| {});
    let attacker = town.guest();
    let begin = |origin: &str| {
        let page: String = url::form_urlencoded::byte_serialize(PAGE.as_bytes()).collect();
        let target = format!(
            "/api/client/v2.0/app/{APP}/auth/providers/oauth2-google/login?redirect={page}&link=true\
             &providerRedirectHeader=true"
        );
        let token = format!("Bearer {}", attacker.access);
        town.server.request("GET", &target, &[("Origin", origin), ("Authorization", &token)], b"")
    };
    for origin in ["https://evil.example", "https://evil.people.example", "http://people.example", "null"] {
        let reply = begin(origin);
        let refused = (403, json!("DomainNotAllowed"), format!("origin not allowed: '{origin}'"));
        assert_eq!(Town::refusal(&reply), refused);
        assert_eq!(reply.header("set-cookie"), None, "{origin}");
    }
    let own = begin("https://people.example");
    assert_eq!(own.status, 200);
    assert!(own.header("set-cookie").is_some());
}

// CVE-2026-45364, GHSA-p6v2-xcpg-h6xw.
#[test]
fn a_limit_counts_a_network_and_believes_no_strangers_header() {
    let logins = |proxy: &str, addresses: &[&str]| -> Vec<u16> {
        let directory = tempfile::tempdir().unwrap();
        let app = directory.path().join("people");
        people(&app, &json!({}), &json!({"autoConfirm": true}));
        let args = [app.to_str().unwrap(), "--guest-logins-per-hour", "2", "--trusted-proxies", proxy];
        let server = Server::start(&directory.path().join("data"), &args);
        let target = format!("/api/client/v2.0/app/{APP}/auth/providers/anon-user/login");
        let login = |from: &&str| server.request("POST", &target, &[("X-Forwarded-For", from)], b"").status;
        addresses.iter().map(login).collect()
    };
    let of_one_network = ["2001:db8::1", "2001:db8::2:0:0:2", "2001:db8:0:0:ffff::3", "2001:db8:0:1::1"];
    assert_eq!(logins("127.0.0.1", &of_one_network), [200, 200, 429, 200]);
    let mapped = ["::ffff:203.0.113.7", "203.0.113.7", "203.0.113.7", "203.0.113.8"];
    assert_eq!(logins("127.0.0.1", &mapped), [200, 200, 429, 200]);
    assert_eq!(logins("192.0.2.1", &["203.0.113.1", "203.0.113.2", "203.0.113.3"]), [200, 200, 429]);
}

// GHSA-xg6x-h9c9-2m83.
#[test]
fn a_token_that_was_verified_a_moment_ago_ends_with_its_session() {
    let town = Town::new();
    let guest = town.guest();
    let profile = || town.server.with_token("GET", &format!("{AUTH}/profile"), &guest.access).status;
    assert_eq!((profile(), profile()), (200, 200));
    let session = format!("{AUTH}/session");
    assert_eq!(town.server.with_token("DELETE", &session, &guest.refresh).status, 204);
    assert_eq!(profile(), 401);
    let email = town.register("ann@people.example");
    assert_eq!(town.link(&guest, "local-userpass", &email).status, 401, "nor does it link");
}

// GHSA-3529-5m8x-rpv3.
#[test]
fn a_forged_host_gets_into_no_letter_and_no_redirect() {
    let issuer = Issuer::start();
    let town = issuer.town(&by_mail(), |_| {});
    let evil = [
        ("X-Forwarded-Host", "evil.example"),
        ("Forwarded", "host=evil.example;proto=https"),
        ("X-Original-Host", "evil.example"),
        ("Origin", "https://evil.example"),
        ("Referer", "https://evil.example/"),
    ];
    let target = format!("/api/client/v2.0/app/{APP}{USERPASS}/register");
    let body = br#"{"email":"ann@people.example","password":"secret1"}"#;
    assert_eq!(town.server.request("POST", &target, &evil, body).status, 201);
    town.mailed("https://people.example/confirm?");
    assert!(!town.server.log().contains("evil.example"));
    let away = town.depart(None, &evil);
    let own = town.server.ready["client_url"].as_str().unwrap();
    assert_eq!(away.redirect_uri, format!("{own}/api/client/v2.0/auth/callback"));
}

// CVE-2026-9087, GHSA-xhpr-465j-7p9q.
#[test]
fn an_answer_of_the_issuer_to_another_question_proves_nobody() {
    let issuer = Issuer::start();
    let town = issuer.town(&by_mail(), |_| {});
    let victim = town.guest();
    let (attackers, victims) = (town.depart(None, &[]), town.depart(Some(&victim), &[]));
    let mut claims = id_claims("attacker", "attacker@people.example");
    // The attacker keeps its own code and has the victim's browser bring it.
    claims["nonce"] = json!(attackers.nonce);
    let code = issuer.code(&claims);
    assert!(told(&town.come_back(&victims, &code, victims.cookie.as_deref())).is_err());
    assert_eq!(town.profile(&victim).0, ["anon-user"]);
    claims.as_object_mut().unwrap().remove("nonce");
    let again = town.depart(Some(&victim), &[]);
    assert!(told(&town.come_back(&again, &issuer.code(&claims), again.cookie.as_deref())).is_err());
    // Its own answer proves it, and the user stays who it was.
    let own = town.depart(Some(&victim), &[]);
    claims["nonce"] = json!(own.nonce);
    let linked = told(&town.come_back(&own, &issuer.code(&claims), own.cookie.as_deref())).unwrap();
    assert_eq!(linked.id, victim.id);
    assert_eq!(town.profile(&linked).0, ["anon-user", "oauth2-google"]);
}

// CVE-2026-27946.
#[test]
fn an_address_is_not_confirmed_by_saying_so() {
    let town = Town::with(&json!({}), &by_mail());
    let body = json!({
        "email": "victim@people.example", "password": "secret1", "confirmed": true, "email_verified": true,
        "autoConfirm": true, "status": "success", "user_id": "0".repeat(24),
    });
    assert_eq!(town.post(&format!("{USERPASS}/register"), &body).status, 201);
    let login = json!({
        "username": "victim@people.example", "password": "secret1", "confirmed": true, "email_verified": true,
    });
    assert_eq!(Town::refusal(&town.post(&format!("{USERPASS}/login"), &login)), refused());
}

// CVE-2026-55669.
#[test]
fn a_token_that_another_app_was_given_proves_nobody() {
    let issuer = Issuer::start();
    let town = issuer.town(&by_mail(), |_| {});
    let login = || town.post("/auth/providers/oauth2-facebook/login", &json!({"accessToken": "victim"}));
    issuer.facebook_tokens_are_for("another-app");
    assert_eq!(Town::refusal(&login()), refused());
    issuer.facebook_tokens_are_for(CLIENT);
    assert_eq!(login().status, 200);
}

// CVE-2026-55670.
#[test]
fn an_id_is_never_given_twice() {
    let town = Town::new();
    let mut ids = Vec::new();
    for _ in 0..5 {
        let ann = town.log_in("custom-function", &json!({"id": "ann"}));
        assert!(!ids.contains(&ann.id));
        assert_eq!(town.server.with_token("DELETE", &format!("{AUTH}/delete"), &ann.access).status, 204);
        let after = town.server.with_token("GET", &format!("{AUTH}/profile"), &ann.access);
        assert_eq!(after.status, 401);
        ids.push(ann.id);
    }
}

// CVE-2026-28513.
#[test]
fn every_part_of_a_credential_is_checked_by_itself() {
    let town = Town::with(&json!({}), &by_mail());
    let register = |email: &str| {
        let body = json!({"email": email, "password": "secret1"});
        assert_eq!(town.post(&format!("{USERPASS}/register"), &body).status, 201);
        town.mailed("https://people.example/confirm?")
    };
    let ann = register("ann@people.example");
    let confirm = |id: &Value, token: &Value| {
        let body = json!({"tokenId": id, "token": token});
        town.post(&format!("{USERPASS}/confirm"), &body).status
    };
    let other = register("bea@people.example");
    assert_eq!(confirm(&ann["tokenId"], &other["token"]), 400);
    assert_eq!(confirm(&other["tokenId"], &ann["token"]), 400);
    assert_eq!(confirm(&json!("0".repeat(24)), &ann["token"]), 400);
    assert_eq!(confirm(&ann["tokenId"], &json!("")), 400);
    let with_confirmation = json!({"tokenId": ann["tokenId"], "token": ann["token"], "password": "secret2"});
    assert_eq!(
        town.post(&format!("{USERPASS}/reset"), &with_confirmation).status,
        400,
        "no token to reset with"
    );
    assert_eq!(confirm(&ann["tokenId"], &ann["token"]), 200);
    town.post(&format!("{USERPASS}/reset/send"), &json!({"email": "bea@people.example"}));
    let reset = town.mailed("https://people.example/reset?");
    assert_eq!(confirm(&reset["tokenId"], &reset["token"]), 400, "no token to confirm with");
    assert_eq!(confirm(&other["tokenId"], &other["token"]), 200);
}

// CVE-2026-28513, at an issuer's token.
#[test]
fn every_claim_of_an_id_token_is_checked_by_itself() {
    let issuer = Issuer::start();
    let town = issuer.town(&by_mail(), |_| {});
    let login = |claims: &Value| {
        town.post("/auth/providers/oauth2-apple/login", &json!({"id_token": id_token(claims)})).status
    };
    let good = id_claims("ann", "ann@people.example");
    assert_eq!(login(&good), 200);
    for (claim, wrong) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("another-app")),
        ("aud", json!(["another-app"])),
        ("aud", json!([CLIENT, "another-app"])),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("exp", json!(1)),
        ("exp", json!("4102444800")),
        ("nbf", json!(4_102_444_000_i64)),
    ] {
        let mut claims = good.clone();
        claims[claim] = wrong.clone();
        assert_eq!(login(&claims), 401, "{claim}: {wrong}");
    }
    for claim in ["iss", "aud", "sub", "exp"] {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(claim);
        assert_eq!(login(&claims), 401, "no {claim}");
    }
}

// TrailBase PR 271.
#[test]
fn a_guest_is_not_promoted_by_an_address_that_is_not_confirmed() {
    let town = Town::with(&json!({}), &by_mail());
    let guest = town.guest();
    let body = json!({"email": "ann@people.example", "password": "secret1"});
    town.post(&format!("{USERPASS}/register"), &body);
    let email = json!({"username": "ann@people.example", "password": "secret1"});
    let said = (401, json!("AuthError"), "unauthorized: confirmation required".to_owned());
    assert_eq!(Town::refusal(&town.link(&guest, "local-userpass", &email)), said);
    assert_eq!(Town::refusal(&town.post(&format!("{USERPASS}/login"), &email)), refused());
    assert_eq!(town.profile(&guest), (vec!["anon-user".to_owned()], json!({})));
    let confirmation = town.mailed("https://people.example/confirm?");
    town.post(&format!("{USERPASS}/confirm"), &confirmation);
    assert_eq!(town.link(&guest, "local-userpass", &email).status, 200, "one gate for both");
}
