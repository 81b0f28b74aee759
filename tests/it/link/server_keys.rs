//! API keys of servers, which an operator makes.

use serde_json::{Value, json};

use super::{APP, AUTH, Town};
use crate::support::Reply;

/// Runs a command about keys that goes well; says what it printed.
fn keys(town: &Town, arguments: &[&str]) -> String {
    let ran = town.run(&[&["api-keys"], arguments].concat());
    assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
    ran.out
}

fn made(town: &Town, name: &str) -> (String, String) {
    let made: Value = serde_json::from_str(&keys(town, &["create", APP, name, "--json"])).unwrap();
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (text("_id"), text("key"))
}

fn log_in(town: &Town, key: &str) -> Reply {
    town.post("/auth/providers/api-key/login", &json!({"key": key}))
}

fn users(town: &Town) -> Vec<Value> {
    serde_json::from_str(&town.run(&["users", "list", APP, "--json"]).out).unwrap()
}

#[test]
fn a_server_logs_in_with_its_key_until_it_is_disabled_or_gone() {
    let town = Town::new();
    let key = keys(&town, &["create", APP, "night-job"]);
    let key = key.trim_end();
    let user = users(&town)[0]["_id"].as_str().unwrap().to_owned();
    let server = town.log_in("api-key", &json!({"key": key}));
    assert_eq!(server.id, user, "its user was made with it");
    let profile = town.server.with_token("GET", &format!("{AUTH}/profile"), &server.access).json();
    let id = profile["identities"][0]["id"].as_str().unwrap();
    let identity =
        json!({"id": id, "provider_type": "api-key", "provider_id": profile["identities"][0]["provider_id"]});
    assert_eq!(
        (&profile["type"], &profile["data"], &profile["identities"]),
        (&json!("server"), &json!({"name": "night-job"}), &json!([identity]))
    );
    assert_eq!(town.log_in("api-key", &json!({"key": key})).id, user, "and is the same each time");

    let refused = (401, json!("AuthError"), "unauthorized".to_owned());
    keys(&town, &["disable", APP, id]);
    assert_eq!(Town::refusal(&log_in(&town, key)), refused);
    assert_eq!(town.profile(&server).0, ["api-key"], "who is in stays in");
    keys(&town, &["enable", APP, id]);
    assert_eq!(log_in(&town, key).status, 200);
    keys(&town, &["delete", APP, id]);
    assert_eq!(Town::refusal(&log_in(&town, key)), refused);
    let gone = town.server.with_token("GET", &format!("{AUTH}/profile"), &server.access);
    assert_eq!(gone.status, 401, "its sessions went with it");
    assert_eq!(users(&town), Vec::<Value>::new());
}

#[test]
fn a_server_links_nothing_and_its_key_is_not_linked() {
    let town = Town::new();
    let (_, key) = made(&town, "job");
    let server = town.log_in("api-key", &json!({"key": key}));
    let email = town.register("ann@people.example");
    let refused = (400, json!("InvalidParameter"), "invalid user link request".to_owned());
    assert_eq!(Town::refusal(&town.link(&server, "local-userpass", &email)), refused);
    assert_eq!(Town::refusal(&town.link(&town.guest(), "api-key", &json!({"key": key}))), refused);
    assert_eq!(town.profile(&server).0, ["api-key"]);
}

#[test]
fn nobody_reaches_a_servers_key_through_its_own_or_anothers_session() {
    let town = Town::new();
    let (id, key) = made(&town, "job");
    let server = town.log_in("api-key", &json!({"key": key}));
    let email = town.register("ann@people.example");
    let ann = town.log_in("local-userpass", &email);
    for (method, rest) in [("GET", ""), ("DELETE", ""), ("PUT", "/disable")] {
        let path = format!("{AUTH}/api_keys/{id}{rest}");
        assert_eq!(town.server.with_token(method, &path, &ann.refresh).status, 404, "{method}{rest}");
        let own = town.server.with_token(method, &path, &server.refresh).status;
        assert_eq!(own, if method == "DELETE" { 403 } else { 404 }, "{method}{rest}");
    }
    assert_eq!(log_in(&town, &key).status, 200);
}
