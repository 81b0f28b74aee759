//! A server and its owner-only socket, asked as a tool asks the Admin API.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Kept, Reply, Server};

/// A server without apps.
pub(crate) struct Desk {
    pub(crate) server: Server,
    data: PathBuf,
    _dir: tempfile::TempDir,
}

/// What makes a request other than another.
pub(crate) const CLI: &str = "mongodb-baas-cli";
pub(crate) const UI: &str = "mongodb-baas-ui";

impl Desk {
    pub(crate) fn open() -> Desk {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let server = Server::start(&data, &[]);
        Desk { server, data, _dir: dir }
    }

    /// A server of an app that came as a directory with these files and without providers, and the app's path.
    pub(crate) fn of_app(files: &[(&str, &[u8])]) -> (Desk, String) {
        let root = br#"{"config_version": 20210101, "app_id": "news-abcde", "name": "news"}"#;
        let bare: [(&str, &[u8]); 2] = [("realm_config.json", root), ("auth/providers.json", b"{}")];
        Desk::of_directory(&[&bare, files].concat())
    }

    /// A server of an app that came as a directory of these files, and the app's path.
    pub(crate) fn of_directory(files: &[(&str, &[u8])]) -> (Desk, String) {
        let dir = tempfile::tempdir().unwrap();
        let app = dir.path().join("news");
        for (name, bytes) in files {
            let path = app.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let data = dir.path().join("data");
        let server = Server::start(&data, &[app.to_str().unwrap()]);
        let desk = Desk { server, data, _dir: dir };
        let apps = format!("/groups/{}/apps", desk.group());
        let id = desk.get(&apps)[0]["_id"].as_str().unwrap().to_owned();
        (desk, format!("{apps}/{id}"))
    }

    /// Asks with an origin: status and JSON body, `null` when there is none.
    pub(crate) fn ask_as(&self, origin: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
        let origin =
            if origin.is_empty() { String::new() } else { format!("X-BAAS-Request-Origin: {origin}\r\n") };
        self.send(method, path, &origin, body.as_bytes())
    }

    /// Sends a file as the part `file` of a form.
    pub(crate) fn send_file(&self, method: &str, path: &str, name: &str, bytes: &[u8]) -> (u16, Value) {
        let head = format!(
            "--fence\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let form = [head.as_bytes(), bytes, b"\r\n--fence--\r\n"].concat();
        self.send(method, path, "Content-Type: multipart/form-data; boundary=fence\r\n", &form)
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> (u16, Value) {
        let mut stream = UnixStream::connect(self.data.join("passerby.sock")).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} /api/admin/v3.0{path} HTTP/1.1\r\nHost: a.example\r\nContent-Length: {length}\r\n{headers}\
             Connection: close\r\n\r\n"
        )
        .unwrap();
        // A server that has read enough answers and hangs up.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(body.is_empty() || head.contains("content-type: application/json\r\n"), "{head}");
        (status, if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() })
    }

    /// Head and body of an answer that is no text.
    pub(crate) fn download(&self, path: &str) -> (String, Vec<u8>) {
        let mut stream = UnixStream::connect(self.data.join("passerby.sock")).unwrap();
        write!(stream, "GET /api/admin/v3.0{path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        (head, answer.split_off(end))
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.ask_as("", method, path, &body)
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, &Value::Null);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The project.
    pub(crate) fn group(&self) -> String {
        Kept::of(&self.data).rows("select group_id from server").remove(0).remove(0)
    }

    /// Makes an app: its path, and the id that clients know.
    pub(crate) fn app(&self, name: &str) -> (String, String) {
        let apps = format!("/groups/{}/apps", self.group());
        let (status, app) = self.ask("POST", &apps, &json!({ "name": name }));
        assert_eq!(status, 201, "{app}");
        let text = |key: &str| app[key].as_str().unwrap().to_owned();
        (format!("{apps}/{}", text("_id")), text("client_app_id"))
    }

    /// A guest's login: its status.
    pub(crate) fn log_in(&self, client_app_id: &str) -> Reply {
        let target = format!("/api/client/v2.0/app/{client_app_id}/auth/providers/anon-user/login");
        self.server.request("POST", &target, &[], b"{}")
    }
}

/// A value with every id and second in it named.
pub(crate) fn clean(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() == 24 && text.chars().all(|c| c.is_ascii_hexdigit()) => {
            json!("[id]")
        }
        Value::Number(number) if number.as_i64().is_some_and(|n| n > 1_700_000_000) => json!("[seconds]"),
        Value::Array(items) => items.iter().map(clean).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), clean(value))).collect(),
        other => other.clone(),
    }
}
