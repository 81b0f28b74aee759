//! People of the original service come with `passerby migrate realm`, and log in as who they were.

use serde_json::{Value, json};

use super::{APP, Town, claims, token};

const USERPASS: &str = "/auth/providers/local-userpass";
const ANNA: &str = "5f0000000000000000000a01";
const BERT: &str = "5f0000000000000000000b01";

fn user(id: &str, identities: &Value, data: &Value) -> Value {
    json!({
        "_id": id, "domain_id": "5f00000000000000000000dd", "identities": identities, "type": "normal",
        "creation_date": 1_593_835_520, "last_authentication_date": 1_600_000_000, "disabled": false, "data": data,
    })
}

fn anna() -> Value {
    let identity = json!({
        "id": "5f0000000000000000000a02", "provider_type": "local-userpass", "provider_id": "5f00000000000000000000ee",
        "provider_data": { "email": "anna@people.example" },
    });
    user(ANNA, &json!([identity]), &json!({ "email": "anna@people.example" }))
}

fn bert() -> Value {
    let subject =
        json!({ "id": "bert", "provider_type": "custom-token", "provider_data": { "name": "Bert" } });
    let function = json!({ "id": "bert-7", "provider_type": "custom-function" });
    user(BERT, &json!([subject, function]), &json!({ "name": "Bert" }))
}

/// Brings people to a town, and says what was reported.
fn migrate(town: &Town, users: &[Value]) -> Value {
    let users = town.file("users.json", &Value::from(users).to_string());
    let directory = town.directory.path().join("people");
    let ran = town.run(&["migrate", "realm", directory.to_str().unwrap(), "--users", &users, "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.out).unwrap()
}

fn by_mail() -> Town {
    let url = |page: &str| format!("https://people.example/{page}");
    Town::with(
        &json!({}),
        &json!({ "emailConfirmationUrl": url("confirm"), "resetPasswordUrl": url("reset") }),
    )
}

#[test]
fn whoever_proves_an_identity_is_the_one_who_came() {
    let town = Town::new();
    let report = migrate(&town, &[bert()]);
    assert_eq!(report["users"], json!({ "brought": 1, "already_there": 0, "not_brought": 0 }));
    let by_token = town.log_in("custom-token", &json!({ "token": token(&claims("bert")) }));
    assert_eq!(by_token.id, BERT);
    assert_eq!(town.log_in("custom-function", &json!({ "id": "bert-7" })).id, BERT);
    let (identities, data) = town.profile(&by_token);
    assert_eq!(identities, ["custom-token", "custom-function"]);
    assert_eq!(data, json!({ "name": "bert" }), "told by the token now");
    assert_ne!(town.log_in("custom-token", &json!({ "token": token(&claims("other")) })).id, BERT);
}

#[test]
fn an_address_that_came_belongs_to_whoever_reads_its_mail() {
    let town = by_mail();
    let report = migrate(&town, &[anna()]);
    assert_eq!(report["cannot_come"], json!({ "password": 1 }));
    // No password lets anybody in, in the words for a wrong one, and nobody registers the address or confirms it.
    let login = |password: &str| json!({ "username": "anna@people.example", "password": password });
    let stranger = json!({ "username": "nobody@people.example", "password": "secret1" });
    let wrong = Town::refusal(&town.post(&format!("{USERPASS}/login"), &stranger));
    assert_eq!(wrong.0, 401);
    for password in ["secret1", " ", "$argon2id$v=19$m=19456,t=2,p=1$"] {
        assert_eq!(Town::refusal(&town.post(&format!("{USERPASS}/login"), &login(password))), wrong);
    }
    let register = json!({ "email": "anna@people.example", "password": "hijacker" });
    let taken = Town::refusal(&town.post(&format!("{USERPASS}/register"), &register));
    assert_eq!((taken.0, taken.1), (409, json!("AccountNameInUse")));
    let email = json!({ "email": "anna@people.example" });
    let resent = Town::refusal(&town.post(&format!("{USERPASS}/confirm/send"), &email));
    assert_eq!((resent.0, resent.1), (400, json!("UserAlreadyConfirmed")));
    let guest = town.guest();
    assert_eq!(town.link(&guest, "local-userpass", &login("hijacker")).status, 401);
    // The mail is Anna's.
    assert_eq!(town.post(&format!("{USERPASS}/reset/send"), &email).status, 200);
    let mut reset = town.mailed("https://people.example/reset?");
    reset["password"] = json!("secret2");
    assert_eq!(town.post(&format!("{USERPASS}/reset"), &reset).status, 200);
    let person = town.log_in("local-userpass", &login("secret2"));
    assert_eq!(person.id, ANNA);
    assert_eq!(
        town.profile(&person),
        (vec!["local-userpass".to_owned()], json!({ "email": "anna@people.example" }))
    );
    // Run again, it changes nothing: the password stays.
    assert_eq!(
        migrate(&town, &[anna()])["users"],
        json!({ "brought": 0, "already_there": 1, "not_brought": 0 })
    );
    assert_eq!(town.log_in("local-userpass", &login("secret2")).id, ANNA);
}

#[test]
fn the_apps_function_may_reset_it() {
    let userpass = json!({ "autoConfirm": true, "runResetFunction": true, "resetFunctionName": "reset" });
    let town = Town::with(&json!({}), &userpass);
    migrate(&town, &[anna()]);
    let reset = |verdict: &str| {
        let body = json!({ "email": "anna@people.example", "password": "secret2", "arguments": [verdict] });
        town.post(&format!("{USERPASS}/reset/call"), &body).status
    };
    let login = json!({ "username": "anna@people.example", "password": "secret2" });
    assert_eq!(reset("fail"), 400);
    assert_eq!(town.post(&format!("{USERPASS}/login"), &login).status, 401);
    assert_eq!(reset("success"), 200);
    assert_eq!(town.log_in("local-userpass", &login).id, ANNA);
}

#[test]
fn whoever_was_quicker_keeps_what_it_has_and_the_report_says_so() {
    let town = Town::new();
    let squatter = town.register("anna@people.example");
    let person = town.log_in("custom-token", &json!({ "token": token(&claims("bert")) }));
    let report = migrate(&town, &[anna(), bert()]);
    assert_eq!(report["users"], json!({ "brought": 1, "already_there": 0, "not_brought": 1 }));
    assert_eq!(report["cannot_come"], json!({ "identity_taken": 2 }));
    assert_ne!(town.log_in("local-userpass", &squatter).id, ANNA);
    assert_eq!(town.log_in("custom-token", &json!({ "token": token(&claims("bert")) })).id, person.id);
    assert_eq!(town.log_in("custom-function", &json!({ "id": "bert-7" })).id, BERT);
    assert_eq!(town.run(&["users", "show", APP, ANNA]).code, 4);
}
