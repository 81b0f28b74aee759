//! What an app's routes say to those who may not: to nobody, to people of the app, to who may only read, and to who owns
//! another project.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::roles::admin;
use super::{Office, Session, invalid_session, refused};
use crate::support::Reply;

const SOME: &str = "636a9db3bdeec4a0374030d4";
const ROUTES: [&str; 71] = [
    "",
    "/api_keys",
    "/api_keys/{id}",
    "/api_keys/{id}/enable",
    "/auth_providers",
    "/auth_providers/{id}",
    "/auth_providers/{id}/disable",
    "/auth_providers/{id}/enable",
    "/custom_user_data",
    "/data_api/config",
    "/data_api/versions",
    "/debug/execute_function?run_as_system=true",
    "/debug/execute_function_source?run_as_system=true",
    "/dependencies",
    "/dependencies/archive",
    "/dependencies/diff",
    "/dependencies/status",
    "/deploy/config",
    "/deployments",
    "/deployments/{id}",
    "/deployments/{id}/redeploy",
    "/description",
    "/drafts",
    "/drafts/{id}",
    "/drafts/{id}/deployment",
    "/drafts/{id}/diff",
    "/endpoints",
    "/environment",
    "/environment_values",
    "/environment_values/{id}",
    "/event_subscriptions",
    "/event_subscriptions/{id}",
    "/event_subscriptions/{id}/resume",
    "/export",
    "/functions",
    "/functions/{id}",
    "/graphql/config",
    "/hosting/cache",
    "/hosting/config",
    "/import",
    "/import?diff=true",
    "/log_forwarders",
    "/log_forwarders/{id}",
    "/logs",
    "/pull",
    "/push",
    "/schemas",
    "/schemas/{id}",
    "/secrets",
    "/secrets/{id}",
    "/security/access_list",
    "/security/access_list/{id}",
    "/security/allowed_request_origins",
    "/security/refresh_token_expiration",
    "/services",
    "/services/{id}",
    "/services/{id}/config",
    "/services/{id}/default_rule",
    "/services/{id}/rules/{id}",
    "/sync/config",
    "/sync/force_reset",
    "/triggers/{id}/resume",
    "/user_registrations/by_email/a@a.example/run_confirm",
    "/user_registrations/pending_users",
    "/users",
    "/users/verify_token",
    "/users/{id}",
    "/users/{id}/disable",
    "/users/{id}/logout",
    "/validation_settings/graphql",
    "/values",
];
const OURS: [&str; 13] = [
    "/api/passerby/v1/apps/news-aaaaa",
    "/api/passerby/v1/apps/news-aaaaa/expire",
    "/api/passerby/v1/apps/news-aaaaa/expiring",
    "/api/passerby/v1/apps/news-aaaaa/export",
    "/api/passerby/v1/apps/news-aaaaa/guest_logins",
    "/api/passerby/v1/apps/news-aaaaa/import",
    "/api/passerby/v1/apps/news-aaaaa/keys/retire",
    "/api/passerby/v1/apps/news-aaaaa/keys/rotate",
    "/api/passerby/v1/apps/news-aaaaa/secrets",
    "/api/passerby/v1/apps/news-aaaaa/secrets/delete",
    "/api/passerby/v1/apps/news-aaaaa/settings",
    "/api/passerby/v1/apps/news-aaaaa/users/636a9db3bdeec4a0374030d4/custom_data",
    "/api/passerby/v1/apps/news-aaaaa/users/import",
];

/// Every route of an app, in the Admin API and in ours.
fn routes(app: &str) -> Vec<String> {
    let private = app.replace("/api/admin/v3.0/", "/api/private/v1.0/");
    let theirs = ROUTES.iter().map(|rest| format!("{app}{}", rest.replace("{id}", SOME)));
    let private = ["features", "settings"].map(|rest| format!("{private}/{rest}"));
    theirs.chain(private).chain(OURS.map(str::to_owned)).collect()
}

fn unauthorized(reason: &str) -> (u16, Value) {
    (403, json!({ "error": format!("unauthorized: {reason}"), "error_code": "Unauthorized" }))
}

/// An answer, or that there is no such method.
#[track_caller]
fn refused_unless_absent(reply: &Reply) -> Option<(u16, Value)> {
    (reply.status != 405).then(|| refused(reply))
}

