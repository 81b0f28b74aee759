//! A server with two apps of people, and its owner-only socket.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Ran, Reply, Server, passerby, redact};

pub(super) const APP: &str = "people-abcde";
pub(super) const OTHER: &str = "others-abcde";

pub(super) struct Office {
    pub(super) server: Server,
    directory: tempfile::TempDir,
    /// The app's path in the Admin API.
    path: String,
}

/// An app directory with guests, people with addresses, and people whom a function knows.
fn write_app(path: &Path, id: &str, userpass: &Value) {
    let file = |name: &str, text: &str| {
        let path = path.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let name = id.split('-').next().unwrap();
    file("realm_config.json", &json!({"config_version": 20210101, "app_id": id, "name": name}).to_string());
    let providers = json!({
        "anon-user": {"name": "anon-user", "type": "anon-user", "disabled": false},
        "local-userpass": {
            "name": "local-userpass", "type": "local-userpass", "disabled": userpass.is_null(), "config": userpass,
        },
        "custom-function": {
            "name": "custom-function", "type": "custom-function", "disabled": false,
            "config": {"authFunctionName": "whoIs"},
        },
    });
    file("auth/providers.json", &providers.to_string());
    let functions = json!([{"name": "whoIs", "private": true}, {"name": "confirm", "private": true}]);
    file("functions/config.json", &functions.to_string());
    file("functions/whoIs.js", "exports = ({ id }) => id;");
    file(
        "functions/confirm.js",
        "exports = ({ username }) => username.startsWith('silent') ? undefined \
         : { status: username.startsWith('later') ? 'pending' : username.startsWith('yes') ? 'success' : 'fail' };",
    );
}

impl Office {
    /// Addresses are confirmed at once.
    pub(super) fn new() -> Office {
        Office::with(&json!({"autoConfirm": true}))
    }

    pub(super) fn with(userpass: &Value) -> Office {
        let directory = tempfile::tempdir().unwrap();
        let apps = [APP, OTHER].map(|id| directory.path().join(id));
        write_app(&apps[0], APP, userpass);
        write_app(&apps[1], OTHER, &json!({"autoConfirm": true}));
        let apps = apps.each_ref().map(|app| app.to_str().unwrap());
        let limits = ["--password-logins-per-minute", "1000", "--mails-per-hour", "1000"];
        let server = Server::start(&directory.path().join("data"), &[&apps[..], &limits[..]].concat());
        let mut office = Office { server, directory, path: String::new() };
        office.path = office.path_of(APP);
        office
    }

    /// The same after a crash.
    pub(super) fn restarted(self) -> Office {
        let Office { server, directory, path } = self;
        Office { server: server.restart(), directory, path }
    }

    /// Where an app is in the Admin API.
    pub(super) fn path_of(&self, app: &str) -> String {
        let summary = self.raw("GET", &format!("/api/passerby/v1/apps/{app}"), &Value::Null).1;
        let text = |name: &str| summary[name].as_str().unwrap().to_owned();
        format!("/api/admin/v3.0/groups/{}/apps/{}", text("group_id"), text("_id"))
    }

    /// Asks of the app: status and JSON body, `null` when there is none.
    pub(super) fn ask(&self, method: &str, rest: &str, body: Value) -> (u16, Value) {
        let text = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        self.send(method, &format!("{}{rest}", self.path), &text)
    }

    pub(super) fn get(&self, rest: &str) -> Value {
        let (status, said) = self.ask("GET", rest, Value::Null);
        assert_eq!(status, 200, "{rest}: {said}");
        said
    }

    /// Asks at a whole path.
    pub(super) fn raw(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.send(method, path, &if body.is_null() { String::new() } else { body.to_string() })
    }

    fn send(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let socket = self.directory.path().join("data/passerby.sock");
        let mut stream = UnixStream::connect(socket).unwrap();
        // No content type: tools send none, or any.
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(body.is_empty() || head.contains("content-type: application/json\r\n"), "{head}");
        (status, if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() })
    }

    /// Runs a command beside the server.
    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        let data = self.directory.path().join("data");
        passerby(arguments.iter().copied().chain(["--data", data.to_str().unwrap()]))
    }

    /// Asks as a client of the app.
    pub(super) fn client(&self, path: &str, body: &Value) -> Reply {
        let target = format!("/api/client/v2.0/app/{APP}/auth/providers/{path}");
        self.server.request("POST", &target, &[], body.to_string().as_bytes())
    }

    /// A login that succeeds.
    pub(super) fn log_in(&self, provider: &str, body: &Value) -> Value {
        let reply = self.client(&format!("{provider}/login"), body);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    pub(super) fn guest(&self) -> String {
        self.log_in("anon-user", &json!({}))["user_id"].as_str().unwrap().to_owned()
    }
}

/// An answer without what differs from run to run.
pub(super) fn clean(value: &Value) -> Value {
    serde_json::from_str(&redact(&value.to_string()).replace("[seconds]", "1")).unwrap()
}

/// The same of a refusal, whose link leads to the log.
pub(super) fn refusal(said: &(u16, Value)) -> (u16, Value) {
    let mut body = said.1.clone();
    body.as_object_mut().unwrap().remove("link");
    (said.0, body)
}

/// The ids of a list.
pub(super) fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one["_id"].as_str().unwrap().to_owned()).collect()
}
