//! The matrix: who is linked to what, and what is said when not. In the three ways that an app may choose.

use serde_json::{Value, json};

use super::issuer::{CLIENT, Issuer, id_claims, id_token};
use super::{APP, AUTH, Person, Town, claims, token};
use crate::support::Reply;

/// Providers whose credentials are linked, if anything is.
const LINKABLE: [&str; 6] =
    ["local-userpass", "custom-token", "custom-function", "oauth2-google", "oauth2-facebook", "oauth2-apple"];

/// A good credential of somebody whom only this name tells from others.
fn credential(town: &Town, issuer: &Issuer, provider: &str, name: &str) -> Value {
    match provider {
        "local-userpass" => town.register(name),
        "custom-token" => json!({"token": token(&claims(name))}),
        "custom-function" => json!({"id": name}),
        "oauth2-google" => json!({"authCode": issuer.code(&id_claims(name, ""))}),
        "oauth2-facebook" => json!({"accessToken": name}),
        "oauth2-apple" => json!({"id_token": id_token(&id_claims(name, ""))}),
        other => panic!("{other} has no credential"),
    }
}

fn server_key(town: &Town, name: &str) -> Value {
    let made: Value =
        serde_json::from_str(&town.run(&["api-keys", "create", APP, name, "--json"]).out).unwrap();
    json!({"key": made["key"]})
}

#[test]
fn every_provider_meets_every_user() {
    let issuer = Issuer::start();
    let town = issuer.town(&json!({"autoConfirm": true}), |_| {});
    issuer.facebook_tokens_are_for(CLIENT);
    let anonymous =
        (500, json!("InternalServerError"), "linking an anonymous identity is not allowed".to_owned());
    let second = "linking a local-userpass identity is not allowed when one is already linked";
    let second = (500, json!("InternalServerError"), second.to_owned());
    let taken = "unauthorized: a user already exists with the specified provider";
    let taken = (401, json!("AuthError"), taken.to_owned());
    let not_linkable = (400, json!("InvalidParameter"), "invalid user link request".to_owned());
    let refused = |person: &Person, provider: &str, body: &Value, why, cell: &str| {
        let before = town.profile(person);
        assert_eq!(Town::refusal(&town.link(person, provider, body)), why, "{cell}");
        assert_eq!(town.profile(person), before, "{cell}: nothing of a refused link remains");
    };
    let some_key = server_key(&town, "some-key");
    for row in ["anon-user", "server"].into_iter().chain(LINKABLE) {
        let its_own = match row {
            "anon-user" => json!({}),
            "server" => server_key(&town, "row"),
            provider => credential(&town, &issuer, provider, &format!("{row}-row")),
        };
        let person = || match row {
            "anon-user" => town.guest(),
            "server" => town.log_in("api-key", &its_own),
            provider => town.log_in(provider, &credential(&town, &issuer, provider, &unique(row))),
        };
        refused(&person(), "anon-user", &json!({}), anonymous.clone(), &format!("{row} × anon-user"));
        refused(&person(), "api-key", &some_key, not_linkable.clone(), &format!("{row} × api-key"));
        for column in LINKABLE {
            let cell = format!("{row} × {column}");
            let fresh = credential(&town, &issuer, column, &unique(&cell));
            let others = credential(&town, &issuer, column, &unique(&cell));
            town.log_in(column, &others);
            let person = person();
            if row == "server" {
                refused(&person, column, &fresh, not_linkable.clone(), &cell);
                refused(&person, column, &others, not_linkable.clone(), &cell);
                continue;
            }
            refused(&person, column, &others, taken.clone(), &cell);
            if row == column && row == "local-userpass" {
                refused(&person, column, &fresh, second.clone(), &cell);
                continue;
            }
            let mut expected = town.profile(&person).0;
            expected.push(column.to_owned());
            for time in ["once", "again"] {
                let reply: Reply = town.link(&person, column, &fresh);
                assert_eq!(
                    (reply.status, &reply.json()["user_id"]),
                    (200, &json!(person.id)),
                    "{cell}, {time}"
                );
                assert_eq!(town.profile(&person).0, expected, "{cell}, {time}");
            }
            assert_eq!(town.log_in(column, &fresh).id, person.id, "{cell}: it is a way back");
        }
        if LINKABLE.contains(&row) {
            let person = town.log_in(row, &its_own);
            assert_eq!(town.link(&person, row, &its_own).status, 200, "{row}: its own identity again");
            assert_eq!(town.profile(&person).0, [row]);
        }
    }
}