#[test]
fn no_route_of_an_app_answers_strangers() {
    let office = Office::open(&[]);
    let app = office.app();
    let other = office.told(&["projects", "create", "Other"])["_id"].as_str().unwrap().to_owned();
    let (_, stranger) = admin(&office, &["--project", &other]);
    let guest = office.server.log_in("news-aaaaa");
    let guest = guest["access_token"].as_str().unwrap();
    let mut asked = 0;
    for path in routes(&app) {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let ask = |token: &str| refused_unless_absent(&office.server.with_token(method, &path, token));
            let Some(said) = ask(&stranger.access) else { continue };
            assert_eq!(said, unauthorized("you have no role in this project"), "{method} {path}");
            for token in ["", guest, &stranger.refresh[1..]] {
                assert_eq!(ask(token), Some(invalid_session()), "{method} {path} with {token}");
            }
            asked += 1;
        }
    }
    assert!(asked > 120, "{asked}");
    assert_eq!(office.server.with_token("GET", &format!("{app}/users_count"), &stranger.access).status, 403);
}

#[test]
fn no_route_of_an_app_changes_anything_for_who_may_only_read() {
    let office = Office::open(&[]);
    let app = office.app();
    office.server.log_in("news-aaaaa");
    let (_, reader) = admin(&office, &["--role", "read-only"]);
    let get = |rest: &str| office.server.with_token("GET", &format!("{app}{rest}"), &reader.access).json();
    let state = || {
        [
            "/users",
            "/description",
            "/deployments",
            "/drafts",
            "/secrets",
            "/api_keys",
            "/security/access_list",
            "/security/refresh_token_expiration",
            "/deploy/config",
        ]
        .map(get)
    };
    let before = state();
    let mut asked = 0;
    for path in routes(&app) {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let reply = office.server.with_token(method, &path, &reader.access);
            let Some(said) = refused_unless_absent(&reply) else { continue };
            assert_eq!(said, unauthorized("your role in this project is read-only"), "{method} {path}");
            asked += 1;
        }
    }
    assert!(asked > 70, "{asked}");
    assert_eq!(state(), before);
}

/// Two projects, each with an app and an owner.
struct Neighbours {
    office: Office,
    /// The news app, and its owner.
    app: String,
    owner: Session,
    /// Another project's app, and its owner.
    other: String,
    stranger: Session,
}

impl Neighbours {
    fn new() -> Neighbours {
        let office = Office::open(&[]);
        let project = office.told(&["projects", "create", "Other"])["_id"].as_str().unwrap().to_owned();
        let (_, stranger) = admin(&office, &["--project", &project]);
        let owner = office.with_key(&office.first());
        let apps = format!("/api/admin/v3.0/groups/{project}/apps");
        let made = ask(&office, &stranger, "POST", &apps, &json!({ "name": "other" }));
        assert_eq!(made.0, 201, "{made:?}");
        let other = format!("{apps}/{}", made.1["_id"].as_str().unwrap());
        Neighbours { app: office.app(), owner, other, stranger, office }
    }

    fn owner(&self, method: &str, rest: &str, body: &Value) -> (u16, Value) {
        ask(&self.office, &self.owner, method, &format!("{}{rest}", self.app), body)
    }

    fn stranger(&self, method: &str, rest: &str, body: &Value) -> (u16, Value) {
        ask(&self.office, &self.stranger, method, &format!("{}{rest}", self.other), body)
    }

    /// Makes a part of the news app, and says where it is.
    #[track_caller]
    fn made(&self, rest: &str, body: &Value) -> String {
        let (status, made) = self.owner("POST", rest, body);
        assert_eq!(status, 201, "{rest}: {made}");
        format!("{rest}/{}", made["_id"].as_str().unwrap())
    }
}

pub(super) fn ask(
    office: &Office,
    session: &Session,
    method: &str,
    path: &str,
    body: &Value,
) -> (u16, Value) {
    let token = format!("Bearer {}", session.access);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let reply = office.server.request(method, path, &[("Authorization", &token)], body.as_bytes());
    let is_json = reply.header("content-type") == Some("application/json");
    (reply.status, if is_json { reply.json() } else { Value::Null })
}

