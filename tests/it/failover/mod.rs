//! The database's primary dies, hangs or is cut off, and nothing that was answered is lost.
//!
//! A cluster of three nodes, two servers on it, guests who log in at both, and people who do whatever else there is to do. PASSERBY_HA_FAULTS names what happens to the
//! primary, by the names in `faults`: `kill` unless it says otherwise. `scripts/failover` lets everything happen.

#![expect(clippy::disallowed_methods, reason = "how long service is away is a matter of real time")]

mod aftermath;
mod again;
mod alone;
mod client;
mod cluster;
mod faults;
mod load;
mod people;
mod probe;
mod rows;
mod silence;
mod waiting;
mod whole;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use client::Client;
use cluster::Cluster;
use faults::Fault;
use load::{Load, Login, Outcome};
use people::{Act, LIVES, People, Person, Place};
use probe::{longest_gap, write_beside};
use rows::{Guests, Others};
use whole::halves;

use crate::support::{Server, example};

/// Connections to each server, of one guest at a time.
const LINES: usize = 3;
/// How long guests log in before anything happens, and after it is over.
const CALM: Duration = Duration::from_secs(3);
/// How much later than the cluster itself service may be back.
const MARGIN: Duration = Duration::from_secs(2);
/// After which a guest has no session, once they are done.
const LEAVING: [Act; 2] = [Act::LogOut, Act::Disable];

