//! Administrators, as tools meet them over the network.

mod audit;
mod bootstrap;
mod digest;
mod drafts;
mod roles;
mod sessions;
mod sign_in;
mod strangers;
mod tokens;

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Ran, Reply, Server, example, passerby};

pub(super) const LOGIN: &str = "/api/admin/v3.0/auth/providers";
pub(super) const SESSION: &str = "/api/admin/v3.0/auth/session";
pub(super) const PROFILE: &str = "/api/admin/v3.0/auth/profile";

/// A server with an app and its first administrator.
pub(super) struct Office {
    dir: TempDir,
    pub(super) server: Server,
}

/// A key pair.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) public: String,
    pub(super) private: String,
}

impl Pair {
    pub(super) fn of(value: &Value) -> Pair {
        let text = |name: &str| value[name].as_str().expect("a key").to_owned();
        Pair { public: text("public_key"), private: text("private_key") }
    }
}

/// A session's tokens.
pub(super) struct Session {
    pub(super) access: String,
    pub(super) refresh: String,
}

impl Office {
    pub(super) fn open(arguments: &[&str]) -> Office {
        let dir = tempfile::tempdir().unwrap();
        let news = example("news");
        let arguments: Vec<&str> = [news.to_str().unwrap()].iter().chain(arguments).copied().collect();
        let server = Server::start(&dir.path().join("data"), &arguments);
        Office { dir, server }
    }

    pub(super) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Starts the server again on the same data.
    pub(super) fn restart(self) -> Office {
        Office { dir: self.dir, server: self.server.restart() }
    }

    /// The key pair of the first administrator.
    pub(super) fn first(&self) -> Pair {
        let text = std::fs::read_to_string(self.data().join("admin-key.json")).expect("a file");
        Pair::of(&serde_json::from_str(&text).expect("JSON"))
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Reply {
        self.server.request("POST", path, &[], body.to_string().as_bytes())
    }

    pub(super) fn log_in(&self, provider: &str, body: &Value) -> Reply {
        self.post(&format!("{LOGIN}/{provider}/login"), body)
    }

    pub(super) fn try_key(&self, pair: &Pair) -> Reply {
        self.log_in("mongodb-cloud", &json!({ "username": pair.public, "apiKey": pair.private }))
    }

    pub(super) fn with_key(&self, pair: &Pair) -> Session {
        Session::of(&self.try_key(pair))
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        let data = self.data();
        passerby(arguments.iter().copied().chain(["--data", data.to_str().unwrap()]))
    }

    /// What a command prints as JSON.
    pub(super) fn told(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.out).expect("JSON")
    }

    /// The server's own project.
    pub(super) fn project(&self) -> String {
        self.told(&["projects", "list"])[0]["_id"].as_str().expect("an id").to_owned()
    }

    /// The app in the Admin API.
    pub(super) fn app(&self) -> String {
        let app = self.told(&["apps", "list"])[0].clone();
        let text = |name: &str| app[name].as_str().expect("an id").to_owned();
        format!("/api/admin/v3.0/groups/{}/apps/{}", text("group_id"), text("_id"))
    }
}

impl Session {
    #[track_caller]
    pub(super) fn of(reply: &Reply) -> Session {
        assert_eq!(reply.status, 200, "{reply:?}");
        let text = |name: &str| reply.json()[name].as_str().expect("a token").to_owned();
        Session { access: text("access_token"), refresh: text("refresh_token") }
    }
}

/// Status and body of a refusal, which is JSON by the bare name.
#[track_caller]
pub(super) fn refused(reply: &Reply) -> (u16, Value) {
    assert_eq!(reply.header("content-type"), Some("application/json"), "{reply:?}");
    assert!(reply.header("x-appservices-request-id").is_some(), "{reply:?}");
    assert_eq!(reply.header("access-control-allow-origin"), None);
    (reply.status, reply.json())
}

pub(super) fn invalid_session() -> (u16, Value) {
    (401, json!({ "error": "invalid session", "error_code": "InvalidSession" }))
}
