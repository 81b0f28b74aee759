//! The owner-only socket: the Admin API's paths, as a tool would ask them.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::place::Place;
use crate::support::redact;

/// Asks through the socket: status and JSON body (`null` when there is none).
fn ask(place: &Place, method: &str, path: &str) -> (u16, Value) {
    ask_with(place, method, path, "")
}

/// The same with a body.
pub(super) fn ask_with(place: &Place, method: &str, path: &str, body: &str) -> (u16, Value) {
    let mut stream = UnixStream::connect(place.data().join("passerby.sock")).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: anything.example\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(body.is_empty() || head.contains("content-type: application/json\r\n"), "{head}");
    (status, if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() })
}

/// Files as a body brings them.
pub(super) fn encoded(files: &[(String, Vec<u8>)]) -> Value {
    let file = |(path, bytes): &(String, Vec<u8>)| (path.clone(), json!(STANDARD.encode(bytes)));
    Value::Object(files.iter().map(file).collect())
}

fn clean(value: &Value) -> Value {
    serde_json::from_str(&redact(&value.to_string()).replace("[seconds]", "1")).unwrap()
}

fn app(place: &Place) -> String {
    let (_, summary) = ask(place, "GET", "/api/passerby/v1/apps/news-aaaaa");
    let text = |name: &str| summary[name].as_str().unwrap().to_owned();
    format!("/api/admin/v3.0/groups/{}/apps/{}", text("group_id"), text("_id"))
}

