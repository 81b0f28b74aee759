//! What a hostile page may try: foreign origins, rebound names, paths out of the folder.

use serde_json::json;

use super::{app_directory, login_target};
use crate::support::{Line, Reply, Server, example, request};

const APP: &str = "shop-aaaaa";
const ALLOWED: &str = "https://shop.example";
const FOREIGN: &str = "https://evil.example";

fn cors_headers(reply: &Reply) -> Vec<&str> {
    let names = reply.headers.iter().map(|(name, _)| name.as_str());
    names.filter(|name| name.starts_with("access-control-")).collect()
}

#[test]
fn a_foreign_origin_is_refused_and_may_not_read_why() {
    let data = tempfile::tempdir().unwrap();
    let directory = app_directory(data.path(), APP, &[ALLOWED], &json!({}));
    let server = Server::start(&data.path().join("data"), &[directory.to_str().unwrap()]);
    let guest = server.log_in(APP);
    let token = |kind: &str| format!("Bearer {}", guest[kind].as_str().unwrap());
    let (access, refresh) = (token("access_token"), token("refresh_token"));
    let scoped = |rest: &str| format!("/api/client/v2.0/app/{APP}{rest}");
    let routes = [
        ("GET", scoped("/location"), None, 200),
        ("GET", scoped("/.well-known/jwks.json"), None, 200),
        ("POST", login_target(APP), None, 200),
        ("GET", "/api/client/v2.0/auth/profile".to_owned(), Some(&access), 200),
        ("GET", scoped("/auth/profile"), Some(&access), 200),
        ("POST", "/api/client/v2.0/auth/session".to_owned(), Some(&refresh), 201),
        ("POST", scoped("/functions/call"), Some(&access), 404),
        ("DELETE", scoped("/auth/session"), Some(&refresh), 204),
    ];
    for (method, target, token, status) in routes {
        for origin in [
            FOREIGN,
            "null",
            "https://shop.example.evil.example",
            "http://shop.example",
            "https://shop.example:444",
        ] {
            let mut headers = vec![("Origin", origin)];
            headers.extend(token.map(|token| ("Authorization", token.as_str())));
            let refused = server.request(method, &target, &headers, b"");
            assert_eq!(
                (refused.status, cors_headers(&refused)),
                (403, vec![]),
                "{method} {target} from {origin}"
            );
            let body = refused.json();
            assert_eq!(body["error_code"], "DomainNotAllowed");
            assert_eq!(body["error"], format!("origin not allowed: '{origin}'"));
            assert_eq!(refused.header("vary"), Some("Origin"));
        }
        // The refusals changed nothing, and the app's own page and programs without an origin are served.
        let mut headers: Vec<(&str, &str)> =
            token.map(|token| ("Authorization", token.as_str())).into_iter().collect();
        if method != "DELETE" {
            assert_eq!(server.request(method, &target, &headers, b"").status, status, "{method} {target}");
        }
        headers.push(("Origin", ALLOWED));
        let served = server.request(method, &target, &headers, b"");
        assert_eq!(served.status, status, "{method} {target}");
        assert_eq!(served.header("access-control-allow-origin"), Some(ALLOWED));
        assert_eq!(served.header("access-control-allow-credentials"), Some("true"));
    }
}

#[test]
fn a_preflight_tells_an_allowed_page_everything_and_a_foreign_one_nothing() {
    let data = tempfile::tempdir().unwrap();
    let directory = app_directory(data.path(), APP, &[ALLOWED], &json!({}));
    let server = Server::start(&data.path().join("data"), &[directory.to_str().unwrap()]);
    let ask = |origin| {
        let headers = [
            ("Origin", origin),
            ("Access-Control-Request-Method", "DELETE"),
            ("Access-Control-Request-Headers", "authorization,x-mine"),
        ];
        server.request("OPTIONS", &login_target(APP), &headers, b"")
    };
    let allowed = ask(ALLOWED);
    let expected = [
        ("access-control-allow-origin", ALLOWED),
        ("access-control-allow-methods", "GET, POST, PUT, DELETE, PATCH, OPTIONS"),
        ("access-control-allow-headers", "authorization,x-mine"),
        ("access-control-allow-credentials", "true"),
        ("access-control-max-age", "86400"),
        ("vary", "Origin"),
    ];
    for (name, value) in expected {
        assert_eq!(allowed.header(name), Some(value), "{name}");
    }
    assert_eq!((allowed.status, allowed.body.len()), (204, 0));
    let foreign = ask(FOREIGN);
    assert_eq!((foreign.status, cors_headers(&foreign)), (204, vec![]));
}

