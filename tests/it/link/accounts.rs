//! E-mail accounts: registered, confirmed, reset.

use serde_json::{Value, json};

use super::{AUTH, Town};

const USERPASS: &str = "/auth/providers/local-userpass";

fn by_function() -> Value {
    json!({
        "autoConfirm": false, "runConfirmationFunction": true, "confirmationFunctionName": "confirm",
        "runResetFunction": true, "resetFunctionName": "reset",
    })
}

#[test]
fn what_is_no_registration_is_refused_in_the_words_of_the_original() {
    let town = Town::new();
    let register = |email: &str, password: &str| {
        Town::refusal(
            &town.post(&format!("{USERPASS}/register"), &json!({"email": email, "password": password})),
        )
    };
    let bad_password = (400, json!("BadRequest"), "password must be between 6 and 128 characters".to_owned());
    assert_eq!(register("a@people.example", ""), bad_password);
    assert_eq!(register("a@people.example", "12345"), bad_password);
    assert_eq!(register("a@people.example", &"x".repeat(129)), bad_password);
    assert_eq!(register("", "secret1"), (400, json!("BadRequest"), "email invalid".to_owned()));
    town.register("a@people.example");
    let taken = (409, json!("AccountNameInUse"), "name already in use".to_owned());
    assert_eq!(register("a@people.example", "secret2"), taken);
    town.register("A@people.example");
    town.register("foo");
}

#[test]
fn an_unknown_address_and_a_wrong_password_look_alike() {
    let town = Town::new();
    town.register("a@people.example");
    let login = |name: &str, password: &str| {
        let body = json!({"username": name, "password": password});
        Town::refusal(&town.post(&format!("{USERPASS}/login"), &body))
    };
    let refused = (401, json!("InvalidPassword"), "unauthorized".to_owned());
    assert_eq!(login("a@people.example", "wrong-1"), refused);
    assert_eq!(login("b@people.example", "secret1"), refused);
    assert_eq!(login("A@people.example", "secret1"), refused, "addresses are compared byte for byte");
}

#[test]
fn the_confirmation_function_decides() {
    let town = Town::with(&json!({}), &by_function());
    let register = |email: &str| {
        town.post(&format!("{USERPASS}/register"), &json!({"email": email, "password": "secret1"}))
    };
    let login = |email: &str| {
        town.post(&format!("{USERPASS}/login"), &json!({"username": email, "password": "secret1"}))
    };
    assert_eq!(register("yes@people.example").status, 201);
    assert_eq!(login("yes@people.example").status, 200);
    assert_eq!(register("later@people.example").status, 201);
    assert_eq!(
        Town::refusal(&login("later@people.example")),
        (401, json!("AuthError"), "unauthorized".to_owned())
    );
    let failed = (400, json!("BadRequest"), "failed to confirm user \"no@people.example\"".to_owned());
    assert_eq!(Town::refusal(&register("no@people.example")), failed);
    assert_eq!(
        Town::refusal(&register("no@people.example")),
        failed,
        "a failed registration frees its address"
    );

    let call = |email: &str| town.post(&format!("{USERPASS}/confirm/call"), &json!({"email": email}));
    assert_eq!(call("later@people.example").status, 200);
    assert_eq!(Town::refusal(&call("yes@people.example")).1, json!("UserAlreadyConfirmed"));
    assert_eq!(
        Town::refusal(&call("x@people.example")),
        (404, json!("UserNotFound"), "user not found".to_owned())
    );
}

#[test]
fn the_reset_function_decides_and_a_reset_ends_sessions() {
    let town = Town::with(&json!({}), &by_function());
    town.post(
        &format!("{USERPASS}/register"),
        &json!({"email": "yes@people.example", "password": "secret1"}),
    );
    let person =
        town.log_in("local-userpass", &json!({"username": "yes@people.example", "password": "secret1"}));
    let reset = |verdict: &str| {
        let body = json!({"email": "yes@people.example", "password": "secret2", "arguments": [verdict]});
        town.post(&format!("{USERPASS}/reset/call"), &body)
    };
    let failed = (400, Value::Null, "failed to reset password for user \"yes@people.example\"".to_owned());
    assert_eq!(Town::refusal(&reset("fail")), failed);
    assert_eq!(reset("pending").status, 200);
    let login = |password: &str| {
        town.post(
            &format!("{USERPASS}/login"),
            &json!({"username": "yes@people.example", "password": password}),
        )
        .status
    };
    assert_eq!((login("secret1"), login("secret2")), (200, 401));
    assert_eq!(reset("success").status, 200);
    assert_eq!((login("secret1"), login("secret2")), (401, 200));
    let refresh = town.server.with_token("POST", &format!("{AUTH}/session"), &person.refresh);
    assert_eq!(refresh.status, 401, "whoever had the old password is out");
    let unknown = json!({"email": "x@people.example", "password": "secret2", "arguments": ["success"]});
    let unknown = town.post(&format!("{USERPASS}/reset/call"), &unknown);
    assert_eq!(Town::refusal(&unknown), (404, json!("UserNotFound"), "user not found".to_owned()));
}

