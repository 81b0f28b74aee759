//! A data directory with what most stories need in it.

use std::ffi::OsStr;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Ran, Server, example, passerby, redact};

/// A data directory, perhaps with a server on it.
pub(crate) struct Place {
    dir: TempDir,
    pub(crate) server: Option<Server>,
    /// What the logins of two guests of `news-aaaaa` answered, the second on a device that tells of itself.
    pub(crate) guests: Vec<Value>,
}

impl Place {
    /// A directory that was never used.
    pub(crate) fn new() -> Place {
        Place { dir: tempfile::tempdir().unwrap(), server: None, guests: Vec::new() }
    }

    /// The news example with two guests, and the server that they came to.
    pub(crate) fn with_server() -> Place {
        let mut place = Place::new();
        let server = Server::start(&place.data(), &[example("news").to_str().unwrap()]);
        place.guests.push(server.log_in("news-aaaaa"));
        let device = json!({ "options": { "device": {
            "deviceId": "636a9db3bdeec4a0374030d8", "platform": "node", "platformVersion": "22.1", "sdk": "test",
            "sdkVersion": "1.2", "appVersion": "\u{1b}[31mred",
        } } });
        let target = "/api/client/v2.0/app/news-aaaaa/auth/providers/anon-user/login";
        let reply = server.request("POST", target, &[], device.to_string().as_bytes());
        assert_eq!(reply.status, 200, "{reply:?}");
        place.guests.push(reply.json());
        place.server = Some(server);
        place
    }

    /// The same after the server stopped.
    pub(crate) fn without_server() -> Place {
        let mut place = Place::with_server();
        assert_eq!(place.server.take().unwrap().stop(), 0);
        place
    }

    /// Has `news-aaaaa` serve API keys as well.
    pub(crate) fn enable_api_keys(&self) {
        let dir = self.beside("with-keys");
        std::fs::create_dir_all(Path::new(&dir).join("auth_providers")).unwrap();
        for kind in ["anon-user", "api-key"] {
            let provider = json!({"name": kind, "type": kind, "disabled": false}).to_string();
            std::fs::write(Path::new(&dir).join(format!("auth_providers/{kind}.json")), provider).unwrap();
        }
        let ran = self.raw(["import", &dir, "--app", "news-aaaaa"]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }

    /// The data directory.
    pub(crate) fn data(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    /// A path beside the data directory.
    pub(crate) fn beside(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    /// A guest's user id.
    pub(crate) fn user(&self, place: usize) -> &str {
        self.guests[place]["user_id"].as_str().unwrap()
    }

    /// A guest's token, `access_token` or `refresh_token`.
    pub(crate) fn token(&self, place: usize, name: &str) -> &str {
        self.guests[place][name].as_str().unwrap()
    }

    /// Runs a command on the data directory.
    pub(crate) fn raw<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ran {
        let data = self.data();
        let arguments: Vec<_> = arguments.into_iter().map(|a| a.as_ref().to_owned()).collect();
        passerby(
            arguments
                .iter()
                .map(std::ffi::OsString::as_os_str)
                .chain([OsStr::new("--data"), data.as_os_str()]),
        )
    }

    /// The same, with what differs from run to run named by what it is.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ran {
        let Ran { code, out, err } = self.raw(arguments);
        let clean = |text: String| redact(&text.replace(self.dir.path().to_str().unwrap(), "[dir]"));
        Ran { code, out: clean(out), err: clean(err) }
    }
}

/// Tells a story twice: beside a server, and without one.
pub(crate) fn beside_a_server_and_without(story: impl Fn(&Place)) {
    story(&Place::with_server());
    story(&Place::without_server());
}

/// What a command that went well printed.
#[track_caller]
pub(crate) fn printed(ran: &Ran, out: &str, err: &str) {
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, out, err));
}

/// What a command that failed said, printing nothing.
#[track_caller]
pub(crate) fn failed(ran: &Ran, code: i32, err: &str) {
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (code, "", err));
}

/// Every file below a directory, by path.
pub(crate) fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let tree = passerby::appdir::load(dir).unwrap();
    tree.0.into_iter().collect()
}
