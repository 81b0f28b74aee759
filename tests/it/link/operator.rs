//! What an operator does for people: what the app keeps of them, and addresses that are nobody yet.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::issuer::{Away, Issuer, id_claims};
use super::{APP, AUTH, Town, claims, token};
use crate::support::redact;

const USERPASS: &str = "/auth/providers/local-userpass";

/// `user_data` of an access token.
fn user_data(access: &str) -> Option<Value> {
    let claims = URL_SAFE_NO_PAD.decode(access.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap().get("user_data").cloned()
}

#[test]
fn custom_data_is_told_in_the_next_access_token_and_not_in_older_ones() {
    let town = Town::new();
    let guest = town.guest();
    assert_eq!(user_data(&guest.access), None);
    let data = json!({"color": "\u{e4}", "nested": {"n": [1, null]}});
    let file = town.file("data.json", &data.to_string());
    let set = town.run(&["users", "set-data", APP, &guest.id, &file]);
    let done = format!("Set the custom data of {}; its next access token tells.\n", guest.id);
    assert_eq!((set.code, set.out, set.err), (0, done, String::new()));
    assert_eq!(user_data(&guest.access), None);
    let refresh = || {
        let refreshed = town.server.with_token("POST", &format!("{AUTH}/session"), &guest.refresh);
        assert_eq!(refreshed.status, 201);
        user_data(refreshed.json()["access_token"].as_str().unwrap())
    };
    assert_eq!(refresh(), Some(data.clone()));
    // A link keeps it, and so does a login of the person that the guest became.
    let email = town.register("ann@people.example");
    let linked = town.link(&guest, "local-userpass", &email).json();
    assert_eq!(user_data(linked["access_token"].as_str().unwrap()), Some(data.clone()));
    assert_eq!(user_data(&town.log_in("local-userpass", &email).access), Some(data.clone()));
    let shown = town.run(&["users", "show", APP, &guest.id]).out;
    assert!(shown.contains(&format!("custom data  {data}\n")), "{shown}");

    let removed = town.run(&["users", "set-data", APP, &guest.id, "--remove"]);
    assert_eq!(removed.code, 0, "{removed:?}");
    assert_eq!(refresh(), None);
}

#[test]
fn what_is_no_custom_data_is_refused() {
    let town = Town::new();
    let guest = town.guest();
    let set = |user: &str, text: &str| {
        let ran = town.run(&["users", "set-data", APP, user, &town.file("data.json", text)]);
        (ran.code, ran.err)
    };
    for text in ["[]", "1", "", "{\"a\": }"] {
        let (code, said) = set(&guest.id, text);
        assert!(code == 2 && said.contains("as a JSON object"), "{text}: {said}");
    }
    let fits = json!({"a": "x".repeat(16 * 1024 - 8)}).to_string();
    assert_eq!((fits.len(), set(&guest.id, &fits).0), (16 * 1024, 0));
    let (code, said) = set(&guest.id, &json!({"a": "x".repeat(16 * 1024 - 7)}).to_string());
    assert!(code == 1 && said.contains("at most 16384 bytes of JSON, not 16385"), "{code} {said}");
    let (code, said) = set("636a9db3bdeec4a0374030d4", "{}");
    assert!(code == 4 && said.starts_with("error: user not found\n"), "{code} {said}");
    assert_eq!(town.run(&["users", "set-data", APP, &guest.id]).code, 2, "a file, or --remove");
}

#[test]
fn people_are_listed_with_their_addresses_and_guests_are_those_who_linked_nothing() {
    let town = Town::new();
    let (guest, ann) = (town.guest(), town.guest());
    let email = town.register("ann@people.example");
    town.link(&ann, "local-userpass", &email);
    town.link(&ann, "custom-token", &json!({"token": token(&claims("ann"))}));
    let listed = town.run(&["users", "list", APP]);
    assert_eq!(
        redact(&listed.out),
        "USER                      TYPE    PROVIDERS                                E-MAIL              CREATED                  \
         LAST ACTIVE  STATE\n\
         [id]  normal  anon-user                                                    [time]  [day]   enabled\n\
         [id]  normal  anon-user, local-userpass, custom-token  ann@people.example  [time]  [day]   enabled\n"
    );
    let guests = town.run(&["users", "list", APP, "--guests"]);
    assert!(guests.out.contains(&guest.id) && !guests.out.contains(&ann.id), "{}", guests.out);
    let shown = redact(&town.run(&["users", "show", APP, &ann.id]).out);
    for line in [
        "type         normal\n",
        "identity     anon-user [identity]\n",
        "identity     local-userpass [id] email=\"ann@people.example\"\n",
        "identity     custom-token ann name=\"ann\"\n",
    ] {
        assert!(shown.contains(line), "no `{line}` in\n{shown}");
    }
}

#[test]
fn addresses_that_are_nobody_yet_are_listed_confirmed_and_removed() {
    let userpass = json!({
        "emailConfirmationUrl": "https://people.example/confirm",
        "resetPasswordUrl": "https://people.example/reset",
    });
    let town = Town::with(&json!({}), &userpass);
    assert_eq!(town.run(&["users", "pending", APP]).err, "No registrations wait.\n");
    for email in ["ann@people.example", "b+e/a@people.example", "cid@people.example"] {
        let body = json!({"email": email, "password": "secret1"});
        assert_eq!(town.post(&format!("{USERPASS}/register"), &body).status, 201);
    }
    let login = |email: &str| {
        let body = json!({"username": email, "password": "secret1"});
        town.post(&format!("{USERPASS}/login"), &body).status
    };
    let said = |arguments: &[&str]| {
        let ran = town.run(arguments);
        (ran.code, ran.out, ran.err)
    };
    let confirmed = (0, "Confirmed b+e/a@people.example.\n".to_owned(), String::new());
    assert_eq!(said(&["users", "confirm", APP, "b+e/a@people.example"]), confirmed);
    assert_eq!(
        redact(&town.run(&["users", "pending", APP]).out),
        "REGISTRATION              E-MAIL                REGISTERED               WAITS FOR\n\
         [id]  ann@people.example    [time]  its confirmation\n\
         [id]  b+e/a@people.example  [time]  its first login\n\
         [id]  cid@people.example    [time]  its confirmation\n"
    );
    let hint = format!("hint: `passerby users pending {APP}` shows which there are\n");
    let again = (1, String::new(), format!("error: already confirmed\n{hint}"));
    assert_eq!(said(&["users", "confirm", APP, "b+e/a@people.example"]), again);
    assert_eq!(login("b+e/a@people.example"), 200);

    let json = town.run(&["users", "pending", APP, "--json"]).out;
    let listed: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2, "who logged in is somebody");
    let cid = listed[1]["_id"].as_str().unwrap();
    assert_eq!(
        listed[1]["login_ids"],
        json!([{"id_type": "email", "id": "cid@people.example", "confirmed": false}])
    );
    assert_eq!(said(&["users", "pending-delete", APP, cid]).0, 0);
    assert_eq!(said(&["users", "pending-delete", APP, "ann@people.example"]).0, 0);
    for gone in [cid, "ann@people.example", "b+e/a@people.example"] {
        let (code, _, said) = said(&["users", "pending-delete", APP, gone]);
        assert!(code == 4 && said.ends_with(&hint), "{gone}: {said}");
    }
    assert_eq!(town.run(&["users", "pending", APP]).out, "");
    assert_eq!(login("b+e/a@people.example"), 200, "nobody was removed");
}