/// Its own app in the path, the ids of somebody else's parts behind it.
#[test]
fn an_app_is_no_door_to_the_parts_of_another() {
    let town = Neighbours::new();
    let function = json!({ "name": "f", "source": "exports = () => 1;" });
    let function = town.made("/functions", &function);
    let trigger = json!({
        "name": "t", "type": "AUTHENTICATION", "function_id": function.rsplit('/').next(),
        "config": { "operation_type": "LOGIN", "providers": ["anon-user"] },
    });
    let service = json!({ "name": "s", "type": "http", "config": {} });
    let service = town.made("/services", &service);
    let user = town.office.server.log_in("news-aaaaa")["user_id"].as_str().unwrap().to_owned();
    let deployment = town.owner("GET", "/deployments", &Value::Null).1[0]["_id"].as_str().unwrap().to_owned();
    let provider =
        town.owner("GET", "/auth_providers", &Value::Null).1[0]["_id"].as_str().unwrap().to_owned();
    let lists = [
        "/functions",
        "/values",
        "/event_subscriptions",
        "/services",
        "/environment_values",
        "/log_forwarders",
        "/secrets",
        "/api_keys",
        "/security/access_list",
        "/deployments",
        "/auth_providers",
        "/users",
        "/drafts",
    ];
    let mut parts = vec![
        function,
        town.made("/values", &json!({ "name": "v", "value": 1 })),
        town.made("/event_subscriptions", &trigger),
        format!("{service}/config"),
        service.clone(),
        format!("{service}/default_rule"),
        town.made(&format!("{service}/rules"), &json!({ "name": "r" })),
        town.made("/environment_values", &json!({ "name": "e", "values": { "qa": 1 } })),
        town.made("/secrets", &json!({ "name": "key", "value": "value" })),
        town.made("/security/access_list", &json!({ "address": "192.0.2.7" })),
        format!("/deployments/{deployment}"),
        format!("/deployments/{deployment}/redeploy"),
        format!("/auth_providers/{provider}"),
        format!("/auth_providers/{provider}/disable"),
        format!("/users/{user}"),
        format!("/users/{user}/disable"),
        format!("/users/{user}/logout"),
    ];
    town.made("/auth_providers", &json!({ "type": "api-key", "disabled": false }));
    let (status, key) = town.owner("POST", "/api_keys", &json!({ "name": "server" }));
    assert_eq!(status, 201, "{key}");
    let key = format!("/api_keys/{}", key["_id"].as_str().unwrap());
    parts.extend([key.clone(), format!("{key}/disable")]);
    let draft = town.made("/drafts", &Value::Null);
    parts.extend([draft.clone(), format!("{draft}/diff"), format!("{draft}/deployment")]);
    let state = || lists.map(|list| town.owner("GET", list, &Value::Null));
    let theirs = || lists.map(|list| town.stranger("GET", list, &Value::Null));
    let (before, own) = (state(), theirs());
    let body = json!({ "name": "mine", "type": "http", "value": "x", "source": "exports = 1;", "address": "192.0.2.8" });
    for part in &parts {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let (status, said) = town.stranger(method, part, &body);
            assert!(matches!(status, 404 | 405), "{method} {part}: {status} {said}");
        }
    }
    assert_eq!(state(), before);
    assert_eq!(theirs(), own);
    // As whom a function runs is of the app as well.
    let run = format!("/debug/execute_function_source?user_id={user}");
    let (status, said) = town.stranger(
        "POST",
        &run,
        &json!({ "source": "exports = () => context.user.id", "eval_source": "exports()" }),
    );
    assert_eq!((status, &said["error_code"]), (404, &json!("UserNotFound")), "{said}");
}

/// While the body of an import is under way, its app is deleted: what arrives must not become an app of whoever else's
/// project comes first.
#[test]
fn an_import_that_outlives_its_app_makes_none_in_another_project() {
    let town = Neighbours::new();
    let (_, other) = town.stranger("GET", "", &Value::Null);
    let id = other["client_app_id"].as_str().unwrap();
    let path = format!("/api/passerby/v1/apps/{id}/import");
    let body = json!({ "files": { "realm_config.json":
        "eyJjb25maWdfdmVyc2lvbiI6MjAyMTAxMDEsIm5hbWUiOiJvdGhlciIsImRlcGxveW1lbnRfbW9kZWwiOiJHTE9CQUwifQ==" } });
    let (body, token) = (body.to_string(), &town.stranger.access);
    let mut stream = TcpStream::connect(town.office.server.authority()).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The server asks for the body when it has found the app.
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(town.stranger("DELETE", "", &Value::Null), (204, Value::Null));
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let list = town.app.rsplit_once('/').unwrap().0;
    let (_, apps) = ask(&town.office, &town.owner, "GET", list, &Value::Null);
    let ids: Vec<&str> =
        apps.as_array().unwrap().iter().map(|app| app["client_app_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["news-aaaaa"]);
}
