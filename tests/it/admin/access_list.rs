//! From where clients may come, and how long their sessions last.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::office::{APP, OTHER, Office, clean, ids, refusal};

const LIST: &str = "/security/access_list";
const EXPIRATION: &str = "/security/refresh_token_expiration";

/// Lets nobody in any more.
fn shut(office: &Office) {
    for id in ids(&office.get(LIST)["allowed_ips"]) {
        assert_eq!(office.ask("DELETE", &format!("{LIST}/{id}"), Value::Null), (204, Value::Null));
    }
}

#[test]
fn a_new_app_lets_everybody_in_and_its_list_is_kept_in_order() {
    let office = Office::new();
    let everywhere = json!({"_id": "[id]", "address": "0.0.0.0/0", "comment": "", "includes_current": true});
    let list = office.get(LIST);
    assert_eq!(clean(&list), json!({"current_ip": "127.0.0.1", "allowed_ips": [everywhere]}));
    let post = |body: Value| office.ask("POST", LIST, body);
    let (status, home) = post(json!({"address": "192.0.2.0/24", "comment": "home"}));
    let shown =
        json!({"_id": "[id]", "address": "192.0.2.0/24", "comment": "home", "includes_current": false});
    assert_eq!((status, clean(&home)), (201, shown));
    let (status, here) = post(json!({"use_current": true}));
    assert_eq!(
        (status, &here["address"], &here["includes_current"]),
        (201, &json!("127.0.0.1"), &json!(true))
    );
    assert_eq!(office.get(LIST)["allowed_ips"], json!([list["allowed_ips"][0], home, here]));
    let path = format!("{LIST}/{}", home["_id"].as_str().unwrap());
    let (status, changed) = office.ask("PATCH", &path, json!({"address": "2001:db8::1", "comment": ""}));
    let shown =
        json!({"_id": home["_id"], "address": "2001:db8::1", "comment": "", "includes_current": false});
    assert_eq!((status, &changed), (200, &shown));
    assert_eq!(office.ask("PATCH", &path, json!({"comment": "six"})).1["address"], "2001:db8::1");
    assert_eq!(office.ask("DELETE", &path, Value::Null), (204, Value::Null));
    assert_eq!(office.get(LIST)["allowed_ips"], json!([list["allowed_ips"][0], here]));
    // Another app has a list of its own.
    let other = office.raw("GET", &format!("{}{LIST}", office.path_of(OTHER)), &Value::Null).1;
    assert_eq!(other["allowed_ips"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_no_entry_is_refused_in_the_originals_words() {
    let office = Office::new();
    let known = ids(&office.get(LIST)["allowed_ips"])[0].clone();
    let other = office.path_of(OTHER);
    for (path, id) in [
        (office.path_of(APP), "1234"),
        (office.path_of(APP), "000000000000000000000000"),
        (other, known.as_str()),
    ] {
        let text = json!({"error": format!("allowed IP not found: 'ObjectID(\"{id}\")'")});
        for (method, body) in [("PATCH", json!({"address": "192.0.2.1"})), ("DELETE", Value::Null)] {
            let said = refusal(&office.raw(method, &format!("{path}{LIST}/{id}"), &body));
            assert_eq!(said, (404, text.clone()), "{method} {id}");
        }
    }
    for address in ["", "nowhere", "192.0.2.1/33", "192.0.2.1/-1", "::/129", "192.0.2"] {
        let said = office.ask("POST", LIST, json!({"address": address}));
        assert_eq!((said.0, &said.1["error_code"]), (400, &json!("InvalidParameter")), "{address}");
    }
    assert_eq!(office.ask("POST", LIST, json!({"comment": "x"})).1["error_code"], "MissingParameter");
    assert_eq!(ids(&office.get(LIST)["allowed_ips"]), [known]);
}

#[test]
fn whoever_is_not_listed_is_refused_at_once_at_every_door_of_clients() {
    let office = Office::new();
    let login = office.log_in("anon-user", &json!({}));
    let tokens = ["access_token", "refresh_token"].map(|name| login[name].as_str().unwrap());
    shut(&office);
    let refused =
        json!({"error": "access from this IP address is not allowed", "error_code": "Unauthorized"});
    let app = format!("/api/client/v2.0/app/{APP}");
    let auth = "/api/client/v2.0/auth";
    for (method, target, token) in [
        ("GET", format!("{app}/location"), None),
        ("POST", format!("{app}/auth/providers/anon-user/login"), None),
        ("GET", format!("{app}/auth/providers/anon-user/login"), None),
        ("POST", format!("{app}/auth/providers/anon-user/login?link=true"), Some(tokens[0])),
        ("GET", format!("{app}/auth/providers/oauth2-google/login"), None),
        ("POST", format!("{app}/auth/providers/local-userpass/register"), None),
        ("POST", format!("{app}/auth/providers/local-userpass/confirm"), None),
        ("POST", format!("{app}/auth/providers/local-userpass/confirm/send"), None),
        ("POST", format!("{app}/auth/providers/local-userpass/confirm/call"), None),
        ("POST", format!("{app}/auth/providers/local-userpass/reset"), None),
        ("POST", format!("{app}/auth/providers/local-userpass/reset/send"), None),
        ("POST", format!("{app}/auth/providers/local-userpass/reset/call"), None),
        ("POST", format!("{app}/auth/providers/custom-token/x"), None),
        ("POST", format!("{app}/functions/call"), Some(tokens[0])),
        ("GET", format!("{app}/functions/call"), Some(tokens[0])),
        ("PUT", format!("{app}/push/providers/gcm/registration"), Some(tokens[0])),
        ("GET", format!("{auth}/profile"), Some(tokens[0])),
        ("GET", format!("{app}/auth/profile"), Some(tokens[0])),
        ("POST", format!("{auth}/session"), Some(tokens[1])),
        ("DELETE", format!("{auth}/session"), Some(tokens[1])),
        ("DELETE", format!("{auth}/delete"), Some(tokens[0])),
        ("GET", format!("{auth}/api_keys"), Some(tokens[0])),
        ("POST", format!("{auth}/api_keys"), Some(tokens[0])),
    ] {
        let headers = token.map(|token| ("Authorization", format!("Bearer {token}")));
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = office.server.request(method, &target, &headers, b"{}");
        assert_eq!(refusal(&(reply.status, reply.json())), (403, refused.clone()), "{method} {target}");
    }
    // The keys are public, other apps are open, and administrators come in as before.
    let keys = office.server.request("GET", &format!("{app}/.well-known/jwks.json"), &[], b"");
    assert_eq!(keys.status, 200);
    office.server.log_in(OTHER);
    assert_eq!(office.get("/users_count"), json!(1));
    let (_, entry) = office.ask("POST", LIST, json!({"address": "127.0.0.0/8"}));
    assert_eq!(office.client("anon-user/login", &json!({})).status, 200);
    let path = format!("{LIST}/{}", entry["_id"].as_str().unwrap());
    assert_eq!(office.ask("PATCH", &path, json!({"address": "127.0.0.2"})).0, 200);
    assert_eq!(office.client("anon-user/login", &json!({})).status, 403);
}

#[test]
fn an_access_list_outlives_a_restart_and_no_deployment_touches_it() {
    let office = Office::new();
    shut(&office);
    let listed = office.ask("POST", LIST, json!({"address": "192.0.2.1", "comment": "only"})).1;
    let office = office.restarted();
    assert_eq!(office.get(LIST)["allowed_ips"], json!([listed]));
    assert_eq!(office.client("anon-user/login", &json!({})).status, 403);
}

#[test]
fn the_command_line_lists_allows_and_removes() {
    let office = Office::new();
    shut(&office);
    let said = |arguments: &[&str]| {
        let ran = office.run(arguments);
        (ran.code, ran.out, ran.err)
    };
    let nobody = "Nobody may come: the list is empty.\n".to_owned();
    assert_eq!(said(&["access-list", "list", APP]), (0, String::new(), nobody));
    let done = (0, format!("Clients of {APP} may come from 192.0.2.0/24.\n"), String::new());
    assert_eq!(said(&["access-list", "add", APP, "192.0.2.0/24", "--comment", "home"]), done);
    let listed = office.run(&["access-list", "list", APP]).out;
    assert!(listed.contains("192.0.2.0/24") && listed.contains("home"), "{listed}");
    let (code, _, err) = said(&["access-list", "add", APP, "nowhere"]);
    assert!(code == 2 && err.contains("expected an IP address, or a network"), "{code} {err}");
    let done = (0, format!("Clients of {APP} may no longer come from 192.0.2.0/24.\n"), String::new());
    assert_eq!(said(&["access-list", "delete", APP, "192.0.2.0/24"]), done);
    assert_eq!(said(&["access-list", "delete", APP, "192.0.2.0/24"]).0, 4);
}

/// `exp - iat` of a token.
fn lasts(token: &str) -> i64 {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap()
}

#[test]
fn new_sessions_last_as_long_as_is_said_and_guests_as_before() {
    let office = Office::new();
    assert_eq!(office.get(EXPIRATION), json!({"expiration_time_seconds": 5_184_000}));
    let refresh = |provider: &str, body: Value| {
        office.log_in(provider, &body)["refresh_token"].as_str().unwrap().to_owned()
    };
    let before = refresh("custom-function", json!({"id": "fay"}));
    let guest = lasts(&refresh("anon-user", json!({})));
    assert_eq!(lasts(&before), 5_184_000);
    for seconds in [1_800, 157_680_000] {
        let set = office.ask("PUT", EXPIRATION, json!({"expiration_time_seconds": seconds}));
        assert_eq!(set, (204, Value::Null));
        assert_eq!(office.get(EXPIRATION), json!({"expiration_time_seconds": seconds}));
        assert_eq!(lasts(&refresh("custom-function", json!({"id": "fay"}))), seconds);
        assert_eq!(lasts(&refresh("anon-user", json!({}))), guest, "a guest lives as its policy says");
    }
    let refreshed = office.server.with_token("POST", "/api/client/v2.0/auth/session", &before);
    assert_eq!(refreshed.status, 201, "what began before keeps its end");
    for wrong in [
        json!({"expiration_time_seconds": 1_799}),
        json!({"expiration_time_seconds": 157_680_001}),
        json!({}),
    ] {
        assert_eq!(office.ask("PUT", EXPIRATION, wrong.clone()).0, 400, "{wrong}");
    }
    assert_eq!(office.ask("PUT", EXPIRATION, json!({"expiration_time_seconds": "60"})).0, 400);
    let office = office.restarted();
    assert_eq!(office.get(EXPIRATION), json!({"expiration_time_seconds": 157_680_000}));
}
