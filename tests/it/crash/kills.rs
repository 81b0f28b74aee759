//! The server is killed under load, again and again, on the same data.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;

use rusqlite::Connection;

use super::guests::{Guest, State, come_and_go};
use crate::support::{Line, Seeded, Server, example};

/// Decides the moments and the acts.
const SEED: u64 = 0x7061_7373_6572_6279;
const KILLS: usize = 24;
const LINES: usize = 4;
/// A kill comes after fewer answers than this.
const ANSWERS: usize = 400;
/// Guests that are looked at after each kill, beside those of whom an answer was lost.
const SAMPLE: usize = 20;

#[test]
fn whatever_was_answered_survives_two_dozen_kills() {
    let data = tempfile::tempdir().unwrap();
    let chance = Seeded::new(SEED);
    let mut server = Server::start(data.path(), &[example("news").to_str().unwrap()]);
    let app = server.app(0).to_owned();
    let mut crowds: Vec<Vec<Guest>> = vec![Vec::new(); LINES];
    for _ in 0..KILLS {
        server = kill_under_load(server, &app, &chance, &mut crowds);
        let mut line = Line::open(server.authority()).unwrap();
        for guests in &mut crowds {
            look_at_some(&mut line, guests, &chance);
        }
    }
    let mut line = Line::open(server.authority()).unwrap();
    let mut guests: Vec<Guest> = crowds.into_iter().flatten().collect();
    for guest in &mut guests {
        guest.check(&mut line).unwrap();
    }
    // The files are looked at as a crash left them.
    server.kill();
    compare_rows(&data.path().join("passerby.db"), &guests);
}

/// Lets guests come and go on several connections until a random number of answers was given; then the server is
/// killed, in the middle of whatever it does, and started again.
fn kill_under_load(server: Server, app: &str, chance: &Seeded, crowds: &mut [Vec<Guest>]) -> Server {
    let authority = server.authority().to_owned();
    let until = chance.index(ANSWERS);
    let (answered, answers) = channel();
    let restarted = thread::scope(|scope| {
        for guests in crowds {
            let (authority, answered, own) = (&authority, answered.clone(), Seeded::new(chance.next()));
            scope.spawn(move || come_and_go(authority, app, &own, guests, &answered));
        }
        drop(answered);
        assert_eq!(answers.iter().take(until).count(), until, "everybody left before the kill");
        server.restart()
    });
    assert_eq!(restarted.app(0), app);
    restarted
}

fn look_at_some(line: &mut Line, guests: &mut [Guest], chance: &Seeded) {
    let unanswered =
        |guest: &Guest| matches!(guest.state, State::LeavingUnanswered | State::DeletingUnanswered);
    for guest in guests.iter_mut().filter(|guest| unanswered(guest)) {
        guest.check(line).unwrap();
    }
    for _ in 0..SAMPLE.min(guests.len()) {
        let chosen = chance.index(guests.len());
        guests[chosen].check(line).unwrap();
    }
}

/// Compares the rows in the file with what was answered, and looks for acts that are there by half.
fn compare_rows(file: &Path, guests: &[Guest]) {
    let store = Connection::open(file).unwrap();
    let said: String = store.query_row("pragma integrity_check", (), |row| row.get(0)).unwrap();
    assert_eq!(said, "ok");
    let strays: i64 = store
        .query_row(
            "select count(*) from sessions s
             where not exists (select 1 from users u where u.app = s.app and u.id = s.user)",
            (),
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(strays, 0, "sessions without a user");

    let mut rows = store
        .prepare(
            "select lower(hex(u.id)), (select count(*) from sessions s where s.app = u.app and s.user = u.id)
             from users u",
        )
        .unwrap();
    let rows = rows.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let mut sessions: BTreeMap<String, i64> = rows.map(Result::unwrap).collect();
    for guest in guests {
        let expected = match guest.state {
            State::In => Some(1),
            State::LoggedOut => Some(0),
            State::Deleted => None,
            State::LeavingUnanswered | State::DeletingUnanswered => panic!("{guest:?} was not looked at"),
        };
        assert_eq!(sessions.remove(&guest.user), expected, "{guest:?}");
    }
    // Whoever is left logged in without hearing of it: at most one on each connection and kill, and whole.
    assert!(sessions.len() <= KILLS * LINES, "{} guests nobody asked for", sessions.len());
    assert!(sessions.values().all(|&count| count == 1), "a guest without its session: {sessions:?}");
    let (all, out) = (guests.len(), guests.iter().filter(|g| g.state != State::In).count());
    println!(
        "{KILLS} kills, {all} answered logins, {out} of them left, {} logins unanswered",
        sessions.len()
    );
}