#[test]
fn whatever_was_answered_survives_the_primary() {
    let named = std::env::var("PASSERBY_HA_FAULTS").unwrap_or_else(|_| "kill".to_owned());
    let faults: Vec<Fault> = named.split_whitespace().map(Fault::named).collect();
    let cluster = Cluster::start(faults.iter().any(|fault| fault.needs_namespaces()));
    cluster.does(&["psql", "postgres", "-c", "create table beside (number integer)"]);
    cluster.does(&["whole"]);
    let (url, password) = (cluster.url(), cluster.password_file());
    let store = ["--store", &url, "--store-password-file", password.to_str().unwrap(), "--store-migrate"];
    let limits = ["--password-logins-per-minute", "100000", "--mails-per-hour", "100000"];
    let arguments = [&store[..], &limits].concat();
    let data = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let first = Server::start(
        data[0].path(),
        &[&arguments[..], &[example("try-before-register").to_str().unwrap()]].concat(),
    );
    let second = Server::start(data[1].path(), &arguments);
    let ids = cluster.rows("select encode(group_id, 'hex') || '/apps/' || encode(id, 'hex') from apps");
    let mut stage = Stage {
        cluster: &cluster,
        places: [(&first, &data[0]), (&second, &data[1])]
            .map(|(server, data)| Place { authority: server.authority(), data: data.path() }),
        app: first.app(0),
        desk: format!("/api/admin/v3.0/groups/{}", ids[0]),
        next: AtomicU64::new(1),
        left: HashSet::new(),
    };
    println!("{}", Guests::HEAD);
    let (mut rows, mut complaints) = (Vec::new(), Vec::new());
    for fault in faults {
        let (guests, others) = happens(fault, &mut stage);
        println!("{}", guests.text(fault));
        rows.push(others.text(fault));
        let of_both = guests.complaints().into_iter().chain(others.complaints());
        complaints.extend(of_both.map(|what| format!("{}: {what}", fault.name())));
    }
    println!("\n{}\n{}", Others::HEAD, rows.join("\n"));
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// What faults happen to.
struct Stage<'a> {
    cluster: &'a Cluster,
    /// What is the same for all who come.
    places: [Place<'a>; 2],
    app: &'a str,
    desk: String,
    /// Who and what comes is numbered from here on.
    next: AtomicU64,
    /// Users who asked to leave, since the beginning.
    left: HashSet<String>,
}

/// Lets a fault happen while guests log in and people do the rest, and looks at what is there when it is over.
fn happens(fault: Fault, stage: &mut Stage<'_>) -> (Guests, Others) {
    let (cluster, places) = (stage.cluster, stage.places);
    let is_over = AtomicBool::new(false);
    let load = Load { app: stage.app, next: &stage.next, is_over: &is_over };
    let everybody = People { app: stage.app, desk: &stage.desk, next: &stage.next, is_over: &is_over };
    let (began, undone, logins, mut people, written) = thread::scope(|scope| {
        let crowds: Vec<_> = places
            .iter()
            .flat_map(|place| (0..LINES).map(|_| load.log_in_at(scope, place.authority)))
            .collect();
        let [one, other] = places;
        let lives: Vec<_> = [[one, other], [other, one]]
            .into_iter()
            .flat_map(|places| LIVES.map(|life| everybody.live_at(scope, life, places)))
            .collect();
        let beside = scope.spawn(|| write_beside(cluster, &is_over));
        // Whatever fails in here must not leave the crowds running for ever.
        let end = End(&is_over);
        thread::sleep(CALM);
        let (began, undone) = fault.happen(cluster);
        cluster.does(&["whole"]);
        thread::sleep(CALM);
        drop(end);
        let logins: Vec<Login> = crowds.into_iter().flat_map(|crowd| crowd.join().unwrap()).collect();
        let people: Vec<Person> = lives.into_iter().flat_map(|life| life.join().unwrap()).collect();
        (began, undone, logins, people, beside.join().unwrap())
    });
    let until = Instant::now();
    let is_rash = |sent, answered| fault.holds_all_commits() && sent > began && answered < undone;
    let others = Others::count(&people, |one| is_rash(one.sent, one.answered));
    let leaving = people.iter().filter(|person| LEAVING.iter().any(|act| person.asked(*act).is_some()));
    stage.left.extend(leaving.filter_map(|person| Some(person.entered_by(Act::Arrive)?.user.clone())));
    let halves = halves(cluster, &stage.left);
    assert!(halves.is_empty(), "there by half: {halves:#?}");
    let others = others.with(aftermath::look(cluster, everybody, places, &mut people));
    let (lost, doubled) = compare(cluster, places, &logins);
    let answers = logins.iter().filter(|login| login.is_in()).map(|login| login.answered);
    let guests = Guests {
        sent: logins.len(),
        answered: logins.iter().filter(|login| login.is_in()).count(),
        later: logins.iter().filter(|login| matches!(login.outcome, Outcome::Later)).count(),
        odd: logins.iter().filter_map(odd).collect(),
        lost,
        doubled,
        rash: logins.iter().filter(|login| login.is_in() && is_rash(login.sent, login.answered)).count(),
        cluster: longest_gap(written, began, until),
        service: longest_gap(answers.collect(), began, until),
        wait: logins.iter().map(|login| login.answered - login.sent).max().unwrap_or_default(),
    };
    (guests, others)
}

/// Ends the load when it is dropped.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn odd(login: &Login) -> Option<String> {
    let Outcome::Odd(what) = &login.outcome else { return None };
    Some(format!("{what} after {} ms", (login.answered - login.sent).as_millis()))
}

/// Which guests were answered and are not there, by the database or by either server; and how many are there twice.
fn compare(cluster: &Cluster, places: [Place<'_>; 2], logins: &[Login]) -> (Vec<String>, usize) {
    let sessions =
        cluster.rows(r#"select encode(device, 'hex') || ' ' || encode("user", 'hex') from sessions"#);
    let mut there: HashMap<&str, Vec<&str>> = HashMap::new();
    for (device, user) in sessions.iter().filter_map(|row| row.split_once(' ')) {
        there.entry(device).or_default().push(user);
    }
    let of = |login: &Login| there.get(login.device.as_str()).map_or(&[][..], Vec::as_slice);
    let doubled = logins.iter().filter(|login| of(login).len() > 1).count();
    let mut clients = places.map(|place| Client::of(place.authority));
    let mut lost = Vec::new();
    for (number, login) in logins.iter().enumerate() {
        let Outcome::In(entered) = &login.outcome else { continue };
        if of(login) != [entered.user.as_str()] {
            lost.push(format!("{} is not in the database", entered.user));
        } else if let Err(what) = aftermath::is_known(entered, &["anon-user"], &mut clients[number % 2]) {
            lost.push(what);
        }
    }
    (lost, doubled)
}
