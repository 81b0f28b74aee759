//! Guests who log in, one after another on several connections, and what each of them was told.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use serde_json::json;

use super::client::{Client, Entered, Request, is_later};

/// How long a guest rests between two logins: the machine has to run three databases beside us.
const REST: Duration = Duration::from_millis(25);
/// How long after a refusal.
const REST_AFTER_REFUSAL: Duration = Duration::from_millis(100);

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
    In(Entered),
    /// 503 with `Retry-After`.
    Later,
    /// Anything else: never to be seen.
    Odd(String),
}

impl Login {
    pub(super) fn is_in(&self) -> bool {
        matches!(self.outcome, Outcome::In(_))
    }
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
            let (mut client, mut logins) = (Client::of(authority), Vec::new());
            while !self.is_over.load(Ordering::Relaxed) {
                let login = self.log_in(&mut client);
                thread::sleep(if login.is_in() { REST } else { REST_AFTER_REFUSAL });
                logins.push(login);
            }
            logins
        })
    }

    fn log_in(&self, client: &mut Client) -> Login {
        let device = format!("{:024x}", self.next.fetch_add(1, Ordering::Relaxed));
        let target = format!("/api/client/v2.0/app/{}/auth/providers/anon-user/login", self.app);
        let body = json!({"options": {"device": {"deviceId": device, "platform": "failover"}}});
        let sent = Instant::now();
        let outcome = match client.ask(&Request::post(target, body)) {
            Ok(reply) if reply.status == 200 => Outcome::In(Entered::read(&reply)),
            Ok(reply) if is_later(&reply) => Outcome::Later,
            Ok(reply) => Outcome::Odd(format!("{reply:?}")),
            Err(error) => Outcome::Odd(format!("no answer: {error}")),
        };
        Login { device, sent, answered: Instant::now(), outcome }
    }
}
