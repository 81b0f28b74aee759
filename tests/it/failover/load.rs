//! Guests who log in, one after another on several connections, and what each of them was told.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Line, Reply};

/// How long a guest rests between two logins: the machine has to run three databases beside us.
const REST: Duration = Duration::from_millis(25);
/// How long after a refusal.
const REST_AFTER_REFUSAL: Duration = Duration::from_millis(100);
/// Longer than a server may take to answer anything.
const PATIENCE: Duration = Duration::from_secs(45);

/// One login, as the client saw it.
#[derive(Debug)]
pub(super) struct Login {
    /// The device that it came from, and no other login did.
    pub(super) device: String,
    pub(super) sent: Instant,
    pub(super) answered: Instant,
    pub(super) outcome: Outcome,
}

#[derive(Debug)]
pub(super) enum Outcome {
    /// 200, with the user's id and tokens.
    In { user: String, access: String, refresh: String },
    /// 503 with `Retry-After`.
    Later,
    /// Anything else: never to be seen.
    Odd(String),
}

/// What is the same for all who log in.
pub(super) struct Load<'a> {
    pub(super) app: &'a str,
    /// The devices are numbered from here on.
    pub(super) next: &'a AtomicU64,
    pub(super) is_over: &'a AtomicBool,
}

impl Load<'_> {
    /// Logs guests in at a server until it is over.
    pub(super) fn log_in_at<'s>(
        &'s self,
        scope: &'s Scope<'s, '_>,
        authority: &'s str,
    ) -> ScopedJoinHandle<'s, Vec<Login>> {
        scope.spawn(move || {
            let (mut line, mut logins) = (None, Vec::new());
            while !self.is_over.load(Ordering::Relaxed) {
                let login = self.log_in(authority, &mut line);
                let is_in = matches!(login.outcome, Outcome::In { .. });
                logins.push(login);
                thread::sleep(if is_in { REST } else { REST_AFTER_REFUSAL });
            }
            logins
        })
    }

    fn log_in(&self, authority: &str, line: &mut Option<Line>) -> Login {
        let device = format!("{:024x}", self.next.fetch_add(1, Ordering::Relaxed));
        let sent = Instant::now();
        let outcome = match ask(authority, line, self.app, &device) {
            Ok(reply) => told(&reply),
            Err(error) => {
                *line = None;
                Outcome::Odd(format!("no answer: {error}"))
            }
        };
        Login { device, sent, answered: Instant::now(), outcome }
    }
}

fn ask(authority: &str, line: &mut Option<Line>, app: &str, device: &str) -> io::Result<Reply> {
    let open = match line {
        Some(open) => open,
        None => {
            let opened = Line::open(authority)?;
            opened.be_patient_for(PATIENCE);
            line.insert(opened)
        }
    };
    let target = format!("/api/client/v2.0/app/{app}/auth/providers/anon-user/login");
    let body = json!({"options": {"device": {"deviceId": device, "platform": "failover"}}}).to_string();
    let reply = open.ask("POST", &target, &[("Content-Type", "application/json")], body.as_bytes())?;
    if reply.header("connection") == Some("close") {
        *line = None;
    }
    Ok(reply)
}

fn told(reply: &Reply) -> Outcome {
    match reply.status {
        200 => {
            let said = reply.json();
            let text = |field: &str| said[field].as_str().expect("a text").to_owned();
            let (user, access, refresh) = (text("user_id"), text("access_token"), text("refresh_token"));
            Outcome::In { user, access, refresh }
        }
        503 if reply.header("retry-after").is_some() => Outcome::Later,
        _ => Outcome::Odd(format!("{reply:?}")),
    }
}