/// A name that nobody had.
fn unique(begins: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let begins: String = begins.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{begins}{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

#[test]
fn a_guest_becomes_someone_and_stays_who_it_was() {
    let town = Town::new();
    let guest = town.guest();
    let email = town.register("ann@people.example");
    let linked = town.link(&guest, "local-userpass", &email);
    assert_eq!(linked.status, 200, "{linked:?}");
    let linked = linked.json();
    assert_eq!(linked["user_id"], guest.id.as_str());
    assert_eq!(
        town.profile(&guest),
        (vec!["anon-user".to_owned(), "local-userpass".to_owned()], json!({"email": "ann@people.example"}))
    );
    // The session that linked goes on, with its old refresh token.
    assert_eq!(town.server.with_token("POST", &format!("{AUTH}/session"), &guest.refresh).status, 201);
    // And the e-mail address is a way back.
    assert_eq!(town.log_in("local-userpass", &email).id, guest.id);
}

#[test]
fn a_chain_of_providers_keeps_its_order_and_the_id() {
    let town = Town::new();
    let guest = town.guest();
    let email = town.register("bea@people.example");
    let jwt = json!({"token": token(&claims("bea"))});
    let function = json!({"id": "bea-of-the-function"});
    for (provider, body) in
        [("local-userpass", &email), ("custom-token", &jwt), ("custom-function", &function)]
    {
        let linked = town.link(&guest, provider, body);
        assert_eq!((linked.status, &linked.json()["user_id"]), (200, &json!(guest.id)), "{provider}");
    }
    let (kinds, data) = town.profile(&guest);
    assert_eq!(kinds, ["anon-user", "local-userpass", "custom-token", "custom-function"]);
    assert_eq!(data, json!({"email": "bea@people.example", "name": "bea"}));
    for (provider, body) in
        [("local-userpass", &email), ("custom-token", &jwt), ("custom-function", &function)]
    {
        assert_eq!(town.log_in(provider, body).id, guest.id, "{provider}");
        assert_eq!(town.link(&guest, provider, body).status, 200, "the same identity again is no act");
    }
    assert_eq!(town.profile(&guest).0.len(), 4);
}

#[test]
fn a_refused_link_is_said_as_the_app_chose() {
    // What is refused, and what each way says of it: status, code and text.
    type Said = (u16, &'static str, &'static str);
    let rows: [(&str, [Said; 3]); 6] = [
        ("anonymous", {
            let text = "linking an anonymous identity is not allowed";
            [
                (500, "InternalServerError", text),
                (500, "InternalServerError", text),
                (400, "InvalidParameter", text),
            ]
        }),
        ("second e-mail", {
            let text = "linking a local-userpass identity is not allowed when one is already linked";
            [
                (500, "InternalServerError", text),
                (500, "InternalServerError", text),
                (400, "InvalidParameter", text),
            ]
        }),
        (
            "another's",
            [
                (401, "AuthError", "unauthorized: a user already exists with the specified provider"),
                (401, "InvalidSession", "unauthorized"),
                (409, "InvalidSession", "a user already exists with the specified provider"),
            ],
        ),
        (
            "wrong password",
            [
                (401, "InvalidPassword", "unauthorized: invalid username/password"),
                (401, "InvalidPassword", "unauthorized"),
                (400, "InvalidPassword", "invalid username/password"),
            ],
        ),
        (
            "disabled provider",
            [
                (401, "AuthError", "unauthorized: authentication via 'oauth2-google' is unsupported"),
                (401, "InvalidSession", "unauthorized"),
                (400, "InvalidSession", "authentication via 'oauth2-google' is unsupported"),
            ],
        ),
        ("api key", {
            let said = (400, "InvalidParameter", "invalid user link request");
            [said, said, said]
        }),
    ];
    for (way, words) in ["safe", "exact", "strict"].into_iter().enumerate() {
        let town = Town::with(&json!({"link_errors": words}), &json!({"autoConfirm": true}));
        let ann = town.guest();
        let email = town.register("ann@people.example");
        assert_eq!(town.link(&ann, "local-userpass", &email).status, 200);
        let key = town.server.request(
            "POST",
            &format!("{AUTH}/api_keys"),
            &[("Authorization", &format!("Bearer {}", ann.refresh))],
            br#"{"name":"k"}"#,
        );
        let second = town.register("second@people.example");
        let guest = town.guest();
        for (refused, said) in &rows {
            let (who, provider, body) = match *refused {
                "anonymous" => (&ann, "anon-user", json!({})),
                "second e-mail" => (&ann, "local-userpass", second.clone()),
                "another's" => (&guest, "local-userpass", email.clone()),
                "wrong password" => (
                    &guest,
                    "local-userpass",
                    json!({"username": "ann@people.example", "password": "wrong-1"}),
                ),
                "disabled provider" => (&guest, "oauth2-google", json!({"authCode": "x"})),
                _ => (&guest, "api-key", json!({"key": key.json()["key"]})),
            };
            let (status, code, text) = said[way];
            let reply = town.link(who, provider, &body);
            assert_eq!(Town::refusal(&reply), (status, json!(code), text.to_owned()), "{words}: {refused}");
        }
        assert_eq!(town.profile(&guest).0, ["anon-user"], "nothing of a refused link remains");
        assert_eq!(town.profile(&ann).0, ["anon-user", "local-userpass"]);
    }
}

#[test]
fn a_conflict_is_told_only_to_who_proved_the_credential() {
    let town = Town::new();
    let ann = town.guest();
    let email = town.register("ann@people.example");
    town.link(&ann, "local-userpass", &email);
    let guest = town.guest();
    let told = |name: &str| {
        Town::refusal(&town.link(&guest, "local-userpass", &json!({"username": name, "password": "wrong-1"})))
    };
    assert_eq!(told("ann@people.example"), told("nobody@people.example"));
}

#[test]
fn an_identity_that_logged_in_before_has_a_user_of_its_own() {
    let town = Town::new();
    let email = town.register("eve@people.example");
    let eve = town.log_in("local-userpass", &email);
    assert_eq!(town.profile(&eve).0, ["local-userpass"]);
    let guest = town.guest();
    assert_ne!(guest.id, eve.id);
    assert_eq!(town.link(&guest, "local-userpass", &email).status, 401);
}

#[test]
fn a_deleted_user_frees_its_identities_and_comes_back_as_somebody_else() {
    let town = Town::new();
    let jwt = json!({"token": token(&claims("gus"))});
    let gus = town.log_in("custom-token", &jwt);
    assert_eq!(town.server.with_token("DELETE", &format!("{AUTH}/delete"), &gus.access).status, 204);
    assert_ne!(town.log_in("custom-token", &jwt).id, gus.id);

    let email = town.register("hal@people.example");
    let hal = town.log_in("local-userpass", &email);
    town.server.with_token("DELETE", &format!("{AUTH}/delete"), &hal.access);
    let refused = town.post("/auth/providers/local-userpass/login", &email);
    assert_eq!(Town::refusal(&refused), (401, json!("InvalidPassword"), "unauthorized".to_owned()));
    town.register("hal@people.example");
    assert_ne!(town.log_in("local-userpass", &email).id, hal.id);
}

#[test]
fn the_words_of_a_refused_link_end_the_loop_of_realm_web() {
    // realm-web 2.0.1 refreshes and tries again on a 401 with InvalidSession, or with the bare text.
    let town = Town::new();
    let ann = town.guest();
    let email = town.register("ann@people.example");
    town.link(&ann, "local-userpass", &email);
    let guest = town.guest();
    for (provider, body) in [
        ("local-userpass", email),
        ("local-userpass", json!({"username": "x", "password": "wrong-1"})),
        ("custom-token", json!({"token": "no.token.atall"})),
        ("custom-function", json!({"id": "nobody"})),
        ("oauth2-google", json!({"authCode": "x"})),
    ] {
        let (status, code, text): (u16, Value, String) = Town::refusal(&town.link(&guest, provider, &body));
        assert!(
            status != 401 || (code != "InvalidSession" && text != "unauthorized"),
            "{provider}: {code} {text}"
        );
    }
}
