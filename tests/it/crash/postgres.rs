//! The database dies under load, and comes back: what was answered is there, and the server finds it by itself.

use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use tempfile::TempDir;

use super::{PROFILE, SESSION, login_target, text};
use crate::support::{Database, Line, Reply, Server, example};

const LINES: usize = 4;
const CRASHES: usize = 3;
/// A crash comes after so many answers.
const ANSWERS: usize = 200;

/// A PostgreSQL that no other test uses.
struct Cluster(TempDir);

impl Cluster {
    fn make() -> Cluster {
        Cluster(tempfile::Builder::new().prefix("passerby-crash-").tempdir().unwrap())
    }

    /// Starts it, again with what it had.
    fn start(&self) -> String {
        self.does("start")
    }

    fn crash(&self) {
        self.does("crash");
    }

    fn does(&self, act: &str) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/postgres");
        let ran = Command::new(script).arg(act).arg(self.0.path().join("cluster")).output().unwrap();
        assert!(ran.status.success(), "{act}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.does("stop");
    }
}

#[test]
fn a_database_that_crashes_under_load_loses_nothing_and_is_found_again() {
    let cluster = Cluster::make();
    let database = Database::fresh_at(cluster.start());
    let data = tempfile::tempdir().unwrap();
    let server = Server::start_on(&database, data.path(), &[example("news").to_str().unwrap()]);
    let app = server.app(0).to_owned();
    let (answered, answers) = channel();
    let (guests, refusals) = thread::scope(|scope| {
        let crowds: Vec<_> = (0..LINES)
            .map(|_| {
                let (server, app, answered) = (&server, &app, answered.clone());
                scope.spawn(move || come(server.authority(), app, &answered))
            })
            .collect();
        drop(answered);
        for _ in 0..CRASHES {
            assert_eq!(answers.iter().take(ANSWERS).count(), ANSWERS, "everybody left");
            cluster.crash();
            cluster.start();
        }
        assert_eq!(answers.iter().take(ANSWERS).count(), ANSWERS, "everybody left");
        drop(answers);
        let crowds = crowds.into_iter().map(|crowd| crowd.join().unwrap());
        crowds.fold((Vec::new(), 0), |(mut all, refused), (guests, more)| {
            all.extend(guests);
            (all, refused + more)
        })
    });
    let mut line = Line::open(server.authority()).unwrap();
    for guest in &guests {
        let profile = line.ask_with_token("GET", PROFILE, &text(guest, "access_token")).unwrap();
        assert_eq!((profile.status, text(&profile, "user_id")), (200, text(guest, "user_id")));
        let refreshed = line.ask_with_token("POST", SESSION, &text(guest, "refresh_token")).unwrap();
        assert_eq!(refreshed.status, 201, "{refreshed:?}");
    }
    // Whoever was refused may be there all the same, once: nobody can tell them what became of their commit.
    let users = database.rows("select id from users order by id");
    let sessions = database.rows(r#"select "user" from sessions order by "user""#);
    assert_eq!(users, sessions, "a guest by half");
    let extra = users.len() - guests.len();
    assert!(extra <= refusals, "{extra} guests more than {refusals} who were refused");
    println!(
        "{CRASHES} crashes, {} logins answered, all there; {refusals} refused, {extra} of them there",
        guests.len()
    );
}

/// Guests come on one line until nobody listens. Answers with those who were let in, and how many were not.
fn come(authority: &str, app: &str, answered: &Sender<()>) -> (Vec<Reply>, usize) {
    let mut line = Line::open(authority).unwrap();
    let (mut guests, mut refused) = (Vec::new(), 0);
    loop {
        let reply = line.ask("POST", &login_target(app), &[], b"").unwrap();
        match reply.status {
            200 => {
                guests.push(reply);
                if answered.send(()).is_err() {
                    return (guests, refused);
                }
            }
            503 => {
                assert!(reply.header("retry-after").is_some(), "{reply:?}");
                refused += 1;
            }
            _ => panic!("{reply:?}"),
        }
    }
}
