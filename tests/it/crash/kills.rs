//! The server is killed under load, again and again, on the same data.

use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::thread;

use super::guests::{Guest, State, come_and_go};
use crate::support::{Kept, Line, Seeded, Server, example};

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
    // The store is looked at as a crash left it.
    server.kill();
    compare_rows(&Kept::of(data.path()), &guests);
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

/// Compares the rows with what was answered, and looks for acts that are there by half.
fn compare_rows(store: &Kept, guests: &[Guest]) {
    store.assert_sound();
    let strays = store.rows(
        r#"select s.id from sessions s
           where not exists (select 1 from users u where u.app = s.app and u.id = s."user")"#,
    );
    assert_eq!(strays, Vec::<Vec<String>>::new(), "sessions without a user");

    let rows = store.rows(
        r#"select u.id, (select count(*) from sessions s where s.app = u.app and s."user" = u.id) from users u"#,
    );
    let mut sessions: BTreeMap<String, u64> =
        rows.into_iter().map(|row| (row[0].clone(), row[1].parse().unwrap())).collect();
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
