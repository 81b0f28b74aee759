//! App directories as `serve` takes them in: when first seen, and when their content changed since.

use serde_json::json;

use super::app_directory;
use crate::support::{Server, passerby};

fn login_status(server: &Server) -> u16 {
    let target = format!("/api/client/v2.0/app/{}/auth/providers/anon-user/login", server.app(0));
    server.request("POST", &target, &[], b"").status
}

#[test]
fn the_one_file_of_the_original_documentation_is_an_app() {
    let data = tempfile::tempdir().unwrap();
    let dir = data.path().join("reader");
    std::fs::create_dir_all(dir.join("auth_providers")).unwrap();
    let printed = "{\n  \"name\": \"anon-user\",\n  \"type\": \"anon-user\",\n  \"disabled\": false,\n}\n";
    std::fs::write(dir.join("auth_providers/anon-user.json"), printed).unwrap();
    let server = Server::start(&data.path().join("data"), &[dir.to_str().unwrap()]);
    let app = server.app(0).to_owned();
    assert!(app.starts_with("reader-") && app.len() == 12, "{app}");
    assert_eq!(
        server.ready["apps"],
        json!([{"client_app_id": app, "name": "reader", "created": true, "try_url": null}])
    );
    assert_eq!(login_status(&server), 200);
    assert!(server.log().contains("anon-user.json:4"), "the comma is warned of: {}", server.log());

    let server = server.restart();
    assert_eq!(server.app(0), app, "a directory imported twice is one app");
}

#[test]
fn disabling_the_provider_in_the_directory_refuses_logins_and_keeps_sessions() {
    let data = tempfile::tempdir().unwrap();
    let dir = data.path().join("reader");
    app_directory(&dir, false, None);
    let server = Server::start(&data.path().join("data"), &[dir.to_str().unwrap()]);
    let login = server.log_in(server.app(0));
    app_directory(&dir, true, None);
    assert_eq!(login_status(&server), 200, "a directory is read at a start");
    let server = server.restart();
    assert_eq!(login_status(&server), 401);
    let refresh = login["refresh_token"].as_str().unwrap();
    assert_eq!(server.with_token("POST", "/api/client/v2.0/auth/session", refresh).status, 201);
    app_directory(&dir, false, None);
    assert_eq!(login_status(&server.restart()), 200);
}