#[test]
fn only_the_owner_may_open_the_socket() {
    let place = Place::with_server();
    let mode = std::fs::metadata(place.data().join("passerby.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn apps_are_shown_as_the_admin_api_shows_them() {
    let place = Place::with_server();
    let path = app(&place);
    let (status, one) = ask(&place, "GET", &path);
    assert_eq!(
        (status, clean(&one)),
        (
            200,
            json!({
                "_id": "[id]", "client_app_id": "news-aaaaa", "name": "news", "location": "US-VA",
                "deployment_model": "GLOBAL", "provider_region": "aws-us-east-1", "domain_id": "[id]",
                "group_id": "[id]", "last_used": 0, "last_modified": 1, "product": "standard", "environment": "",
            })
        )
    );
    let list = path.rsplit_once('/').unwrap().0;
    assert_eq!(ask(&place, "GET", list), (200, json!([one])));
    assert_eq!(ask(&place, "GET", &format!("{list}?product=atlas,standard&unknown=1")), (200, json!([one])));
    for product in ["atlas", "data-api", "device-sync"] {
        assert_eq!(ask(&place, "GET", &format!("{list}?product={product}")), (200, json!([])), "{product}");
    }
    let nobody = "000000000000000000000000";
    for wrong in [format!("{list}/{nobody}"), format!("{list}/x"), path.replace("groups/", "groups/0")] {
        let (status, said) = ask(&place, "GET", &wrong);
        assert_eq!((status, &said["error_code"]), (404, &json!("AppNotFound")), "{wrong}");
    }
}

#[test]
fn users_are_listed_counted_changed_and_deleted() {
    let place = Place::with_server();
    let path = app(&place);
    let users = |query: &str| -> Vec<String> {
        let (status, list) = ask(&place, "GET", &format!("{path}/users{query}"));
        assert_eq!(status, 200, "{list}");
        list.as_array().unwrap().iter().map(|user| user["_id"].as_str().unwrap().to_owned()).collect()
    };
    let (one, two) = (place.user(0), place.user(1));
    assert_eq!(users(""), [one, two]);
    assert_eq!(users("?limit=1"), [one]);
    assert_eq!(users(&format!("?after={one}&sort=_id")), [two]);
    assert_eq!(users("?provider_types=anon-user,api-key"), [one, two]);
    assert_eq!(users("?provider_types=api-key"), Vec::<String>::new());
    assert_eq!(ask(&place, "GET", &format!("{path}/users_count")), (200, json!(2)));
    assert_eq!(ask(&place, "PUT", &format!("{path}/users/{one}/disable")), (204, Value::Null));
    assert_eq!(
        (users("?status=disabled"), users("?status=enabled")),
        (vec![one.to_owned()], vec![two.to_owned()])
    );
    assert_eq!(ask(&place, "PUT", &format!("{path}/users/{one}/enable")), (204, Value::Null));
    assert_eq!(ask(&place, "PUT", &format!("{path}/users/{two}/logout")), (204, Value::Null));
    let (_, list) = ask(&place, "GET", &format!("{path}/users"));
    assert_eq!(ask(&place, "GET", &format!("{path}/users/{one}")), (200, list[0].clone()));
    assert_eq!(ask(&place, "DELETE", &format!("{path}/users/{one}")), (204, Value::Null));
    for method in ["GET", "DELETE"] {
        let (status, said) = ask(&place, method, &format!("{path}/users/{one}"));
        assert_eq!(
            (status, &said["error"], &said["error_code"]),
            (404, &json!("user not found"), &json!("UserNotFound"))
        );
    }
    for wrong in ["users/joe", "users?limit=1001", "users?status=gone", "users?sort=email", "users?after=joe"]
    {
        let (status, said) = ask(&place, "GET", &format!("{path}/{wrong}"));
        assert_eq!((status, &said["error_code"]), (400, &json!("InvalidParameter")), "{wrong}");
    }
}

#[test]
fn server_keys_are_made_shown_switched_and_deleted_with_their_users() {
    let place = Place::with_server();
    let path = app(&place);
    let keys = format!("{path}/api_keys");
    let make = |body: Value| ask_with(&place, "POST", &keys, &body.to_string());
    let (status, said) = make(json!({"name": "worker"}));
    assert_eq!((status, &said["error_code"]), (404, &json!("AuthProviderNotFound")), "it is not enabled");
    place.enable_api_keys();

    assert_eq!(ask(&place, "GET", &keys), (200, json!([])));
    let (status, made) = make(json!({"name": "worker"}));
    let (id, key) = (made["_id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert_eq!((status, &made), (201, &json!({"_id": id, "key": key, "name": "worker", "disabled": false})));
    assert!(key.len() == 64 && key.bytes().all(|b| b.is_ascii_alphanumeric()), "{key}");
    let shown = |disabled: bool| json!({"_id": id, "name": "worker", "disabled": disabled});
    let one = format!("{keys}/{id}");
    assert_eq!(ask(&place, "GET", &keys), (200, json!([shown(false)])));
    assert_eq!(ask(&place, "PUT", &format!("{one}/disable")), (204, Value::Null));
    assert_eq!(ask(&place, "GET", &one), (200, shown(true)));
    assert_eq!(ask(&place, "PUT", &format!("{one}/enable")), (204, Value::Null));
    assert_eq!(ask(&place, "GET", &one), (200, shown(false)));

    // Its user is there at once.
    let (_, users) = ask(&place, "GET", &format!("{path}/users?provider_types=api-key"));
    let user = &users[0];
    assert_eq!((&user["type"], &user["data"]), (&json!("server"), &json!({"name": "worker"})));
    assert_eq!(user["identities"].as_array().unwrap().len(), 1);
    assert_eq!((&user["identities"][0]["id"], &user["last_authentication_date"]), (&json!(id), &json!(0)));

    for (body, status, code) in [
        (json!({"name": ""}), 400, Value::Null),
        (json!({}), 400, Value::Null),
        (json!({"name": "two words"}), 400, json!("InvalidParameter")),
        (json!({"name": 1}), 400, json!("BadRequest")),
        (json!({"name": "worker"}), 409, json!("APIKeyAlreadyExists")),
    ] {
        let (is, said) = make(body.clone());
        assert_eq!((is, &said["error_code"]), (status, &code), "{body}");
    }
    assert_eq!(ask(&place, "DELETE", &one), (204, Value::Null));
    assert_eq!(ask(&place, "GET", &format!("{path}/users?provider_types=api-key")), (200, json!([])));
    for (method, path) in [("GET", one.clone()), ("DELETE", one.clone()), ("PUT", format!("{one}/enable"))] {
        let (status, said) = ask(&place, method, &path);
        let said = (&said["error"], &said["error_code"]);
        assert_eq!(
            (status, said),
            (404, (&json!("API key not found"), &json!("APIKeyNotFound"))),
            "{method}"
        );
    }
    assert_eq!(ask(&place, "GET", &format!("{keys}/worker")).0, 404);
}

#[test]
fn an_app_has_a_hundred_server_keys() {
    let place = Place::with_server();
    place.enable_api_keys();
    let keys = format!("{}/api_keys", app(&place));
    let make = |n: u32| ask_with(&place, "POST", &keys, &json!({"name": format!("k{n}")}).to_string());
    assert!((0..100).all(|n| make(n).0 == 201));
    let (status, said) = make(100);
    let code = &said["error_code"];
    assert_eq!(
        (status, code, &said["error"]),
        (400, &json!("BadRequest"), &json!("no more than 100 API keys are allowed"))
    );
}

#[test]
fn the_network_reaches_it_signed_in_only() {
    let place = Place::with_server();
    let path = app(&place);
    let server = place.server.as_ref().unwrap();
    for path in [path.as_str(), "/api/passerby/v1/apps", "/api/passerby/v1/apps/news-aaaaa/keys"] {
        let reply = server.request("GET", path, &[], b"");
        let said = json!({ "error": "invalid session", "error_code": "InvalidSession" });
        assert_eq!((reply.status, reply.json()), (401, said), "{path}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
    for path in ["/api/passerby/v1/import", "/api/passerby/v1/backup", "/api/passerby/v1/examine"] {
        assert_eq!(server.request("POST", path, &[], b"{}").status, 404, "{path}");
    }
}