#[test]
fn who_is_shut_out_meanwhile_does_not_come_back_from_the_issuer() {
    let issuer = Issuer::start();
    let town = issuer.town(&json!({"autoConfirm": true}), |_| {});
    let guest = town.guest();
    let (login, link) = (town.depart(None, &[]), town.depart(Some(&guest), &[]));
    let said = |arguments: &[&str]| assert_eq!(town.run(arguments).code, 0, "{arguments:?}");
    said(&["access-list", "add", APP, "192.0.2.7"]);
    said(&["access-list", "delete", APP, "0.0.0.0/0"]);
    let come_back = |away: &Away| {
        let mut claims = id_claims("anna", "anna@people.example");
        claims["nonce"] = json!(away.nonce);
        town.come_back(away, &issuer.code(&claims), away.cookie.as_deref())
    };
    for away in [&login, &link] {
        let reply = come_back(away);
        assert_eq!((reply.status, &reply.json()["error_code"]), (403, &json!("Unauthorized")), "{reply:?}");
        assert_eq!(reply.header("location"), None);
    }
    said(&["access-list", "add", APP, "127.0.0.1"]);
    assert_eq!(come_back(&login).status, 400, "what was begun is over");
    assert_eq!(town.profile(&guest).0, ["anon-user"]);
}
