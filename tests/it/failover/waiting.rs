//! A commit that waits for a replica: nobody who is impatient makes it an answer.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::alone::Alone;
use super::load::{Load, Outcome};
use crate::support::{Server, example};

/// Longer than a server waits for a commit.
const LONGEST: Duration = Duration::from_secs(15);

#[test]
fn a_commit_whose_wait_for_a_replica_is_cancelled_is_not_answered_as_done() {
    let alone = Alone::start();
    let data = tempfile::tempdir().unwrap();
    let (store, app) = (["--store", &alone.url, "--store-migrate"], example("news"));
    let server = Server::start(data.path(), &[&store[..], &[app.to_str().unwrap()]].concat());
    let (next, is_over) = (AtomicU64::new(1), AtomicBool::new(false));
    let load = Load { app: server.app(0), next: &next, is_over: &is_over };
    let logins = thread::scope(|scope| {
        let crowd = load.log_in_at(scope, server.authority());
        let cancelled = wait_for_a_replica_that_is_not_there(&alone);
        is_over.store(true, Ordering::Relaxed);
        let logins = crowd.join().unwrap();
        assert!(cancelled > 0, "no commit waited");
        logins
    });
    let refused = logins.iter().position(|login| !login.is_in()).expect("somebody had to wait");
    let after = &logins[refused..];
    assert!(after.iter().all(|login| matches!(login.outcome, Outcome::Later)), "{after:#?}");
    // Whoever waited may be there all the same, but nobody twice; and everybody who was answered is.
    let twice = r#"select device from sessions group by device having count(*) > 1"#;
    assert_eq!(alone.rows(twice), Vec::<String>::new());
    let there = alone.rows("select encode(id, 'hex') from users");
    for login in &logins {
        let Outcome::In(entered) = &login.outcome else { continue };
        assert!(there.contains(&entered.user), "{} was answered and is lost", entered.user);
    }
}

/// Makes every commit wait for a replica, and cancels the waits for longer than a server has patience. Says how many.
fn wait_for_a_replica_that_is_not_there(alone: &Alone) -> usize {
    alone.hold_commits();
    let began = Instant::now();
    let cancel = "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'";
    let mut cancelled = 0;
    while began.elapsed() < LONGEST {
        cancelled += alone.rows(cancel).len();
        thread::sleep(Duration::from_millis(200));
    }
    cancelled
}