#[test]
fn a_development_server_answers_only_what_names_this_machine() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &["--dev", example("dev").to_str().unwrap()]);
    let app = server.app(0).to_owned();
    let ask = |host: &str, more: &str| {
        let mut line = Line::open(server.authority()).unwrap();
        let target = login_target(&app);
        line.send(
            format!("POST {target} HTTP/1.1\r\nHost: {host}\r\n{more}Content-Length: 0\r\n\r\n").as_bytes(),
        )
        .unwrap();
        line.receive(false).unwrap()
    };
    let port = server.authority().rsplit(':').next().unwrap();
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        assert_eq!(ask(&format!("{host}:{port}"), "").status, 200, "{host}");
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "0.0.0.0",
        "",
        "localhost@evil.example",
    ] {
        let refused = ask(host, "");
        assert_eq!(refused.status, 403, "{host:?}: {refused:?}");
        assert_eq!(refused.header("content-type"), Some("text/plain; charset=utf-8"));
    }
    for forwarded in [
        "X-Forwarded-For: 203.0.113.7\r\n",
        "X-Forwarded-Host: evil.example\r\n",
        "Forwarded: for=203.0.113.7\r\n",
        "x-forwarded-for: 127.0.0.1\r\n",
    ] {
        assert_eq!(ask("localhost", forwarded).status, 403, "{forwarded:?}");
    }
}

#[test]
fn the_listener_for_pages_shows_nothing_outside_its_folder() {
    let data = tempfile::tempdir().unwrap();
    let directory = app_directory(data.path(), APP, &[], &json!({}));
    let files = directory.join("hosting/files");
    std::fs::create_dir_all(files.join("docs")).unwrap();
    std::fs::write(files.join("index.html"), "the page").unwrap();
    std::fs::write(files.join("docs/index.html"), "the docs").unwrap();
    std::fs::write(files.join(".env"), "hidden").unwrap();
    let server = Server::start(&data.path().join("data"), &[directory.to_str().unwrap()]);
    // Links out of the folder are refused at the import; these come later.
    std::os::unix::fs::symlink("/etc/hostname", files.join("link")).unwrap();
    std::os::unix::fs::symlink(&directory, files.join("up")).unwrap();
    let url = server.ready["apps"][0]["try_url"].as_str().unwrap();
    let authority = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let ask = |target: &str| request(authority, "GET", target, &[], b"");
    assert_eq!(ask(&format!("/{APP}/")).body, b"the page");
    assert_eq!(ask(&format!("/{APP}/docs/")).body, b"the docs");
    for path in [
        "../realm_config.json",
        "../../realm_config.json",
        "docs/../../../realm_config.json",
        "%2e%2e/%2e%2e/realm_config.json",
        "..%2f..%2frealm_config.json",
        "..%5c..%5crealm_config.json",
        "docs/%2e%2e/%2e%2e/%2e%2e/realm_config.json",
        "%2fetc%2fhostname",
        "/etc/hostname",
        "//etc/hostname",
        "link",
        "up/realm_config.json",
        ".env",
        "docs/%00index.html",
        "index.html%00.png",
        "%ff%fe",
        "docs/./index.html",
        ".passerby/../index.html",
    ] {
        let reply = ask(&format!("/{APP}/{path}"));
        assert!(matches!(reply.status, 400 | 404), "{path}: {reply:?}");
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert!(
            !text.contains("config_version") && !text.contains("the ") && !text.contains("hidden"),
            "{path}: {text}"
        );
    }
    for app in ["nobody-aaaaa", "..", "%2e%2e", "data"] {
        assert_eq!(ask(&format!("/{app}/passerby.db")).status, 404, "{app}");
    }
    // A name that was rebound to this machine reads nothing, so no foreign page learns where the server is.
    let mut line = Line::open(authority).unwrap();
    for target in
        ["/".to_owned(), format!("/{APP}"), format!("/{APP}/"), format!("/{APP}/.passerby/app.json")]
    {
        line.send(format!("GET {target} HTTP/1.1\r\nHost: evil.example\r\n\r\n").as_bytes()).unwrap();
        let refused = line.receive(false).unwrap();
        assert_eq!(
            (refused.status, refused.body.as_slice()),
            (403, b"this listener answers only requests that name this machine\n".as_slice()),
            "{target}"
        );
    }
}
