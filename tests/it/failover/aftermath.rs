//! What is there of people when all is over: whatever was answered, once; and what was left open wholly or not at all.

use std::collections::{HashMap, HashSet};

use super::client::{Client, Entered, Request};
use super::cluster::Cluster;
use super::people::{Act, Doors, People, Person, Place, Told};
use crate::support::Reply;

const PROFILE: &str = "/api/client/v2.0/auth/profile";
const SESSION: &str = "/api/client/v2.0/auth/session";

/// What came of it.
#[derive(Default)]
pub(super) struct Aftermath {
    /// Answered, and not there.
    pub(super) lost: Vec<String>,
    /// There twice.
    pub(super) doubled: Vec<String>,
    /// Asked once more, and answered wrongly.
    pub(super) wrong: Vec<String>,
    /// How many of those that were left open are there.
    pub(super) found: usize,
}

/// Asks once more for what was left open, and then looks for everything, at either server in turn.
pub(super) fn look(
    cluster: &Cluster,
    everybody: People<'_>,
    places: [Place<'_>; 2],
    people: &mut [Person],
) -> Aftermath {
    let (mut after, mut doors) = (Aftermath::default(), places.map(Doors::of));
    let kept = Kept::read(cluster);
    for (number, person) in people.iter_mut().enumerate() {
        let doors = &mut doors[number % 2];
        let Some(act) = person.acts.last().filter(|last| last.is_open()).map(|last| last.act) else {
            continue;
        };
        // A guest who is asked for once more is another one.
        let Some(is_there) = kept.has(act, person) else { continue };
        let told = everybody.ask(act, person, doors.client(act));
        after.found += usize::from(is_there);
        let is_right = match (&told.told, act) {
            (Told::Done(_), Act::Register | Act::LogOut) => !is_there,
            (Told::Done(_), _) => true,
            (Told::Found, _) => is_there,
            (Told::Later | Told::Odd(_), _) => false,
        };
        if !is_right {
            let there = if is_there { "is there" } else { "is not there" };
            after
                .wrong
                .push(format!("{act:?} of {} {there}, and asked again: {:?}", person.number, told.told));
        }
        person.acts.last_mut().expect("an act").tries.push(told);
    }
    let kept = Kept::read(cluster);
    for (number, person) in people.iter().enumerate() {
        after.doubled.extend(kept.doubled(person));
        let client = doors[number % 2].client(Act::LogIn);
        if let Err(what) = state(person, everybody, &kept, client) {
            after.lost.push(format!("{what}: {person:?}"));
        }
    }
    after
}

/// What the database has.
struct Kept {
    /// Credentials, by their addresses.
    credentials: HashMap<String, Vec<String>>,
    /// Users, by the addresses with which they log in.
    holders: HashMap<String, Vec<String>>,
    /// Users who have a session.
    in_session: HashSet<String>,
    disabled: HashSet<String>,
}

impl Kept {
    fn read(cluster: &Cluster) -> Kept {
        let of_addresses = |query: &str| {
            let mut found: HashMap<String, Vec<String>> = HashMap::new();
            for row in cluster.rows(query) {
                let (email, id) = row.split_once(' ').expect("two columns");
                found.entry(email.to_owned()).or_default().push(id.to_owned());
            }
            found
        };
        Kept {
            credentials: of_addresses("select email || ' ' || encode(id, 'hex') from credentials"),
            holders: of_addresses(
                r#"select c.email || ' ' || encode(i."user", 'hex') from identities i
                   join credentials c on c.app = i.app and encode(c.id, 'hex') = i.id"#,
            ),
            in_session: cluster
                .rows(r#"select distinct encode("user", 'hex') from sessions"#)
                .into_iter()
                .collect(),
            disabled: cluster
                .rows("select encode(id, 'hex') from users where disabled = 1")
                .into_iter()
                .collect(),
        }
    }

    /// Whether an act is done, if that can be told.
    fn has(&self, act: Act, person: &Person) -> Option<bool> {
        let guest = person.entered_by(Act::Arrive).map(|guest| &guest.user);
        let holders = self.holders.get(&person.email());
        match act {
            Act::Arrive => None,
            Act::Register => Some(self.credentials.contains_key(&person.email())),
            Act::LogIn => Some(holders.is_some()),
            Act::Link => Some(holders.is_some_and(|users| users.first() == guest)),
            Act::LogOut => Some(!self.in_session.contains(guest?)),
            Act::Disable => Some(self.disabled.contains(guest?)),
        }
    }

    fn doubled(&self, person: &Person) -> Vec<String> {
        let (email, mut doubled) = (person.email(), Vec::new());
        for (what, found) in [("credentials", &self.credentials), ("users", &self.holders)] {
            let found = found.get(&email).map_or(&[][..], Vec::as_slice);
            if found.len() > 1 {
                doubled.push(format!("{email} has {what} {found:?}"));
            }
        }
        doubled
    }
}

/// Whether a person is what became of it, by the answers.
fn state(person: &Person, everybody: People<'_>, kept: &Kept, client: &mut Client) -> Result<(), String> {
    let guest = person.entered_by(Act::Arrive);
    let is_linked = person.has_done(Act::Link);
    if person.has_done(Act::Register) {
        let told = everybody.ask(Act::LogIn, person, client).told;
        let Told::Done(Some(entered)) = told else {
            return Err(format!("no login with the address: {told:?}"));
        };
        let before = if is_linked { guest } else { person.entered_by(Act::LogIn) };
        if let Some(before) = before.filter(|before| before.user != entered.user) {
            return Err(format!("who was {} is {}", before.user, entered.user));
        }
        is_known(&entered, identities(is_linked, true), client)?;
    }
    let Some(guest) = guest else { return Ok(()) };
    if person.has_done(Act::Disable) && !kept.disabled.contains(&guest.user) {
        return Err("not disabled".to_owned());
    }
    match person.has_done(Act::LogOut) || person.has_done(Act::Disable) {
        true => is_refused(guest, client),
        false => is_known(guest, identities(true, is_linked), client),
    }
}

/// The identities of somebody who was a guest, and of somebody who has an address, in their order.
fn identities(guest: bool, address: bool) -> &'static [&'static str] {
    match (guest, address) {
        (true, true) => &["anon-user", "local-userpass"],
        (true, false) => &["anon-user"],
        (false, _) => &["local-userpass"],
    }
}

/// That both tokens of somebody are good, and its identities are these.
pub(super) fn is_known(entered: &Entered, identities: &[&str], client: &mut Client) -> Result<(), String> {
    let [profile, session] = present(entered, client)?;
    if profile.status != 200 || session.status != 201 {
        return Err(format!("not known: {profile:?}, {session:?}"));
    }
    let profile = profile.json();
    let all = profile["identities"].as_array().into_iter().flatten();
    let found: Vec<&str> = all.filter_map(|one| one["provider_type"].as_str()).collect();
    let is_right = profile["user_id"] == *entered.user && found == identities;
    if is_right { Ok(()) } else { Err(format!("not {} with {identities:?}: {profile}", entered.user)) }
}

/// That neither token of somebody is good any more.
fn is_refused(entered: &Entered, client: &mut Client) -> Result<(), String> {
    let replies = present(entered, client)?;
    let is_right = replies.iter().all(|reply| reply.status == 401);
    if is_right { Ok(()) } else { Err(format!("not refused: {replies:?}")) }
}

/// What a server says of somebody's tokens: of the access token, and of the refresh token.
fn present(entered: &Entered, client: &mut Client) -> Result<[Reply; 2], String> {
    let mut ask = |method, target, token: &str| {
        client.ask(&Request::with_token(method, target, token)).map_err(|error| format!("no answer: {error}"))
    };
    Ok([ask("GET", PROFILE, &entered.access)?, ask("POST", SESSION, &entered.refresh)?])
}
