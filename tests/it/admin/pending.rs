//! Registrations that are nobody yet.

use serde_json::{Value, json};

use super::office::{Office, clean, ids, refusal};

const PENDING: &str = "/user_registrations/pending_users";

fn register(office: &Office, email: &str) {
    let body = json!({"email": email, "password": "secret1"});
    assert_eq!(office.client("local-userpass/register", &body).status, 201, "{email}");
}

fn login(office: &Office, email: &str) -> u16 {
    office.client("local-userpass/login", &json!({"username": email, "password": "secret1"})).status
}

fn by_mail() -> Office {
    Office::with(&json!({"autoConfirm": false, "emailConfirmationUrl": "https://a.example/confirm"}))
}

fn by_function() -> Office {
    Office::with(&json!({"runConfirmationFunction": true, "confirmationFunctionName": "confirm"}))
}

#[test]
fn registrations_are_listed_in_pages_until_the_first_login() {
    let office = by_mail();
    assert_eq!(office.get(PENDING), json!([]));
    for email in ["a@a.example", "b@a.example", "c@a.example"] {
        register(&office, email);
    }
    let all = office.get(PENDING);
    assert_eq!(
        clean(&all[0]),
        json!({
            "_id": "[id]", "domain_id": "[id]",
            "login_ids": [{"id_type": "email", "id": "a@a.example", "confirmed": false}], "user_id": "",
        })
    );
    let ids_of = |query: &str| ids(&office.get(&format!("{PENDING}?{query}")));
    let all = ids(&all);
    assert_eq!(ids_of("limit=2"), all[..2]);
    assert_eq!(ids_of(&format!("limit=2&after={}", all[1])), all[2..]);
    assert_eq!(office.ask("GET", &format!("{PENDING}?limit=1001"), Value::Null).0, 400);
    let confirm = "/user_registrations/by_email/a@a.example/confirm";
    assert_eq!(office.ask("POST", confirm, Value::Null), (204, Value::Null));
    assert_eq!(office.get(PENDING)[0]["login_ids"][0]["confirmed"], json!(true));
    assert_eq!(login(&office, "a@a.example"), 200);
    assert_eq!(ids_of(""), all[1..]);
}

#[test]
fn a_token_that_was_asked_for_confirms_with_the_client_api() {
    let office = by_mail();
    // As a path may hold it, and as it may not.
    for (email, path) in [("a+b@a.example", "a+b@a.example"), ("c/d%@a.example", "c%2Fd%25%40a.example")] {
        register(&office, email);
        assert_eq!(login(&office, email), 401);
        let (status, sent) =
            office.ask("POST", &format!("/user_registrations/by_email/{path}/send_confirm"), json!({}));
        let mut names: Vec<&str> = sent.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort();
        assert_eq!((status, names), (200, vec!["token", "token_id"]));
        let used = json!({"tokenId": sent["token_id"], "token": sent["token"]});
        assert_eq!(office.client("local-userpass/confirm", &used).status, 200);
        let again = refusal(&office.ask(
            "POST",
            &format!("/user_registrations/by_email/{path}/send_confirm"),
            json!({}),
        ));
        assert_eq!(again, (400, json!({"error": "already confirmed", "error_code": "UserAlreadyConfirmed"})));
        assert_eq!(login(&office, email), 200);
    }
}

#[test]
fn a_confirmation_runs_in_the_apps_own_way() {
    let office = by_function();
    let run = |email: &str| {
        office.ask("POST", &format!("/user_registrations/by_email/{email}/run_confirm"), Value::Null)
    };
    let tokens = |said: &(u16, Value)| {
        let has = |name: &str| said.1[name].as_str().is_some_and(|text| !text.is_empty());
        (said.0, has("token_id") && has("token"))
    };
    register(&office, "later@a.example");
    assert_eq!(tokens(&run("later@a.example")), (202, true));
    assert_eq!(login(&office, "later@a.example"), 401, "it is pending still");
    let nobody = json!({"error": "user not found", "error_code": "UserNotFound"});
    assert_eq!(refusal(&run("nobody@a.example")), (404, nobody));
    register(&office, "yes@a.example");
    let confirmed = json!({"error": "already confirmed", "error_code": "UserAlreadyConfirmed"});
    assert_eq!(refusal(&run("yes@a.example")), (400, confirmed));

    let mail = by_mail();
    register(&mail, "a@a.example");
    let said = mail.ask("POST", "/user_registrations/by_email/a%40a.example/run_confirm", json!({}));
    assert_eq!(tokens(&said), (202, true));
    let used = json!({"tokenId": said.1["token_id"], "token": said.1["token"]});
    assert_eq!(mail.client("local-userpass/confirm", &used).status, 200);
}

#[test]
fn a_registration_is_removed_by_address_and_by_id() {
    let office = by_mail();
    for email in ["a@a.example", "b@a.example"] {
        register(&office, email);
    }
    let listed = ids(&office.get(PENDING));
    let remove = |rest: &str| office.ask("DELETE", &format!("/user_registrations/{rest}"), Value::Null);
    assert_eq!(remove("by_email/a@a.example"), (204, Value::Null));
    assert_eq!(remove(&format!("by_id/{}", listed[1])), (204, Value::Null));
    assert_eq!(office.get(PENDING), json!([]));
    for gone in [
        "by_email/a@a.example",
        "by_email/%25",
        "by_id/x",
        "by_name/a@a.example",
        &format!("by_id/{}", listed[1]),
    ] {
        let said = remove(gone);
        assert_eq!((said.0, &said.1["error_code"]), (404, &json!("UserNotFound")), "{gone}");
    }
    register(&office, "a@a.example");
    let by_id = format!("/user_registrations/by_id/{}/send_confirm", ids(&office.get(PENDING))[0]);
    assert_eq!(office.ask("POST", &by_id, Value::Null).0, 404, "a token is for an address");
}
