//! The matrix: who is linked to what, and what is said when not. In the three ways that an app may choose.

use serde_json::{Value, json};

use super::{AUTH, Town, claims, token};

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
