//! A running server.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::command::binary_under;
use super::http::{Reply, request};
use super::{Database, Kept};

/// A server of the built binary. Dropping it kills it.
pub(crate) struct Server {
    child: Child,
    /// What `serve --json` printed.
    pub(crate) ready: Value,
    data: PathBuf,
    arguments: Vec<String>,
    /// A program that runs the binary, with its arguments; empty for none.
    wrapper: Vec<String>,
    /// What tells it where its store is, beyond the data directory.
    store: Option<(&'static str, String)>,
    /// Kept open, so that the server never writes into a closed pipe.
    _out: BufReader<ChildStdout>,
}

impl Server {
    /// Starts a server on a data directory and ports of its own, and waits until it is ready. `arguments` follow
    /// `serve`: app directories and other flags. Its log goes to `server.log` in the data directory.
    pub(crate) fn start(data: &Path, arguments: &[&str]) -> Server {
        Server::start_under(&[], data, arguments)
    }

    /// The same, run by another program that becomes the binary, such as `strace -D`.
    pub(crate) fn start_under(wrapper: &[&str], data: &Path, arguments: &[&str]) -> Server {
        let owned = |texts: &[&str]| texts.iter().map(|&t| t.to_owned()).collect();
        Server::spawn(data.to_owned(), owned(arguments), owned(wrapper), Kept::of(data).variable())
    }

    /// Starts a server on a database, whatever the tests' servers are on otherwise.
    pub(crate) fn start_on(database: &Database, data: &Path, arguments: &[&str]) -> Server {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Server::spawn(data.to_owned(), arguments, Vec::new(), Some(database.variable()))
    }

    fn spawn(
        data: PathBuf,
        arguments: Vec<String>,
        wrapper: Vec<String>,
        store: Option<(&'static str, String)>,
    ) -> Server {
        std::fs::create_dir_all(&data).expect("a data directory");
        let log = File::options().create(true).append(true).open(data.join("server.log")).expect("a log");
        let mut command = binary_under(&wrapper);
        command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--try-listen", "127.0.0.1:0", "--data"]);
        command.arg(&data).args(&arguments).envs(store.clone()).stdout(Stdio::piped()).stderr(log);
        let mut child =
            command.spawn().unwrap_or_else(|e| panic!("{:?} does not start: {e}", command.get_program()));
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let ready = serde_json::from_str(&line);
        let mut server = Server { child, ready: Value::Null, data, arguments, wrapper, store, _out: out };
        server.ready = ready.unwrap_or_else(|_| panic!("not ready: {line:?}\n{}", server.log()));
        server
    }

    /// What the server logged, in all its lives on this data directory.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.data.join("server.log")).unwrap_or_default()
    }

    /// Waits until the log says something.
    pub(crate) fn wait_for_log(&self, text: &str) {
        let log = self.data.join("server.log");
        // `tail` sleeps in the kernel until the file grows, so nobody guesses how long it takes.
        let mut tail = Command::new("tail")
            .args(["-n", "+1", "-F"])
            .arg(log)
            .stdout(Stdio::piped())
            .spawn()
            .expect("tail runs");
        let lines = BufReader::new(tail.stdout.take().expect("a pipe")).lines();
        let found = lines.map_while(Result::ok).any(|line| line.contains(text));
        let _ = tail.kill();
        let _ = tail.wait();
        assert!(found, "the log ended without: {text}");
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where the server listens for clients when `--public-url` says something else: its log tells.
    pub(crate) fn own_authority(&self) -> String {
        let log = self.log();
        let listening = log.lines().find_map(|line| line.split("listening for clients on ").nth(1));
        listening.expect("the log tells").trim().to_owned()
    }

    /// The client app id of an app in the ready line, by its place there.
    pub(crate) fn app(&self, place: usize) -> &str {
        self.ready["apps"][place]["client_app_id"].as_str().expect("an app")
    }

    /// Where the server listens for clients, as `127.0.0.1:port`.
    pub(crate) fn authority(&self) -> &str {
        authority(&self.ready["client_url"])
    }

    /// Sends a request to the client listener.
    pub(crate) fn request(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        request(self.authority(), method, target, headers, body)
    }

    /// The same, with a bearer token and no body.
    pub(crate) fn with_token(&self, method: &str, target: &str, token: &str) -> Reply {
        self.request(method, target, &[("Authorization", &format!("Bearer {token}"))], b"")
    }

    /// Logs a guest in: `access_token`, `refresh_token`, `user_id`, `device_id`.
    pub(crate) fn log_in(&self, app: &str) -> Value {
        self.log_in_at(self.authority(), app)
    }

    /// The same, at an address of its own.
    pub(crate) fn log_in_at(&self, authority: &str, app: &str) -> Value {
        let target = format!("/api/client/v2.0/app/{app}/auth/providers/anon-user/login");
        let reply = request(authority, "POST", &target, &[], b"");
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    /// Stops it as a service manager does, and says with which code it ended.
    pub(crate) fn stop(mut self) -> i32 {
        self.ask_to_stop();
        self.child.wait().expect("it ends").code().expect("it ended by itself")
    }

    /// Asks it to stop, as a service manager does.
    pub(crate) fn ask_to_stop(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
    }

    /// Kills it, as a crash does, and starts it again on the same data directory with the same arguments.
    pub(crate) fn restart(mut self) -> Server {
        self.end();
        Server::spawn(self.data.clone(), self.arguments.clone(), self.wrapper.clone(), self.store.clone())
    }

    /// Kills it, as a crash does.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// `http://127.0.0.1:8080/…` without scheme and path.
fn authority(url: &Value) -> &str {
    let url = url.as_str().expect("a URL");
    let rest = url.strip_prefix("http://").expect("plain HTTP");
    rest.split('/').next().unwrap_or(rest)
}
