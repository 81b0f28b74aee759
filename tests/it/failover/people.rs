//! What happens beside guests' logins, slowly: people register and log in, guests link an address or log out, and an
//! administrator disables guests. Every person is asked for by one client, one act after another.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use serde_json::json;

use super::client::{Client, Entered, Request, is_later};
use crate::support::Reply;

/// How long a client rests after an answer: passwords take a processor's time.
const REST: Duration = Duration::from_millis(100);

const AUTH: &str = "/api/client/v2.0/auth";

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Logs a guest in, with whom the others begin.
    Arrive,
    /// Registers an address.
    Register,
    /// Logs in with it.
    LogIn,
    /// Links it to the guest.
    Link,
    /// Ends the guest's session.
    LogOut,
    /// Disables the guest, as an administrator.
    Disable,
}

/// What each kind of person does, one after another.
pub(super) const LIVES: [&[Act]; 4] = [
    &[Act::Register, Act::LogIn],
    &[Act::Arrive, Act::Register, Act::Link],
    &[Act::Arrive, Act::LogOut],
    &[Act::Arrive, Act::Disable],
];

/// What a client was told.
#[derive(Debug)]
pub(super) enum Told {
    /// It is done; who came in, if anybody did.
    Done(Option<Entered>),
    /// 503 with `Retry-After`: it may be done or not.
    Later,
    /// What an act is told that was done before, after an answer that left it open.
    Found,
    /// Anything else: never to be seen.
    Odd(String),
}

/// A request for an act, as the client saw it.
#[derive(Debug)]
pub(super) struct Try {
    pub(super) sent: Instant,
    pub(super) answered: Instant,
    pub(super) told: Told,
}

/// An act, asked for until it was answered or given up.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) act: Act,
    pub(super) tries: Vec<Try>,
}

impl Asked {
    /// Whether it was answered that it is done, now or before.
    pub(super) fn is_done(&self) -> bool {
        matches!(self.last(), Some(Told::Done(_) | Told::Found))
    }

    /// Whether nobody knows if it is done.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.last(), Some(Told::Later))
    }

    fn last(&self) -> Option<&Told> {
        self.tries.last().map(|last| &last.told)
    }
}

/// One person.
#[derive(Debug)]
pub(super) struct Person {
    /// No other has it.
    pub(super) number: u64,
    pub(super) acts: Vec<Asked>,
}

impl Person {
    pub(super) fn email(&self) -> String {
        format!("{}@failover.example", self.number)
    }

    /// The address with its password, as a login or a link takes it.
    pub(super) fn credential(&self) -> serde_json::Value {
        json!({"username": self.email(), "password": self.password()})
    }

    fn password(&self) -> String {
        format!("a password of {}", self.number)
    }

    /// An act, if it was asked for.
    pub(super) fn asked(&self, act: Act) -> Option<&Asked> {
        self.acts.iter().find(|asked| asked.act == act)
    }

    /// Whether an act was answered that it is done.
    pub(super) fn has_done(&self, act: Act) -> bool {
        self.asked(act).is_some_and(Asked::is_done)
    }

    /// Who came in by an act.
    pub(super) fn entered_by(&self, act: Act) -> Option<&Entered> {
        self.asked(act)?.tries.iter().find_map(|one| match &one.told {
            Told::Done(entered) => entered.as_ref(),
            _ => None,
        })
    }

    /// Half of the clients ask again at once when they are told to come later, the others do not.
    fn is_stubborn(&self) -> bool {
        self.number.is_multiple_of(2)
    }
}

/// A server with both of its doors.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) authority: &'a str,
    pub(super) data: &'a Path,
}

/// The clients of one server, of everybody and of its owner.
pub(super) struct Doors {
    public: Client,
    desk: Client,
}

impl Doors {
    pub(super) fn of(place: Place<'_>) -> Doors {
        Doors { public: Client::of(place.authority), desk: Client::at_desk(place.data) }
    }

    pub(super) fn client(&mut self, act: Act) -> &mut Client {
        if act == Act::Disable { &mut self.desk } else { &mut self.public }
    }
}

