//! The server around the client API: health, metrics, settings, keys at rest, stopping.

use serde_json::json;

use crate::support::{Line, Server, example, passerby, request};

const NEWS_LOGIN: &str = "/api/client/v2.0/app/news-aaaaa/auth/providers/anon-user/login";

fn path(name: &str) -> String {
    example(name).to_str().unwrap().to_owned()
}

#[test]
fn health_and_readiness_are_told() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    assert_eq!(server.ready["apps"], json!([]));
    for (target, body) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let reply = server.request("GET", target, &[], b"");
        assert_eq!((reply.status, String::from_utf8(reply.body).unwrap()), (200, body.to_owned()));
    }
    assert_eq!(server.request("GET", "/", &[], b"").status, 200);
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_path_that_is_no_text_is_refused_as_everything_else_is() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    for (method, target) in [
        ("POST", "/api/client/v2.0/app/%ff/auth/providers/anon-user/login"),
        ("POST", "/api/admin/v3.0/auth/providers/%c3%28/login"),
        ("GET", "/api/admin/v3.0/groups/%FF/apps"),
        ("GET", "/api/public/v1.0/groups/byName/%80"),
    ] {
        let reply = server.request(method, target, &[], b"");
        assert_eq!((reply.status, reply.header("content-type")), (400, Some("application/json")), "{target}");
        let expected = json!({ "error": "the path is not UTF-8", "error_code": "InvalidParameter" });
        assert_eq!(reply.json(), expected, "{target}");
    }
}

#[test]
fn metrics_count_logins_on_a_listener_of_their_own() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[&path("news"), "--metrics-listen", "127.0.0.1:0"]);
    server.log_in("news-aaaaa");
    server.log_in("news-aaaaa");
    let url = server.ready["metrics_url"].as_str().unwrap().to_owned();
    let (authority, target) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let reply = request(authority, "GET", &format!("/{target}"), &[], b"");
    let text = String::from_utf8(reply.body).unwrap();
    assert!(text.contains("passerby_requests_total{route=\"login\",status=\"200\"} 2\n"), "{text}");
    assert!(text.contains("passerby_request_seconds_count{route=\"login\"} 2\n"), "{text}");
    assert_eq!(server.request("GET", "/metrics", &[], b"").status, 404);
    // A name that was rebound to this machine reads nothing.
    let mut line = Line::open(authority).unwrap();
    line.send(format!("GET /{target} HTTP/1.1\r\nHost: evil.example\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(line.receive(false).unwrap().status, 403);
}

#[test]
fn a_second_server_on_the_same_data_says_who_is_there() {
    let data = tempfile::tempdir().unwrap();
    let first = Server::start(data.path(), &[]);
    // As the same command typed twice: the port is taken too, but the store is what matters.
    let second = passerby(["serve", "--listen", first.authority(), "--data", data.path().to_str().unwrap()]);
    assert_eq!((second.code, second.out.as_str()), (5, ""));
    assert!(second.err.contains("another"), "{}", second.err);
}

#[test]
fn a_taken_port_is_named_with_its_setting() {
    let data = tempfile::tempdir().unwrap();
    let first = Server::start(&data.path().join("a"), &[]);
    let address = first.authority().to_owned();
    let other = data.path().join("b");
    let second = passerby(["serve", "--listen", &address, "--data", other.to_str().unwrap()]);
    assert_eq!(second.code, 1);
    assert!(second.err.contains(&format!("failed to listen on {address} (listen)")), "{}", second.err);
}

#[test]
fn keys_sealed_with_a_master_key_need_it() {
    let data = tempfile::tempdir().unwrap();
    let key = data.path().join("key");
    std::fs::write(&key, format!("{}\n", "0f".repeat(32))).unwrap();
    let (store, key) = (data.path().join("data"), key.to_str().unwrap());
    let server = Server::start(&store, &[&path("news"), "--master-key-file", key]);
    let login = server.log_in("news-aaaaa");
    let refresh = login["refresh_token"].as_str().unwrap();
    let server = server.restart();
    assert_eq!(server.with_token("POST", "/api/client/v2.0/auth/session", refresh).status, 201);
    assert_eq!(server.stop(), 0);

    let without = passerby(["serve", "--listen", "127.0.0.1:0", "--data", store.to_str().unwrap()]);
    assert_eq!(without.code, 1);
    let said: Vec<&str> = without.err.lines().collect();
    let [.., what, hint] = said[..] else { panic!("{}", without.err) };
    assert!(what.ends_with(" of administrators: it is sealed, and no master key was given"), "{what}");
    assert_eq!(hint, "hint: keys that are sealed need the key that seals them: --master-key-file FILE");
    std::fs::write(data.path().join("other"), "1e".repeat(32)).unwrap();
    let other = data.path().join("other");
    let asked = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        store.to_str().unwrap(),
        "--master-key-file",
        other.to_str().unwrap(),
    ];
    let wrong = passerby(asked);
    assert_eq!(wrong.code, 1);
    assert!(wrong.err.contains("is the master key the one it was sealed with?"), "{}", wrong.err);
    assert!(!wrong.err.contains("1e1e"), "{}", wrong.err);
    for no_key in ["+f".repeat(32), "0f".repeat(31), String::new()] {
        std::fs::write(&other, no_key).unwrap();
        let refused = passerby(asked);
        assert!(refused.code == 1 && refused.err.contains("expected 64 hex digits"), "{}", refused.err);
    }
}

