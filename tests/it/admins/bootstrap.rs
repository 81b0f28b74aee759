//! The first administrator, and the well-known one of development.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::{Office, PROFILE, Pair, Session, refused};
use crate::support::{Server, request};

fn dev() -> Value {
    json!({ "username": "unique_user@domain.com", "password": "password" })
}

#[test]
fn the_first_key_pair_is_in_a_file_of_the_owner_and_nowhere_else() {
    let office = Office::open(&[]);
    let file = office.data().join("admin-key.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let pair = office.first();
    assert!(pair.public.len() == 8 && pair.private.len() == 36 && pair.private.contains('-'), "{pair:?}");
    assert!(!office.server.log().contains(&pair.private));
    assert!(!office.server.ready.to_string().contains(&pair.public));
    let left: Vec<String> = std::fs::read_dir(office.data())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("admin-key"))
        .collect();
    assert_eq!(left, ["admin-key.json"]);
    let office = office.restart();
    assert_eq!(office.told(&["admins", "list"]).as_array().unwrap().len(), 1, "one is enough");
    assert_eq!(office.try_key(&pair).status, 200);
}

#[test]
fn whenever_there_is_none_another_is_made_and_no_file_is_written_over() {
    let office = Office::open(&[]);
    let pair = office.first();
    let admin = office.told(&["admins", "list"])[0]["_id"].as_str().unwrap().to_owned();
    assert_eq!(office.run(&["admins", "delete", &admin]).code, 0);
    let office = office.restart();
    assert_eq!(office.first().private, pair.private, "the old file stays");
    assert_eq!(office.try_key(&pair).status, 401, "and is good for nothing");
    let text = std::fs::read_to_string(office.data().join("admin-key-2.json")).unwrap();
    assert_eq!(office.try_key(&Pair::of(&serde_json::from_str(&text).unwrap())).status, 200);
}

#[test]
fn the_well_known_administrator_is_let_in_with_dev_and_never_stored() {
    let office = Office::open(&["--dev"]);
    let session = Session::of(&office.log_in("local-userpass", &dev()));
    let profile = office.server.with_token("GET", PROFILE, &session.access).json();
    assert_eq!(profile["roles"], json!([{ "role_name": "GROUP_OWNER", "group_id": office.project() }]));
    assert_eq!(office.server.with_token("GET", &office.app(), &session.access).status, 200);
    assert!(!office.told(&["admins", "list"]).to_string().contains("unique_user"));
    assert!(office.server.log().contains("--dev: whoever reaches"));
    let wrong = json!({ "username": "unique_user@domain.com", "password": "Password" });
    assert_eq!(office.log_in("local-userpass", &wrong).status, 401);
    let out = office.server.with_token("DELETE", super::SESSION, &session.refresh);
    assert_eq!(out.status, 204);
    assert_eq!(office.server.with_token("GET", PROFILE, &session.access).status, 401);
    let session = Session::of(&office.log_in("local-userpass", &dev()));
    let office = office.restart();
    assert_eq!(
        office.server.with_token("GET", PROFILE, &session.access).status,
        401,
        "it ended with the process"
    );
}

#[test]
fn the_well_known_administrator_is_of_this_machine() {
    let office = Office::open(&["--dev"]);
    let login = format!("{}/local-userpass/login", super::LOGIN);
    let body = dev().to_string();
    for header in [
        ("Host", "evil.example"),
        ("Host", "127.0.0.1.evil.example"),
        ("X-Forwarded-For", "203.0.113.7"),
        ("Forwarded", "for=203.0.113.7"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "https"),
        ("X-Real-IP", "203.0.113.7"),
        ("Via", "1.1 proxy.example"),
    ] {
        let reply = office.server.request("POST", &login, &[header], body.as_bytes());
        assert_eq!(reply.status, 403, "{header:?}");
    }
    assert_eq!(office.server.request("POST", &login, &[], body.as_bytes()).status, 200);
}

#[test]
fn administrators_may_have_a_listener_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &["--admin-listen", "127.0.0.1:0"]);
    let url = server.ready["admin_url"].as_str().unwrap();
    let admin = url.strip_prefix("http://").unwrap();
    let paths =
        ["/api/admin/v3.0/auth/providers", "/api/private/v1.0/version", "/api/public/v1.0/groups", PROFILE];
    for (path, status) in paths.iter().zip([200, 200, 401, 401]) {
        assert_eq!(request(admin, "GET", path, &[], b"").status, status, "{path}");
        assert_eq!(server.request("GET", path, &[], b"").status, 404, "{path}");
    }
    assert_eq!(request(admin, "GET", "/", &[], b"").status, 200);
    let location = "/api/client/v2.0/app/news-aaaaa/location";
    assert_eq!(request(admin, "GET", location, &[], b"").status, 404);
    let (status, _) = refused(&request(admin, "GET", PROFILE, &[], b""));
    assert_eq!(status, 401);
}
