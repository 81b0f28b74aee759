//! `passerby keys`.

use serde_json::Value;

use super::place::{Place, beside_a_server_and_without, failed, printed};

const PROFILE: &str = "/api/client/v2.0/auth/profile";
const SESSION: &str = "/api/client/v2.0/auth/session";
const JWKS: &str = "/api/client/v2.0/app/news-aaaaa/.well-known/jwks.json";

fn keys(place: &Place, purpose: &str) -> Vec<String> {
    let list: Vec<Value> =
        serde_json::from_str(&place.raw(["keys", "list", "news-aaaaa", "--json"]).out).unwrap();
    let of = list.iter().filter(|key| key["purpose"] == purpose);
    of.map(|key| key["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn keys_are_listed_and_never_shown() {
    beside_a_server_and_without(|place| {
        printed(
            &place.run(["keys", "list", "news-aaaaa"]),
            "ID                PURPOSE          ALGORITHM  DOES                CREATED\n\
             [key]  access           ES256      signs and verifies  [time]\n\
             [key]  access-original  HS256      signs and verifies  [time]\n\
             [key]  refresh          HS256      signs and verifies  [time]\n",
            "",
        );
        let list: Vec<Value> =
            serde_json::from_str(&place.raw(["keys", "list", "news-aaaaa", "--json"]).out).unwrap();
        let fields: Vec<&String> = list[0].as_object().unwrap().keys().collect();
        assert_eq!(fields, ["id", "purpose", "algorithm", "created", "signs"]);
    });
}

#[test]
fn an_old_access_key_verifies_until_it_is_retired() {
    let place = Place::with_server();
    let server = place.server.as_ref().unwrap();
    let profile = |token: &str| server.with_token("GET", PROFILE, token).status;
    let old = place.token(0, "access_token");
    printed(
        &place.run(["keys", "rotate", "news-aaaaa", "access"]),
        "New access tokens of news-aaaaa are signed with [key] from now on.\n",
        "The old keys go on verifying. `passerby keys list news-aaaaa` shows them; retire one when its tokens are over.\n",
    );
    assert_eq!(profile(old), 200);
    let refreshed = server.with_token("POST", SESSION, place.token(0, "refresh_token")).json();
    let fresh = refreshed["access_token"].as_str().unwrap();
    let ids = keys(&place, "access");
    assert_eq!(ids.len(), 2);
    let jwks = server.request("GET", JWKS, &[], b"").json();
    assert_eq!(
        jwks["keys"].as_array().unwrap().iter().map(|k| k["kid"].as_str().unwrap()).collect::<Vec<_>>(),
        ids
    );

    printed(
        &place.run(["keys", "retire", "news-aaaaa", &ids[0]]),
        "Retired [key] of news-aaaaa: what it signed is no longer good.\n",
        "",
    );
    assert_eq!((profile(old), profile(fresh)), (401, 200));
    assert_eq!(server.with_token("POST", SESSION, place.token(0, "refresh_token")).status, 201);
}

#[test]
fn a_key_in_use_and_an_unknown_key_are_not_retired() {
    beside_a_server_and_without(|place| {
        let id = &keys(place, "access")[0];
        failed(
            &place.run(["keys", "retire", "news-aaaaa", id]),
            1,
            "error: the key '[key]' is in use: rotate first, then retire it\n",
        );
        failed(
            &place.run(["keys", "retire", "news-aaaaa", "nope"]),
            4,
            "error: no signing key of this app has the id 'nope'\n\
             hint: `passerby keys list news-aaaaa` shows which there are\n",
        );
        failed(
            &place.run(["keys", "retire", "news-aaaaa", "-Oxyz", "--end-sessions"]),
            4,
            "error: no signing key of this app has the id '-Oxyz'\n\
             hint: `passerby keys list news-aaaaa` shows which there are\n",
        );
        let ran = place.run(["keys", "rotate", "news-aaaaa", "acess"]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    });
}

#[test]
fn retiring_a_refresh_key_ends_its_sessions_and_wants_a_word() {
    let place = Place::with_server();
    let server = place.server.as_ref().unwrap();
    let rotated = place.raw(["keys", "rotate", "news-aaaaa", "refresh", "--json"]);
    let key: Value = serde_json::from_str(&rotated.out).unwrap();
    assert_eq!((&key["purpose"], &key["signs"]), (&"refresh".into(), &true.into()));
    let later = server.log_in("news-aaaaa");
    let id = &keys(&place, "refresh")[0];
    failed(
        &place.run(["keys", "retire", "news-aaaaa", id]),
        6,
        "error: retiring a refresh key ends every session it signed, and guests cannot log in again: say so with \
         end_sessions\nhint: --end-sessions says so\n",
    );
    assert_eq!(place.run(["keys", "retire", "news-aaaaa", id, "--end-sessions"]).code, 0);
    let refresh = |token: &str| server.with_token("POST", SESSION, token).status;
    assert_eq!(refresh(place.token(0, "refresh_token")), 401);
    assert_eq!(refresh(later["refresh_token"].as_str().unwrap()), 201);
}
