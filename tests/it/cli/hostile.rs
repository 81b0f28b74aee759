//! A server that means harm to who asks it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;

use serde_json::json;
use tempfile::TempDir;

use crate::support::passerby_with;

/// A server that answers every request for an app's directory with these files, and a profile for it.
fn hostile(files: &[(&'static str, &'static str)]) -> (TempDir, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let files = json!(files.iter().copied().collect::<std::collections::BTreeMap<_, _>>());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut first, mut line) = (String::new(), String::new());
            stream.read_line(&mut first).unwrap();
            while stream.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            let app =
                json!({ "client_app_id": "news-aaaaa", "_id": "0".repeat(24), "group_id": "0".repeat(24) });
            let export =
                json!({ "config_version": 20_210_101, "deployment": "0".repeat(24), "files": files });
            let body = if first.contains("/export") { export } else { app }.to_string();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.get_mut().write_all(format!("{head}{body}").as_bytes()).unwrap();
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