#[test]
fn an_unchanged_directory_leaves_to_the_store_what_was_deployed_since() {
    let data = tempfile::tempdir().unwrap();
    let dir = data.path().join("reader");
    app_directory(&dir, false, Some(r#"{"anonymous_user_expiration": {"days": 7}}"#));
    let server = Server::start(&data.path().join("data"), &[dir.to_str().unwrap()]);
    let (app, store) = (server.app(0).to_owned(), data.path().join("data"));
    let other = data.path().join("other");
    app_directory(&other, true, None);
    let import = ["import", other.to_str().unwrap(), "--app", &app, "--data", store.to_str().unwrap()];
    assert_eq!(passerby(import).code, 0);

    let server = server.restart();
    assert_eq!((server.app(0), login_status(&server)), (app.as_str(), 401), "the directory did not change");
    let list: serde_json::Value =
        serde_json::from_str(&passerby(["apps", "list", "--json", "--data", store.to_str().unwrap()]).out)
            .unwrap();
    assert_eq!(
        list[0]["anonymous_user_expiration"],
        json!({"clock": "inactivity", "days": 7}),
        "none were given"
    );

    app_directory(&dir, false, Some(r#"{"anonymous_user_expiration": {"days": 8}}"#));
    assert_eq!(login_status(&server.restart()), 200, "it changed");
}

#[test]
fn several_directories_are_several_apps_in_their_order() {
    let data = tempfile::tempdir().unwrap();
    let dirs = ["zebra", "ape"].map(|name| data.path().join(name));
    dirs.iter().for_each(|dir| app_directory(dir, false, None));
    let args = dirs.each_ref().map(|dir| dir.to_str().unwrap());
    let server = Server::start(&data.path().join("data"), &args);
    let names: Vec<_> =
        server.ready["apps"].as_array().unwrap().iter().map(|app| app["name"].clone()).collect();
    assert_eq!(names, ["zebra", "ape"]);
    assert_eq!(server.stop(), 0);

    let server = Server::start(&data.path().join("data"), &[]);
    let names: Vec<_> =
        server.ready["apps"].as_array().unwrap().iter().map(|app| app["name"].clone()).collect();
    assert_eq!(names, ["ape", "zebra"], "without a directory the store is served");
}

#[test]
fn a_page_beside_an_app_is_shown_on_its_own_origin() {
    let data = tempfile::tempdir().unwrap();
    let dir = data.path().join("shop");
    app_directory(&dir, false, None);
    let root = r#"{"config_version": 20200603, "app_id": "shop-abcde", "name": "shop",
        "security": {"allowed_request_origins": ["https://shop.example"]}}"#;
    std::fs::write(dir.join("config.json"), root).unwrap();
    std::fs::create_dir_all(dir.join("hosting/files/css")).unwrap();
    std::fs::write(dir.join("hosting/files/index.html"), "<!doctype html>hello").unwrap();
    std::fs::write(dir.join("hosting/files/css/a.css"), "body{}").unwrap();
    std::fs::write(dir.join("secret.txt"), "x").unwrap();
    let server = Server::start(&data.path().join("data"), &[dir.to_str().unwrap()]);

    let url = server.ready["apps"][0]["try_url"].as_str().unwrap().to_owned();
    let (pages, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    assert_eq!(path, "shop-abcde/");
    let get = |path: &str| crate::support::request(pages, "GET", path, &[], b"");
    let page = get("/shop-abcde/");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(page.body, b"<!doctype html>hello");
    let base = server.ready["client_url"].as_str().unwrap();
    let policy = format!(
        "default-src 'self'; img-src 'self' data:; connect-src 'self' {base}/; frame-ancestors 'none'"
    );
    assert_eq!(page.header("content-security-policy"), Some(policy.as_str()), "no script but the folder's");
    assert_eq!(get("/shop-abcde/css/a.css").header("content-type"), Some("text/css; charset=utf-8"));
    assert_eq!(
        get("/shop-abcde/.passerby/app.json").json(),
        json!({"client_url": server.ready["client_url"], "client_app_id": "shop-abcde"})
    );
    for outside in [
        "/shop-abcde/../secret.txt",
        "/shop-abcde/..%2f..%2fsecret.txt",
        "/shop-abcde/%2e%2e/%2e%2e/config.json",
    ] {
        assert_eq!(get(outside).status, 404, "{outside}");
    }

    let origin = format!("http://{pages}");
    let from = |origin: &str| {
        let target = "/api/client/v2.0/app/shop-abcde/auth/providers/anon-user/login";
        let reply = server.request("POST", target, &[("Origin", origin)], b"");
        (reply.status, reply.header("access-control-allow-origin").map(str::to_owned))
    };
    assert_eq!(from(&origin), (200, Some(origin.clone())), "the page's origin is allowed");
    assert_eq!(from("https://shop.example"), (200, Some("https://shop.example".to_owned())));
    assert_eq!(from("https://evil.example"), (403, None));
    let preflight = |origin: &str| {
        let target = "/api/client/v2.0/app/shop-abcde/auth/providers/anon-user/login";
        let reply = server.request(
            "OPTIONS",
            target,
            &[("Origin", origin), ("Access-Control-Request-Method", "POST")],
            b"",
        );
        (reply.status, reply.header("access-control-allow-origin").map(str::to_owned))
    };
    assert_eq!(preflight("https://shop.example"), (204, Some("https://shop.example".to_owned())));
    assert_eq!(preflight("https://evil.example"), (204, None));
}