#[test]
fn a_mailed_link_confirms_once() {
    let userpass = json!({
        "emailConfirmationUrl": "https://people.example/confirm?lang=en#top",
        "resetPasswordUrl": "https://people.example/reset",
    });
    let town = Town::with(&json!({}), &userpass);
    let body = json!({"email": "ann@people.example", "password": "secret1"});
    assert_eq!(town.post(&format!("{USERPASS}/register"), &body).status, 201);
    let login = json!({"username": "ann@people.example", "password": "secret1"});
    assert_eq!(town.post(&format!("{USERPASS}/login"), &login).status, 401);
    let mail = town.mailed("https://people.example/confirm?lang=en&");
    let (token, token_id) = (mail["token"].as_str().unwrap(), mail["tokenId"].as_str().unwrap());
    let confirm = |token: &str, id: &str| {
        town.post(&format!("{USERPASS}/confirm"), &json!({"token": token, "tokenId": id}))
    };
    let lapsed = (400, json!("UserpassTokenInvalid"), "userpass token is expired or invalid".to_owned());
    assert_eq!(Town::refusal(&confirm(&"0".repeat(128), token_id)), lapsed);
    assert_eq!(
        Town::refusal(&confirm("abc", "123")),
        (400, json!("BadRequest"), "invalid token data".to_owned())
    );
    assert_eq!(confirm(token, token_id).status, 200);
    assert_eq!(Town::refusal(&confirm(token, token_id)), lapsed, "a token is used once");
    assert_eq!(town.post(&format!("{USERPASS}/login"), &login).status, 200);
    let again = town.post(&format!("{USERPASS}/confirm/send"), &json!({"email": "ann@people.example"}));
    assert_eq!(Town::refusal(&again), (400, json!("UserAlreadyConfirmed"), "already confirmed".to_owned()));

    assert_eq!(
        town.post(&format!("{USERPASS}/reset/send"), &json!({"email": "ann@people.example"})).status,
        200
    );
    let mut reset = town.mailed("https://people.example/reset?");
    reset["password"] = json!("secret2");
    assert_eq!(town.post(&format!("{USERPASS}/reset"), &reset).status, 200);
    assert_eq!(Town::refusal(&town.post(&format!("{USERPASS}/reset"), &reset)), lapsed);
    let login = json!({"username": "ann@people.example", "password": "secret2"});
    assert_eq!(town.post(&format!("{USERPASS}/login"), &login).status, 200);
}

#[test]
fn a_token_is_good_at_its_own_door_alone() {
    let userpass = json!({
        "emailConfirmationUrl": "https://people.example/confirm",
        "resetPasswordUrl": "https://people.example/reset",
    });
    let town = Town::with(&json!({}), &userpass);
    let post = |path: &str, body: &Value| town.post(&format!("{USERPASS}/{path}"), body);
    let login = json!({"username": "ann@people.example", "password": "secret1"});
    assert_eq!(post("register", &json!({"email": "ann@people.example", "password": "secret1"})).status, 201);
    let mut confirm = town.mailed("https://people.example/confirm?");
    assert_eq!(post("reset/send", &json!({"email": "ann@people.example"})).status, 200);
    let mut reset = town.mailed("https://people.example/reset?");
    for token in [&mut confirm, &mut reset] {
        token["password"] = json!("secret2");
    }
    let lapsed = (400, json!("UserpassTokenInvalid"), "userpass token is expired or invalid".to_owned());
    assert_eq!(Town::refusal(&post("reset", &confirm)), lapsed);
    assert_eq!(Town::refusal(&post("confirm", &reset)), lapsed);
    // The halves of two tokens make none.
    let mixed = json!({"tokenId": confirm["tokenId"], "token": reset["token"], "password": "secret2"});
    assert_eq!(Town::refusal(&post("confirm", &mixed)), lapsed);
    assert_eq!(Town::refusal(&post("reset", &mixed)), lapsed);
    let refused = (401, json!("AuthError"), "unauthorized".to_owned());
    assert_eq!(Town::refusal(&post("login", &login)), refused, "the password stays, and so does the wait");
    assert_eq!(post("confirm", &confirm).status, 200, "nothing was used up");
    assert_eq!(post("login", &login).status, 200);
}

#[test]
fn a_network_beyond_its_limit_uses_up_nobody_elses_tries() {
    let directory = tempfile::tempdir().unwrap();
    let app = directory.path().join("people");
    let by_mail = json!({"emailConfirmationUrl": "https://people.example/confirm"});
    super::people(&app, &json!({}), &by_mail);
    let args = [app.to_str().unwrap(), "--mails-per-hour", "1", "--trusted-proxies", "127.0.0.1"];
    let server = crate::support::Server::start(&directory.path().join("data"), &args);
    let resend = |from: &str, email: &str| {
        let target = format!("/api/client/v2.0/app/{}{USERPASS}/confirm/send", super::APP);
        let body = json!({ "email": email }).to_string();
        server.request("POST", &target, &[("X-Forwarded-For", from)], body.as_bytes()).status
    };
    for n in 0..10 {
        assert_eq!(resend("203.0.113.7", &format!("nobody{n}@people.example")), 404);
    }
    assert_eq!(resend("203.0.113.7", "ann@people.example"), 429);
    assert_eq!(resend("203.0.113.8", "ann@people.example"), 404, "Ann's own try is still hers");
}

#[test]
fn tries_are_limited() {
    let directory = tempfile::tempdir().unwrap();
    let app = directory.path().join("people");
    super::people(&app, &json!({}), &json!({"autoConfirm": true}));
    let args = [app.to_str().unwrap(), "--password-logins-per-minute", "3"];
    let server = crate::support::Server::start(&directory.path().join("data"), &args);
    let target = format!("/api/client/v2.0/app/{}{USERPASS}/login", super::APP);
    let login = || server.request("POST", &target, &[], br#"{"username":"a","password":"secret1"}"#).status;
    let statuses: Vec<u16> = (0..5).map(|_| login()).collect();
    assert_eq!(statuses[..3], [401, 401, 401]);
    assert!(statuses.contains(&429), "{statuses:?}");
}
