//! A database whose connections fall silent, as behind a firewall that forgot them: they are left at the deadline.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::alone::{Alone, Way};
use crate::support::{Reply, Server, example};

/// How long a server waits for its database, and some time to be on the way.
const DEADLINE: Duration = Duration::from_secs(13);
/// What an answer takes at most when nothing is wrong.
const AT_ONCE: Duration = Duration::from_secs(4);
/// So many at once that they are on every connection.
const TOGETHER: usize = 16;

/// Something that a client asks for; by the number, nobody asks for the same.
type Act<'a> = &'a (dyn Fn(usize) -> Reply + Sync);

#[test]
fn connections_that_fall_silent_are_left_at_the_deadline() {
    let alone = Alone::start();
    let way = Way::to(alone.port());
    let url = alone.url.replace(&format!(":{}/", alone.port()), &format!(":{}/", way.port()));
    let (data, app) = (tempfile::tempdir().unwrap(), example("try-before-register"));
    let server = Server::start(data.path(), &["--store", &url, "--store-migrate", app.to_str().unwrap()]);
    let app = server.app(0).to_owned();
    let guest = server.log_in(&app);
    let token = guest["access_token"].as_str().unwrap();
    let providers = format!("/api/client/v2.0/app/{app}/auth/providers");
    let log_in = |_: usize| server.request("POST", &format!("{providers}/anon-user/login"), &[], b"");
    let profile = |_: usize| server.with_token("GET", "/api/client/v2.0/auth/profile", token);
    let register = |number: usize| {
        let body =
            json!({"email": format!("{number}@guests.example"), "password": "a long password"}).to_string();
        let json = [("Content-Type", "application/json")];
        server.request("POST", &format!("{providers}/local-userpass/register"), &json, body.as_bytes())
    };
    let numbers = |round: usize| round * TOGETHER..(round + 1) * TOGETHER;
    let acts: [(&str, u16, Act); 3] =
        [("a login", 200, &log_in), ("a profile", 200, &profile), ("a registration", 201, &register)];
    for (what, success, act) in acts {
        for (reply, _) in together(numbers(0), act) {
            assert_eq!(reply.status, success, "{what}: {reply:?}");
        }
    }
    way.fall_silent();
    for (what, success, act) in acts {
        for (reply, took) in together(numbers(1), act) {
            let is_later = reply.status == 503 && reply.header("retry-after").is_some();
            assert!(reply.status == success || is_later, "{what}: {reply:?}");
            assert!(took < DEADLINE, "{what} took {took:?}");
        }
        for (reply, took) in together(numbers(2), act) {
            assert_eq!(reply.status, success, "{what}: {reply:?}");
            assert!(took < AT_ONCE, "{what} took {took:?}");
        }
    }
}

/// Does something many times at once; says what was answered, and how long each took.
fn together(numbers: std::ops::Range<usize>, act: Act) -> Vec<(Reply, Duration)> {
    thread::scope(|scope| {
        let asked: Vec<_> = numbers
            .map(|number| {
                scope.spawn(move || {
                    let began = Instant::now();
                    (act(number), began.elapsed())
                })
            })
            .collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    })
}