#[test]
fn an_administrators_listener_can_be_moved_and_is_named() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[&path("news"), "--admin-listen", "127.0.0.1:0"]);
    let admin = server.ready["admin_url"].as_str().unwrap().to_owned();
    assert_ne!(admin, server.ready["client_url"].as_str().unwrap());
    let reply = request(admin.strip_prefix("http://").unwrap(), "POST", NEWS_LOGIN, &[], b"");
    assert_eq!(reply.status, 404, "clients have no business there");
}

#[test]
fn an_address_beyond_its_guests_gets_429() {
    let data = tempfile::tempdir().unwrap();
    let args = [&path("news"), "--guest-logins-per-hour", "2", "--trusted-proxies", "127.0.0.1"];
    let server = Server::start(data.path(), &args);
    let from = |address: &str| server.request("POST", NEWS_LOGIN, &[("X-Forwarded-For", address)], b"");
    assert_eq!((from("203.0.113.7").status, from("203.0.113.7").status), (200, 200));
    let refused = from("203.0.113.7");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    assert_eq!(refused.json()["error"], "too many guest logins from this address: try again later");
    assert_eq!(from("203.0.113.8").status, 200);
}

#[test]
fn the_log_holds_no_token_no_body_and_no_address() {
    let data = tempfile::tempdir().unwrap();
    let arguments =
        [&path("news"), "--log", "trace", "--log-format", "json", "--trusted-proxies", "127.0.0.1"];
    let server = Server::start(data.path(), &arguments);
    let forwarded = [("X-Forwarded-For", "203.0.113.7")];
    let device = br#"{"options":{"device":{"platform":"abacus"}}}"#;
    let login = server.request("POST", NEWS_LOGIN, &forwarded, device).json();
    server.request("POST", NEWS_LOGIN, &forwarded, b"abacus");
    let (access, refresh) =
        (login["access_token"].as_str().unwrap(), login["refresh_token"].as_str().unwrap());
    server.with_token("GET", "/api/client/v2.0/auth/profile", access);
    server.with_token("POST", "/api/client/v2.0/auth/session", refresh);
    server.with_token("GET", "/api/client/v2.0/auth/profile", refresh);
    server.with_token("GET", &format!("/api/client/v2.0/app/news-aaaaa/functions/call?baas_at={access}"), "");
    let log = server.log();
    assert!(log.contains("\"route\":\"login\""), "{log}");
    for secret in [access, refresh, access.rsplit('.').next().unwrap(), refresh.rsplit('.').next().unwrap()] {
        assert!(!log.contains(secret), "a token is in the log");
    }
    assert!(!log.contains("203.0.113.7") && !log.contains("abacus"), "{log}");
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
    }
}

#[test]
fn every_answer_forbids_guesses_and_frames() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[&path("news")]);
    for (method, target) in [
        ("GET", "/healthz"),
        ("GET", "/nowhere"),
        ("GET", "/api/client/v2.0/app/news-aaaaa/location"),
        ("POST", NEWS_LOGIN),
        ("GET", NEWS_LOGIN),
        ("GET", "/api/client/v2.0/auth/profile"),
    ] {
        let reply = server.request(method, target, &[], b"");
        let said = ["x-content-type-options", "x-frame-options"].map(|name| reply.header(name));
        assert_eq!(said, [Some("nosniff"), Some("DENY")], "{method} {target}");
        let expected = target.starts_with("/api").then_some("no-cache, no-store, must-revalidate");
        assert_eq!(reply.header("cache-control"), expected, "{method} {target}");
    }
}

#[test]
fn a_stop_waits_for_a_request_that_is_under_way() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[&path("news")]);
    let mut line = Line::open(server.authority()).unwrap();
    let head =
        format!("POST {NEWS_LOGIN} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    line.send(head.as_bytes()).unwrap();
    line.wait_for_continue().unwrap();
    server.ask_to_stop();
    server.wait_for_log("stopping");
    line.send(b"{}").unwrap();
    assert_eq!(line.receive(false).unwrap().status, 200);
    assert_eq!(server.stop(), 0);
}
