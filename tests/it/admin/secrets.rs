//! Secrets: values come in and never go out.

use serde_json::{Value, json};

use super::office::{APP, OTHER, Office, clean, ids, refusal};

#[test]
fn a_secret_is_made_changed_and_removed_and_never_shown() {
    let office = Office::new();
    assert_eq!(office.get("/secrets"), json!([]));
    let (status, made) = office.ask("POST", "/secrets", json!({"name": "zeta", "value": "top secret value"}));
    assert_eq!((status, clean(&made)), (201, json!({"_id": "[id]", "name": "zeta"})));
    let (status, bare) = office.ask("POST", "/secrets", json!({"name": "alpha"}));
    assert_eq!(status, 201, "a value may come later");
    assert_eq!(office.get("/secrets"), json!([made, bare]), "in the order in which they came");
    let path = format!("/secrets/{}", made["_id"].as_str().unwrap());
    for body in [
        json!({"_id": made["_id"], "name": "omega", "value": "another value"}),
        json!({"name": "omega", "value": ""}),
        json!({"value": "a third value"}),
        json!({}),
    ] {
        assert_eq!(office.ask("PUT", &path, body), (204, Value::Null));
    }
    let named = json!({"_id": made["_id"], "name": "omega"});
    assert_eq!(office.get("/secrets"), json!([named, bare]), "it keeps its id and its place");
    let taken = json!({"error": "a secret of this app is named 'omega' already"});
    assert_eq!(
        refusal(&office.ask("POST", "/secrets", json!({"name": "omega", "value": "x"}))),
        (409, taken.clone())
    );
    let bare_path = format!("/secrets/{}", bare["_id"].as_str().unwrap());
    assert_eq!(refusal(&office.ask("PUT", &bare_path, json!({"name": "omega"}))), (409, taken));
    assert_eq!(office.ask("DELETE", &path, Value::Null), (204, Value::Null));
    assert_eq!(office.get("/secrets"), json!([bare]));
    let log = office.server.log();
    for value in ["top secret value", "another value", "a third value"] {
        assert!(!log.contains(value));
    }
}

#[test]
fn the_command_line_and_the_admin_api_see_the_same_secrets() {
    let office = Office::new();
    office.ask("POST", "/secrets", json!({"name": "zeta", "value": "one"}));
    office.ask("POST", "/secrets", json!({"name": "alpha", "value": "two"}));
    assert_eq!(office.run(&["secrets", "list", APP]).out, "alpha\nzeta\n");
    assert_eq!(office.run(&["secrets", "delete", APP, "alpha"]).code, 0);
    assert_eq!(office.get("/secrets")[0]["name"], "zeta");
    assert_eq!(office.run(&["secrets", "delete", APP, "alpha"]).code, 4);
}

#[test]
fn a_secret_that_is_not_there_is_told_in_the_originals_words() {
    let office = Office::new();
    let (_, made) = office.ask("POST", "/secrets", json!({"name": "zeta", "value": "one"}));
    let id = made["_id"].as_str().unwrap();
    let other = office.path_of(OTHER);
    for gone in ["1234", "000000000000000000000000", "%22"] {
        let text = format!("secret not found: \"{}\"", gone.replace("%22", "\""));
        for (method, body) in [("PUT", json!({"name": "x", "value": "y"})), ("DELETE", Value::Null)] {
            let said = refusal(&office.ask(method, &format!("/secrets/{gone}"), body));
            assert_eq!(said, (404, json!({"error": text})), "{method}");
        }
    }
    let said = refusal(&office.raw("DELETE", &format!("{other}/secrets/{id}"), &Value::Null));
    assert_eq!(said, (404, json!({"error": format!("secret not found: \"{id}\"")})), "of another app");
    assert_eq!(ids(&office.get("/secrets")), [id]);
}

#[test]
fn a_secret_that_cannot_be_is_refused() {
    let office = Office::new();
    let rule =
        "a secret's name begins with a letter, a digit or `_`, then letters, digits, `_`, `-`; 64 at most";
    for name in ["", "-a", "a b", &"a".repeat(65)] {
        let said = refusal(&office.ask("POST", "/secrets", json!({"name": name, "value": "x"})));
        assert_eq!(said, (400, json!({"error": rule, "error_code": "InvalidParameter"})), "{name}");
    }
    let value = "x".repeat(16 * 1024);
    assert_eq!(office.ask("POST", "/secrets", json!({"name": "fits", "value": value})).0, 201);
    let said =
        refusal(&office.ask("POST", "/secrets", json!({"name": "more", "value": format!("{value}x")})));
    let text = json!({"error": "a secret has 1 byte to 16 KiB", "error_code": "InvalidParameter"});
    assert_eq!(said, (400, text));
}
