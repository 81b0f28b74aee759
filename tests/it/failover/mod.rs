//! The database's primary dies, hangs or is cut off, and nothing that was answered is lost.
//!
//! A cluster of three nodes, two servers on it, guests who log in at both. PASSERBY_HA_FAULTS names what happens to the
//! primary, by the names in `faults`: `kill` unless it says otherwise. `scripts/failover` lets everything happen.

#![expect(clippy::disallowed_methods, reason = "how long service is away is a matter of real time")]

mod alone;
mod cluster;
mod faults;
mod load;
mod probe;
mod silence;
mod waiting;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cluster::Cluster;
use faults::Fault;
use load::{Load, Login, Outcome};
use probe::{longest_gap, write_beside};

use crate::support::{Line, Server, example};

/// Connections to each server, of one guest at a time.
const LINES: usize = 3;
/// How long guests log in before anything happens, and after it is over.
const CALM: Duration = Duration::from_secs(3);
/// How much later than the cluster itself service may be back.
const MARGIN: Duration = Duration::from_secs(2);

#[test]
fn whatever_was_answered_survives_the_primary() {
    let named = std::env::var("PASSERBY_HA_FAULTS").unwrap_or_else(|_| "kill".to_owned());
    let faults: Vec<Fault> = named.split_whitespace().map(Fault::named).collect();
    let cluster = Cluster::start(faults.iter().any(|fault| fault.needs_namespaces()));
    cluster.does(&["psql", "postgres", "-c", "create table beside (number integer)"]);
    cluster.does(&["whole"]);
    let (url, password) = (cluster.url(), cluster.password_file());
    let store = ["--store", &url, "--store-password-file", password.to_str().unwrap(), "--store-migrate"];
    let data = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let first = Server::start(data[0].path(), &[&store[..], &[example("news").to_str().unwrap()]].concat());
    let second = Server::start(data[1].path(), &store);
    let next = AtomicU64::new(1);
    println!("{}", Row::HEAD);
    let mut complaints = Vec::new();
    for fault in faults {
        let row = happens(fault, &cluster, [&first, &second], &next);
        println!("{}", row.text(fault));
        complaints.extend(row.complaints(fault));
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// What came of a fault.
struct Row {
    sent: usize,
    answered: usize,
    later: usize,
    odd: Vec<String>,
    lost: Vec<String>,
    doubled: usize,
    /// Answered while no commit could be on two nodes.
    rash: usize,
    /// How long the cluster took no write, and how long no login was answered.
    cluster: Duration,
    service: Duration,
    /// The longest time that a client waited for an answer of whatever kind.
    wait: Duration,
}

/// Lets a fault happen while guests log in, and looks at what is there when it is over.
fn happens(fault: Fault, cluster: &Cluster, servers: [&Server; 2], next: &AtomicU64) -> Row {
    let is_over = AtomicBool::new(false);
    let load = Load { app: servers[0].app(0), next, is_over: &is_over };
    let (began, undone, logins, written) = thread::scope(|scope| {
        let crowds: Vec<_> = servers
            .iter()
            .flat_map(|server| (0..LINES).map(|_| load.log_in_at(scope, server.authority())))
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
        (began, undone, logins, beside.join().unwrap())
    });
    let until = Instant::now();
    let (lost, doubled) = compare(cluster, servers, &logins);
    let answers = logins.iter().filter(|login| is_in(login)).map(|login| login.answered);
    let rash = |login: &&Login| is_in(login) && login.sent > began && login.answered < undone;
    Row {
        sent: logins.len(),
        answered: logins.iter().filter(|login| is_in(login)).count(),
        later: logins.iter().filter(|login| matches!(login.outcome, Outcome::Later)).count(),
        odd: logins.iter().filter_map(odd).collect(),
        lost,
        doubled,
        rash: if fault.holds_all_commits() { logins.iter().filter(rash).count() } else { 0 },
        cluster: longest_gap(written, began, until),
        service: longest_gap(answers.collect(), began, until),
        wait: logins.iter().map(|login| login.answered - login.sent).max().unwrap_or_default(),
    }
}

/// Ends the load when it is dropped.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn is_in(login: &Login) -> bool {
    matches!(login.outcome, Outcome::In { .. })
}

fn odd(login: &Login) -> Option<String> {
    let Outcome::Odd(what) = &login.outcome else { return None };
    Some(format!("{what} after {} ms", (login.answered - login.sent).as_millis()))
}

/// Who was answered and is not there, by the database or by either server; and how many logins are there twice.
fn compare(cluster: &Cluster, servers: [&Server; 2], logins: &[Login]) -> (Vec<String>, usize) {
    let halves = cluster.rows(
        r#"select encode(u.id, 'hex') from users u
           where not exists (select from sessions s where s.app = u.app and s."user" = u.id)
           union all select encode(s."user", 'hex') from sessions s
           where not exists (select from users u where s.app = u.app and s."user" = u.id)"#,
    );
    assert!(halves.is_empty(), "there by half: {halves:?}");
    let sessions =
        cluster.rows(r#"select encode(device, 'hex') || ' ' || encode("user", 'hex') from sessions"#);
    let mut there: HashMap<&str, Vec<&str>> = HashMap::new();
    for (device, user) in sessions.iter().filter_map(|row| row.split_once(' ')) {
        there.entry(device).or_default().push(user);
    }
    let of = |login: &Login| there.get(login.device.as_str()).map_or(&[][..], Vec::as_slice);
    let doubled = logins.iter().filter(|login| of(login).len() > 1).count();
    let mut lines = servers.map(|server| Line::open(server.authority()).unwrap());
    let mut lost = Vec::new();
    for (number, login) in logins.iter().enumerate() {
        let Outcome::In { user, access, refresh } = &login.outcome else { continue };
        let line = &mut lines[number % 2];
        if of(login) != [user.as_str()] {
            lost.push(format!("{user} is not in the database"));
        } else if let Some(refusal) = refusal(line, user, access, refresh) {
            lost.push(format!("{user} is not known: {refusal}"));
        }
    }
    (lost, doubled)
}

/// What a server says of somebody's tokens, unless it knows both.
fn refusal(line: &mut Line, user: &str, access: &str, refresh: &str) -> Option<String> {
    let profile = line.ask_with_token("GET", "/api/client/v2.0/auth/profile", access).unwrap();
    if profile.status != 200 || profile.json()["user_id"] != user {
        return Some(format!("{profile:?}"));
    }
    let session = line.ask_with_token("POST", "/api/client/v2.0/auth/session", refresh).unwrap();
    (session.status != 201).then(|| format!("{session:?}"))
}

impl Row {
    const HEAD: &str = "| fault | sent | answered | lost | doubled | 503 | other | cluster s | service s | longest wait s |\n\
                        | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

    fn text(&self, fault: Fault) -> String {
        let Row { sent, answered, later, doubled, .. } = self;
        let (lost, other) = (self.lost.len(), self.odd.len());
        let [cluster, service, wait] = [self.cluster, self.service, self.wait].map(|span| span.as_secs_f32());
        let name = fault.name();
        format!(
            "| {name} | {sent} | {answered} | {lost} | {doubled} | {later} | {other} | {cluster:.1} | {service:.1} | {wait:.1} |"
        )
    }

    /// What was promised and did not come about.
    fn complaints(&self, fault: Fault) -> Vec<String> {
        let mut complaints: Vec<String> = Vec::new();
        let mut complain = |text: String| complaints.push(format!("{}: {text}", fault.name()));
        if !self.lost.is_empty() {
            complain(format!("{} answered and lost, such as {}", self.lost.len(), self.lost[0]));
        }
        if self.doubled > 0 {
            complain(format!("{} there twice", self.doubled));
        }
        if self.rash > 0 {
            complain(format!("{} answered before they were on two nodes", self.rash));
        }
        if !self.odd.is_empty() {
            complain(format!("{} neither 200 nor 503, such as {}", self.odd.len(), self.odd[0]));
        }
        if self.service > self.cluster + MARGIN {
            complain(format!("service was away for {:?}, the cluster for {:?}", self.service, self.cluster));
        }
        complaints
    }
}
