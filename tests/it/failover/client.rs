//! A client with a patience of its own, which connects again when it has to.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Line, Reply};

/// Longer than a server may take to answer anything.
const PATIENCE: Duration = Duration::from_secs(45);
/// After which a connection is not used again: a server closes one that is idle for ten seconds.
const IDLE: Duration = Duration::from_secs(5);

/// What is asked for.
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) target: String,
    /// A bearer token.
    pub(super) token: Option<String>,
    /// A body; `null` for none.
    pub(super) body: Value,
}

impl Request {
    /// Sends a body.
    pub(super) fn post(target: String, body: Value) -> Request {
        Request { method: "POST", target, token: None, body }
    }

    /// Sends nothing but a token.
    pub(super) fn with_token(method: &'static str, target: &str, token: &str) -> Request {
        Request { method, target: target.to_owned(), token: Some(token.to_owned()), body: Value::Null }
    }

    fn send(&self, line: &mut Line) -> io::Result<Reply> {
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let mut headers: Vec<(&str, &str)> = bearer.iter().map(|it| ("Authorization", it.as_str())).collect();
        let body = if self.body.is_null() { String::new() } else { self.body.to_string() };
        if !body.is_empty() {
            headers.push(("Content-Type", "application/json"));
        }
        line.ask(self.method, &self.target, &headers, body.as_bytes())
    }
}

/// Where a server is asked.
enum Door {
    /// Where everybody is, as `127.0.0.1:8080`.
    Public(String),
    /// The socket of its owner.
    Owners(PathBuf),
}

/// A client of one server.
pub(super) struct Client {
    door: Door,
    /// A connection that is kept, and when it was used last.
    line: Option<(Line, Instant)>,
}

impl Client {
    pub(super) fn of(authority: &str) -> Client {
        Client { door: Door::Public(authority.to_owned()), line: None }
    }

    /// The administrator at the server of a data directory.
    pub(super) fn at_desk(data: &Path) -> Client {
        Client { door: Door::Owners(data.join("passerby.sock")), line: None }
    }

    pub(super) fn ask(&mut self, request: &Request) -> io::Result<Reply> {
        let kept = self.line.take().filter(|(_, used)| used.elapsed() < IDLE);
        let mut line = match kept {
            Some((line, _)) => line,
            None => self.open()?,
        };
        let reply = request.send(&mut line)?;
        if reply.header("connection") != Some("close") {
            self.line = Some((line, Instant::now()));
        }
        Ok(reply)
    }

    fn open(&self) -> io::Result<Line> {
        let line = match &self.door {
            Door::Public(authority) => Line::open(authority)?,
            Door::Owners(socket) => Line::open_socket(socket)?,
        };
        line.be_patient_for(PATIENCE);
        Ok(line)
    }
}

/// Whether an answer says to come again later.
pub(super) fn is_later(reply: &Reply) -> bool {
    reply.status == 503 && reply.header("retry-after").is_some()
}

/// Somebody who logged in.
#[derive(Clone, Debug)]
pub(super) struct Entered {
    pub(super) user: String,
    pub(super) access: String,
    pub(super) refresh: String,
}

impl Entered {
    /// What a login, or a link, is answered with.
    pub(super) fn read(reply: &Reply) -> Entered {
        let said = reply.json();
        let text = |field: &str| said[field].as_str().expect("a text").to_owned();
        Entered { user: text("user_id"), access: text("access_token"), refresh: text("refresh_token") }
    }
}
