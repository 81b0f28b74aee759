//! A sync precedes every answer. A kill leaves the kernel's cache alone, so kills cannot show it; `strace` does.

use super::trace::{Seen, Trace};
use crate::crash::{login_target, text};
use crate::support::{Line, Server, example};

/// Logins one after another.
const LONE: usize = 12;
/// Logins that are under way at the same time, and how often that many.
const TOGETHER: usize = 64;
const WAVES: usize = 3;

#[test]
fn a_sync_of_the_log_lies_between_each_login_and_its_answer() {
    let seen = traced(|line, target| {
        for _ in 0..LONE {
            let reply = line.ask("POST", target, &[], b"").unwrap();
            assert_eq!(reply.status, 200, "{}", text(&reply, "error"));
        }
    });
    let requests: Vec<&[Seen]> = seen.split(|seen| *seen == Seen::Request).skip(1).collect();
    assert_eq!(requests.len(), LONE, "{seen:?}");
    for after in requests {
        let until = after.iter().position(|seen| *seen == Seen::Answer).expect("an answer");
        let before = &after[..until];
        assert!(before.contains(&Seen::LogWritten), "answered without writing: {after:?}");
        assert_eq!(before.last(), Some(&Seen::LogSynced), "answered before the sync: {after:?}");
        // What comes after the answer is not the login's: the reaper tells the store the time when it first steps.
    }
}

#[test]
fn logins_at_the_same_time_share_syncs() {
    let seen = traced(|line, target| {
        let authority = line.authority().to_owned();
        for _ in 0..WAVES {
            let mut lines: Vec<Line> = (0..TOGETHER).map(|_| Line::open(&authority).unwrap()).collect();
            for line in &mut lines {
                line.send_request("POST", target, &[], b"").unwrap();
            }
            for line in &mut lines {
                assert_eq!(line.receive(false).unwrap().status, 200);
            }
        }
    });
    let count = |what| seen.iter().filter(|&&seen| seen == what).count();
    assert_eq!(count(Seen::Answer), WAVES * TOGETHER);
    let (syncs, logins) = (count(Seen::LogSynced), WAVES * TOGETHER);
    println!("{logins} logins shared {syncs} syncs");
    assert!(syncs >= WAVES && syncs < logins, "{syncs} syncs for {logins} logins");
    // None was answered ahead of the sync that it shared.
    let (mut unsynced, mut written) = (false, 0);
    for seen in &seen {
        match seen {
            Seen::LogWritten => (unsynced, written) = (true, written + 1),
            Seen::LogSynced => unsynced = false,
            Seen::Request | Seen::Answer => {}
        }
    }
    assert!(!unsynced && written > 0, "the last pages were never synced");
}

/// What `strace` saw between the server's start and its end while `act` had a connection to it.
fn traced(act: impl FnOnce(&mut Line, &str)) -> Vec<Seen> {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("trace");
    let trace = Trace::listen(&pipe);
    let example = example("news");
    let data = dir.path().join("data");
    let server = Server::start_under(&Trace::strace(&pipe), &data, &[example.to_str().unwrap()]);
    let mut line = Line::open(server.authority()).unwrap();
    act(&mut line, &login_target(server.app(0)));
    drop(line);
    server.kill();
    trace.seen()
}
