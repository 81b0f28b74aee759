//! A server that means harm to who asks it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::passerby_with;

/// A server that answers each request line with what it likes, and a profile for it.
fn server(answer: impl Fn(&str) -> String + Send + 'static) -> (TempDir, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut first, mut line) = (String::new(), String::new());
            stream.read_line(&mut first).unwrap();
            while stream.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            stream.get_mut().write_all(answer(&first).as_bytes()).unwrap();
            let _ = stream.read(&mut [0]);
        }
    });
    let dir = tempfile::tempdir().unwrap();
    let profiles = dir.path().join("home/passerby/profiles");
    std::fs::create_dir_all(&profiles).unwrap();
    let kept = json!({ "url": url, "public_key": "k", "access_token": "a", "refresh_token": "r" });
    let mut file = std::fs::OpenOptions::new();
    let file = file.write(true).create_new(true).mode(0o600).open(profiles.join("default.json"));
    write!(file.unwrap(), "{kept}").unwrap();
    (dir, url)
}

fn reply(status: &str, body: &Value) -> String {
    let body = body.to_string();
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn app() -> Value {
    json!({ "client_app_id": "news-aaaaa", "_id": "0".repeat(24), "group_id": "0".repeat(24) })
}

/// One that answers every request for an app's directory with these files.
fn hostile(files: &[(&'static str, &'static str)]) -> (TempDir, String) {
    let files = json!(files.iter().copied().collect::<std::collections::BTreeMap<_, _>>());
    server(move |line| {
        let export = json!({ "config_version": 20_210_101, "deployment": "0".repeat(24), "files": files });
        reply("200 OK", &if line.contains("/export") { export } else { app() })
    })
}

/// What would clear a screen, move about in a line, and turn it around.
const EVIL: &str = "\u{1b}[2J\u{9b}2J\u{7}\r\u{202e}x";

/// An answer to each request in which every text is evil that may be.
fn evil(line: &str) -> String {
    let id = "0".repeat(24);
    let path = line.split(' ').nth(1).unwrap().split('?').next().unwrap();
    let last = path.rsplit('/').next().unwrap();
    let user = json!({
        "_id": EVIL, "type": EVIL, "identities": [{ "provider_type": EVIL }], "creation_date": 0,
        "last_authentication_date": 0, "disabled": false, "data": { "email": EVIL },
    });
    let entry = json!({
        "_id": EVIL, "type": EVIL, "started": "2026-11-26T00:00:00Z", "completed": "2026-11-26T00:00:00Z",
        "request_url": EVIL, "error": EVIL, "user_id": EVIL, "remote_ip_address": EVIL, "messages": [EVIL],
    });
    let act =
        json!({ "at": EVIL, "who": EVIL, "what": EVIL, "target": EVIL, "address": EVIL, "status": 200 });
    let body = match last {
        "news-aaaaa" => app(),
        "users" => json!([user, user, user]),
        "pending_users" => json!([{ "_id": id, "login_ids": [{ "id": EVIL, "confirmed": true }] }]),
        "api_keys" => json!({ "_id": id, "name": EVIL, "disabled": false, "key": EVIL }),
        "rotate" => json!({ "id": EVIL, "purpose": EVIL, "algorithm": EVIL, "created": 0, "signs": true }),
        "secrets" => json!([EVIL]),
        "logs" => json!({ "logs": [entry] }),
        "audit" => json!([act]),
        "access_list" => json!({ "allowed_ips": [{ "_id": EVIL, "address": EVIL, "comment": EVIL }] }),
        "profile" => json!({ "user_id": EVIL, "roles": [{ "group_id": EVIL, "role_name": EVIL }] }),
        _ => return reply("400 Bad Request", &json!({ "error": EVIL, "problems": [{ "text": EVIL }] })),
    };
    reply("200 OK", &body)
}

fn home(dir: &TempDir) -> String {
    dir.path().join("home").to_str().unwrap().to_owned()
}

#[test]
fn it_writes_nothing_but_parts_of_an_app_into_the_directory() {
    for path in [
        "../outside.js",
        "functions/../../outside.js",
        "/tmp/outside.js",
        "functions/..\\outside.js",
        "functions//a.js",
        ".git/hooks/post-checkout",
        ".bashrc",
        "secrets.json",
        "README.md",
    ] {
        let (dir, _) = hostile(&[("auth/providers.json", "e30="), (path, "eA==")]);
        let (home, target) = (dir.path().join("home"), dir.path().join("app"));
        let variables = [("XDG_CONFIG_HOME", home.to_str().unwrap())];
        let target_text = target.to_str().unwrap();
        for arguments in [
            vec!["pull", target_text, "--app", "news-aaaaa", "--yes"],
            vec!["export", "news-aaaaa", target_text],
        ] {
            let ran = passerby_with(&variables, arguments.into_iter().chain(["--profile", "default"]));
            assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{path}: {ran:?}");
            assert!(!target.exists(), "{path}: {ran:?}");
        }
        let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().flatten().map(|e| e.file_name()).collect();
        assert_eq!(left, ["home"], "{path}");
    }
}

#[test]
fn it_steers_no_terminal() {
    let (dir, _) = hostile(&[("functions/a.js", "G1syShtbMW0K")]);
    let (home, target) = (dir.path().join("home"), dir.path().join("app"));
    std::fs::create_dir_all(target.join("functions")).unwrap();
    std::fs::write(Path::new(&target).join("functions/a.js"), "mine\n").unwrap();
    let variables = [("XDG_CONFIG_HOME", home.to_str().unwrap())];
    let arguments =
        ["pull", target.to_str().unwrap(), "--app", "news-aaaaa", "--yes", "--profile", "default"];
    let ran = passerby_with(&variables, arguments);
    assert!(ran.code == 0 && !ran.out.contains('\u{1b}'), "{ran:?}");
    assert!(ran.out.contains("-mine\n+\u{fffd}[2J\u{fffd}[1m\n"), "{}", ran.out);
}

#[test]
fn nothing_that_it_answers_steers_a_terminal() {
    let (dir, _) = server(evil);
    let home = home(&dir);
    for (code, arguments) in [
        (0, "users list news-aaaaa --limit 2"),
        (0, "users list news-aaaaa --limit 2 --json"),
        (0, "users pending news-aaaaa --limit 1"),
        (0, "api-keys create news-aaaaa server"),
        (0, "keys rotate news-aaaaa access"),
        (0, "secrets list news-aaaaa"),
        (0, "secrets list news-aaaaa --json"),
        (0, "logs news-aaaaa"),
        (0, "logs news-aaaaa --json"),
        (0, "audit"),
        (0, "access-list list news-aaaaa"),
        (0, "whoami"),
        (3, "keys list news-aaaaa"),
    ] {
        let words = arguments.split(' ').chain(["--profile", "default"]);
        let ran = passerby_with(&[("XDG_CONFIG_HOME", home.as_str())], words);
        assert_eq!(ran.code, code, "{arguments}: {ran:?}");
        let said = format!("{}{}", ran.out, ran.err);
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!said.is_empty() && !said.chars().any(steers), "{arguments}: {ran:?}");
    }
}

#[test]
fn it_gets_no_token_to_anybody_else() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let to = elsewhere.local_addr().unwrap();
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let (dir, _) = server(move |_| {
            format!("HTTP/1.1 {status}\r\nLocation: http://{to}/\r\nContent-Length: 0\r\n\r\n")
        });
        let home = home(&dir);
        for arguments in ["users list news-aaaaa", "whoami", "logout"] {
            let words = arguments.split(' ').chain(["--profile", "default"]);
            let ran = passerby_with(&[("XDG_CONFIG_HOME", home.as_str())], words);
            assert!(ran.code == 1 || arguments == "logout", "{arguments}: {ran:?}");
            let nobody = elsewhere.accept().unwrap_err().kind();
            assert_eq!(nobody, std::io::ErrorKind::WouldBlock, "{status} {arguments}");
        }
    }
}
