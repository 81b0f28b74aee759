//! API keys of users.

use serde_json::{Value, json};

use super::{AUTH, Person, Town};
use crate::support::Reply;

fn owner(town: &Town) -> Person {
    let email = town.register("owner@people.example");
    town.log_in("local-userpass", &email)
}

fn call(town: &Town, person: &Person, method: &str, path: &str, body: &Value) -> Reply {
    let token = format!("Bearer {}", person.refresh);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    town.server.request(
        method,
        &format!("{AUTH}/api_keys{path}"),
        &[("Authorization", &token)],
        body.as_bytes(),
    )
}

#[test]
fn a_key_logs_its_owner_in_until_it_is_disabled_or_gone() {
    let town = Town::new();
    let owner = owner(&town);
    assert_eq!(call(&town, &owner, "GET", "", &Value::Null).json(), json!([]));
    let made = call(&town, &owner, "POST", "", &json!({"name": "my_key-1"}));
    assert_eq!(made.status, 201);
    let made = made.json();
    let (id, key) = (made["_id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert_eq!(made, json!({"_id": id, "key": key, "name": "my_key-1", "disabled": false}));
    assert!(key.len() == 64 && key.bytes().all(|b| b.is_ascii_alphanumeric()), "{key}");
    let shown = json!({"_id": id, "name": "my_key-1", "disabled": false});
    assert_eq!(call(&town, &owner, "GET", "", &Value::Null).json(), json!([shown]));
    for same in [id.to_owned(), id.to_uppercase()] {
        assert_eq!(call(&town, &owner, "GET", &format!("/{same}"), &Value::Null).json(), shown);
    }

    let by_key = town.log_in("api-key", &json!({"key": key}));
    assert_eq!(by_key.id, owner.id);
    assert_eq!(town.profile(&by_key).0, ["local-userpass", "api-key"]);
    for same in [id.to_owned(), id.to_uppercase()] {
        let forbidden = call(&town, &by_key, "DELETE", &format!("/{same}"), &Value::Null);
        assert_eq!(forbidden.status, 403, "not the key that the session was opened with");
    }

    let refused = (401, json!("AuthError"), "unauthorized".to_owned());
    let login = || town.post("/auth/providers/api-key/login", &json!({"key": key}));
    assert_eq!(call(&town, &owner, "PUT", &format!("/{id}/disable"), &Value::Null).status, 204);
    assert_eq!(Town::refusal(&login()), refused);
    assert_eq!(call(&town, &owner, "PUT", &format!("/{id}/enable"), &Value::Null).status, 204);
    assert_eq!(login().status, 200);
    assert_eq!(call(&town, &owner, "DELETE", &format!("/{id}"), &Value::Null).status, 204);
    assert_eq!(Town::refusal(&login()), refused);
    let gone = (404, json!("APIKeyNotFound"), "API key not found".to_owned());
    assert_eq!(Town::refusal(&call(&town, &owner, "DELETE", &format!("/{id}"), &Value::Null)), gone);
}

#[test]
fn what_is_no_key_is_refused_in_the_words_of_the_original() {
    let town = Town::new();
    let owner = owner(&town);
    let make = |name: Value| Town::refusal(&call(&town, &owner, "POST", "", &json!({"name": name})));
    let letters = "can only contain ASCII letters, numbers, underscores, and hyphens".to_owned();
    assert_eq!(make(json!("%s")), (400, json!("InvalidParameter"), letters));
    assert_eq!(make(json!("")), (400, Value::Null, "'name' is a required string".to_owned()));
    assert_eq!(make(Value::Null), (400, Value::Null, "'name' is a required string".to_owned()));
    assert_eq!(call(&town, &owner, "POST", "", &json!({"name": "k"})).status, 201);
    assert_eq!(
        make(json!("k")),
        (409, json!("APIKeyAlreadyExists"), "API key with name already exists".to_owned())
    );
    for n in 1..20 {
        assert_eq!(call(&town, &owner, "POST", "", &json!({"name": format!("k{n}")})).status, 201, "{n}");
    }
    assert_eq!(make(json!("one-too-many")).0, 400);
    let guest = town.guest();
    assert_eq!(call(&town, &guest, "GET", "", &Value::Null).status, 403, "guests have none");
}

#[test]
fn another_users_key_is_not_there() {
    let town = Town::new();
    let owner = owner(&town);
    let made = call(&town, &owner, "POST", "", &json!({"name": "k"})).json();
    let path = format!("/{}", made["_id"].as_str().unwrap());
    let email = town.register("other@people.example");
    let other = town.log_in("local-userpass", &email);
    let gone = (404, json!("APIKeyNotFound"), "API key not found".to_owned());
    for (method, path) in [
        ("GET", path.clone()),
        ("DELETE", path.clone()),
        ("PUT", format!("{path}/disable")),
        ("GET", "/nonsense".to_owned()),
    ] {
        assert_eq!(Town::refusal(&call(&town, &other, method, &path, &Value::Null)), gone, "{method} {path}");
    }
}