/// What is the same for everybody.
#[derive(Clone, Copy)]
pub(super) struct People<'a> {
    pub(super) app: &'a str,
    /// The app's path in the Admin API.
    pub(super) desk: &'a str,
    pub(super) next: &'a AtomicU64,
    pub(super) is_over: &'a AtomicBool,
}

impl<'a> People<'a> {
    /// Lives one kind of life after another person's until it is over, first at one server and, when that says to come
    /// later, at the other.
    pub(super) fn live_at<'s>(
        self,
        scope: &'s Scope<'s, 'a>,
        life: &'static [Act],
        places: [Place<'a>; 2],
    ) -> ScopedJoinHandle<'s, Vec<Person>> {
        scope.spawn(move || {
            let (mut doors, mut people) = (places.map(Doors::of), Vec::new());
            while !self.is_over() {
                let mut person =
                    Person { number: self.next.fetch_add(1, Ordering::Relaxed), acts: Vec::new() };
                for act in life {
                    self.ask_until_known(*act, &mut person, &mut doors);
                    if !person.has_done(*act) || self.is_over() {
                        break;
                    }
                }
                people.push(person);
            }
            people
        })
    }

    fn is_over(self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    fn ask_until_known(self, act: Act, person: &mut Person, doors: &mut [Doors; 2]) {
        person.acts.push(Asked { act, tries: Vec::new() });
        for place in (0..doors.len()).cycle() {
            let told = self.ask(act, person, doors[place].client(act));
            let is_open = matches!(told.told, Told::Later);
            person.acts.last_mut().expect("the act").tries.push(told);
            thread::sleep(REST);
            if !is_open || !person.is_stubborn() || self.is_over() {
                return;
            }
        }
    }

    /// Asks once.
    pub(super) fn ask(self, act: Act, person: &Person, client: &mut Client) -> Try {
        let was_open = person.asked(act).is_some_and(Asked::is_open);
        let sent = Instant::now();
        let told = match client.ask(&self.request(act, person)) {
            Ok(reply) => told(act, &reply, was_open),
            Err(error) => Told::Odd(format!("no answer: {error}")),
        };
        Try { sent, answered: Instant::now(), told }
    }

    fn request(self, act: Act, person: &Person) -> Request {
        let providers = format!("/api/client/v2.0/app/{}/auth/providers", self.app);
        let userpass = format!("{providers}/local-userpass");
        let guest = || person.entered_by(Act::Arrive).expect("a guest");
        match act {
            Act::Arrive => Request::post(format!("{providers}/anon-user/login"), json!({})),
            Act::Register => {
                let body = json!({"email": person.email(), "password": person.password()});
                Request::post(format!("{userpass}/register"), body)
            }
            Act::LogIn => Request::post(format!("{userpass}/login"), person.credential()),
            Act::Link => {
                let token = Some(guest().access.clone());
                Request { token, ..Request::post(format!("{userpass}/login?link=true"), person.credential()) }
            }
            Act::LogOut => Request::with_token("DELETE", &format!("{AUTH}/session"), &guest().refresh),
            Act::Disable => {
                let target = format!("{}/users/{}/disable", self.desk, guest().user);
                Request { method: "PUT", ..Request::post(target, serde_json::Value::Null) }
            }
        }
    }
}

fn told(act: Act, reply: &Reply, was_open: bool) -> Told {
    match (act, reply.status) {
        (Act::Arrive | Act::LogIn | Act::Link, 200) => Told::Done(Some(Entered::read(reply))),
        (Act::Register, 201) | (Act::LogOut | Act::Disable, 204) => Told::Done(None),
        (Act::Register, 409) if was_open && says(reply, "AccountNameInUse") => Told::Found,
        (Act::LogOut, 401) if was_open && says(reply, "InvalidSession") => Told::Found,
        _ if is_later(reply) => Told::Later,
        _ => Told::Odd(format!("{act:?}: {reply:?}")),
    }
}

fn says(reply: &Reply, code: &str) -> bool {
    reply.json()["error_code"] == code
}
