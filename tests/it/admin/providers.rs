//! Providers, as the original's clients make and change them.

use serde_json::{Value, json};

use super::desk::{Desk, clean};

#[test]
fn a_guest_logs_in_while_the_provider_is_enabled() {
    let desk = Desk::open();
    let (app, id) = desk.app("news");
    assert_eq!(desk.log_in(&id).status, 401);
    let path = format!("{app}/auth_providers");
    let (status, made) = desk.ask("POST", &path, &json!({ "type": "anon-user", "config": null }));
    let partial = json!({ "_id": "[id]", "name": "anon-user", "type": "anon-user", "disabled": false });
    assert_eq!((status, clean(&made)), (201, partial));
    assert_eq!(desk.log_in(&id).status, 200);
    let one = format!("{path}/{}", made["_id"].as_str().unwrap());
    for _again in 0..2 {
        assert_eq!(desk.ask("PUT", &format!("{one}/disable"), &Value::Null), (204, Value::Null));
    }
    assert_eq!(desk.log_in(&id).json()["error_code"], "InvalidSession");
    assert_eq!(desk.ask("PUT", &format!("{one}/enable"), &Value::Null), (204, Value::Null));
    assert_eq!(desk.log_in(&id).status, 200);
}

#[test]
fn a_configuration_is_stored_as_given_and_merged_by_key() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let path = format!("{app}/auth_providers");
    let config = json!({
        "emailConfirmationUrl": "https://a.example/confirm", "resetPasswordUrl": "https://a.example/reset",
        "confirmEmailSubject": "Hello", "resetPasswordSubject": "Reset",
    });
    let (status, made) = desk.ask("POST", &path, &json!({ "type": "local-userpass", "config": config }));
    assert_eq!((status, made.get("config")), (201, None));
    let one = format!("{path}/{}", made["_id"].as_str().unwrap());
    assert_eq!(desk.get(&one)["config"], config);
    let patch = json!({ "config": { "confirmEmailSubject": "Welcome", "resetPasswordSubject": null } });
    assert_eq!(desk.ask("PATCH", &one, &patch), (204, Value::Null));
    assert_eq!(
        clean(&desk.get(&one)),
        json!({
            "_id": "[id]", "name": "local-userpass", "type": "local-userpass", "disabled": false,
            "config": {
                "emailConfirmationUrl": "https://a.example/confirm", "resetPasswordUrl": "https://a.example/reset",
                "confirmEmailSubject": "Welcome",
            },
        })
    );
}

#[test]
fn functions_are_named_by_id_or_name() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let (_, function) = desk.ask(
        "POST",
        &format!("{app}/functions"),
        &json!({ "name": "who", "source": "exports = () => 'x';" }),
    );
    let path = format!("{app}/auth_providers");
    let config = json!({ "authFunctionId": function["_id"] });
    let (_, made) = desk.ask("POST", &path, &json!({ "type": "custom-function", "config": config }));
    let one = desk.get(&format!("{path}/{}", made["_id"].as_str().unwrap()));
    assert_eq!(one["config"], json!({ "authFunctionName": "who", "authFunctionId": function["_id"] }));
}

#[test]
fn what_makes_no_provider_is_refused() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let path = format!("{app}/auth_providers");
    let (_, made) = desk.ask("POST", &path, &json!({ "type": "anon-user" }));
    let one = format!("{path}/{}", made["_id"].as_str().unwrap());
    for (method, path, body, status, code) in [
        ("POST", &path, json!({}), 400, "MissingParameter"),
        ("POST", &path, json!({ "type": "anon" }), 400, "InvalidParameter"),
        ("POST", &path, json!({ "type": "local-userpass" }), 400, "MissingParameter"),
        ("POST", &path, json!({ "type": "anon-user" }), 409, "AuthProviderAlreadyExists"),
        ("POST", &path, json!({ "type": "custom-token", "config": "x" }), 400, "BadRequest"),
        ("PATCH", &one, json!({ "type": "api-key" }), 400, "InvalidParameter"),
        ("PATCH", &one, json!({ "disabled": "no" }), 400, "InvalidParameter"),
        ("DELETE", &one, Value::Null, 400, "BadRequest"),
        ("GET", &format!("{path}/1234"), Value::Null, 404, "AuthProviderNotFound"),
    ] {
        let (found, said) = desk.ask(method, path, &body);
        assert_eq!((found, &said["error_code"]), (status, &json!(code)), "{method} {path} {body}: {said}");
    }
    desk.ask("PUT", &format!("{one}/disable"), &Value::Null);
    assert_eq!(desk.ask("DELETE", &one, &Value::Null), (204, Value::Null));
    assert_eq!(desk.get(&path).as_array().unwrap().len(), 1);
}
