//! Two hundred days, day by day.

use std::collections::BTreeMap;
use std::sync::Arc;

use passerby::auth::{App, Presented, UserChange};
use passerby::expiry::Reaper;
use passerby::model::{AnonymousUserExpiration, DAY, Day, ExpiryClock, Page, Timestamp, UserId};

use super::people::{Act, HABITS, Person, second};
use super::{BEGINNING, policy, settings, step};
use crate::support::House;

const DAYS: i64 = 200;
/// Guests come during the first hundred days.
const GUESTS: usize = 1_000;
const ARRIVALS_A_DAY: usize = 10;

const APPS: [&str; 2] = ["steady-aaaaa", "moody-aaaaa"];

/// The first app keeps the default; the second changes its mind on these days, at noon.
fn policies_of_the_moody_app() -> BTreeMap<i64, AnonymousUserExpiration> {
    BTreeMap::from([
        (0, policy(ExpiryClock::Inactivity, 20)),
        (40, policy(ExpiryClock::Age, 30)),
        (70, policy(ExpiryClock::Never, 30)),
        (95, policy(ExpiryClock::Age, 60)),
        (120, policy(ExpiryClock::Inactivity, 90)),
        (150, policy(ExpiryClock::Inactivity, 7)),
        (180, policy(ExpiryClock::Age, 91)),
        (190, policy(ExpiryClock::Inactivity, 1)),
    ])
}

#[tokio::test]
async fn a_thousand_guests_live_two_hundred_days() {
    let mut world = World::open().await;
    for day in 0..DAYS {
        for (second, event) in world.events(day) {
            world.reap_until(Timestamp(BEGINNING.0 + day * DAY + second)).await;
            world.happen(event).await;
        }
        world.reap_until(Timestamp(BEGINNING.0 + (day + 1) * DAY - 1)).await;
        world.compare(day).await;
    }
    world.compare_sessions().await;
    let (left, steps) = (world.living().count(), world.steps);
    println!(
        "{} guests, {left} are left after {DAYS} days and {steps} steps of the reaper",
        world.people.len()
    );
    assert_eq!(world.people.len(), GUESTS);
    assert!(left > 50 && left < GUESTS / 2, "{left} left: this tests nothing");
    // Once a day to tell the store the time, and once for each moment at which somebody was due: no polling.
    let due: u64 = world.moments_due;
    assert!(steps <= u64::try_from(DAYS).unwrap() + due + 20, "{steps} steps for {due} moments");
}

enum Event {
    Arrive { app: usize },
    Act { person: usize, act: Act },
    Deploy(AnonymousUserExpiration),
}

struct World {
    house: House,
    apps: Vec<Arc<App>>,
    policies: [AnonymousUserExpiration; 2],
    people: Vec<Person>,
    reaper: Reaper,
    next: Timestamp,
    steps: u64,
    moments_due: u64,
}

impl World {
    async fn open() -> World {
        let house = House::open(BEGINNING).await;
        let policies = [AnonymousUserExpiration::default(), policies_of_the_moody_app()[&0]];
        let mut apps = Vec::new();
        for (name, policy) in APPS.iter().zip(policies) {
            apps.push(house.deploy(name, settings(policy)).await);
        }
        let reaper = Reaper::new(Arc::clone(&house.store));
        World { house, apps, policies, people: Vec::new(), reaper, next: BEGINNING, steps: 0, moments_due: 0 }
    }

    /// What happens on a day, in its order.
    fn events(&self, day: i64) -> Vec<(i64, Event)> {
        let mut events = Vec::new();
        let first = usize::try_from(day).expect("small") * ARRIVALS_A_DAY;
        for n in first..GUESTS.min(first + ARRIVALS_A_DAY) {
            events.push((second(n), Event::Arrive { app: n % 2 }));
        }
        for (n, person) in self.people.iter().enumerate().filter(|(_, person)| !person.gone) {
            let age = BEGINNING.day().0 + day - person.created.day().0;
            if let Some(act) = person.habit.on(age) {
                events.push((person.second, Event::Act { person: n, act }));
            }
        }
        let changed = policies_of_the_moody_app().get(&day).copied().filter(|_| day > 0);
        events.extend(changed.map(|policy| (DAY / 2, Event::Deploy(policy))));
        events.sort_by_key(|(second, _)| *second);
        events
    }

    async fn happen(&mut self, event: Event) {
        match event {
            Event::Arrive { app } => self.arrive(app).await,
            Event::Act { person, act } => self.act(person, act).await,
            Event::Deploy(policy) => {
                self.apps[1] = self.house.deploy(APPS[1], settings(policy)).await;
                self.policies[1] = policy;
                // The server steps at each deployment.
                let now = self.now();
                self.step(now).await;
            }
        }
    }

    async fn arrive(&mut self, app: usize) {
        let (n, now) = (self.people.len(), self.now());
        let mut person = Person {
            app,
            habit: HABITS[n / 2 % HABITS.len()],
            guest: self.house.log_in(&self.apps[app]).await,
            created: now,
            second: second(n),
            last_active: now.day(),
            logged_in: true,
            disabled: false,
            gone: false,
        };
        assert_eq!(person.guest.user.0.created(), now);
        if person.habit.on(0) == Some(Act::Visit) {
            person.logged_in = self.house.refreshes(&self.apps[app], &person.guest).await;
        }
        self.people.push(person);
    }

    async fn act(&mut self, n: usize, act: Act) {
        let today = self.now().day();
        let person = &mut self.people[n];
        if person.gone {
            return;
        }
        let (house, app) = (&self.house, &self.apps[person.app]);
        match act {
            Act::Visit => {
                let welcome = house.refreshes(app, &person.guest).await;
                assert_eq!(welcome, person.logged_in, "{:?}", person.habit);
                if welcome {
                    person.last_active = today;
                }
            }
            Act::LogOut | Act::Delete => {
                let token = Presented::read(&person.guest.refresh).expect("a token");
                let caller = house.auth.refresh_caller(app, &token).await.expect("a session");
                house.noted(app, &person.guest).await;
                if act == Act::LogOut {
                    house.auth.log_out(&caller).await.expect("it was there");
                } else {
                    house.auth.delete_self(&caller).await.expect("it was there");
                    person.gone = true;
                }
                person.last_active = today;
                person.logged_in = false;
            }
            Act::Disable | Act::Enable => {
                let change = if act == Act::Disable { UserChange::Disable } else { UserChange::Enable };
                house.auth.change_user(app, person.guest.user, change).await.expect("it was there");
                person.disabled = act == Act::Disable;
                person.logged_in = false;
            }
        }
    }

    /// Steps the reaper at its deadlines up to a time, as the server does, and leaves the clock there.
    async fn reap_until(&mut self, time: Timestamp) {
        while self.next <= time {
            let now = self.next;
            let earliest = self.first_due();
            assert!(
                earliest.is_none_or(|due| due >= now),
                "somebody was due at {earliest:?}, before {now:?}"
            );
            self.moments_due += u64::from(earliest == Some(now));
            self.house.clock.set(now);
            self.step(now).await;
        }
        self.house.clock.set(time);
    }

    async fn step(&mut self, now: Timestamp) {
        let (removed, next) = step(&mut self.reaper, now).await;
        self.steps += 1;
        let policies = self.policies;
        let due = |p: &Person| !p.gone && p.due(policies[p.app]).is_some_and(|due| due <= now);
        let mut expected = 0;
        for person in self.people.iter_mut().filter(|p| due(p)) {
            person.gone = true;
            expected += 1;
        }
        assert_eq!(removed, expected, "at {}", now.rfc3339());
        let earliest = self.first_due();
        assert!(next > now && earliest.is_none_or(|due| next <= due), "{next:?} is after {earliest:?}");
        self.next = next;
    }

    fn first_due(&self) -> Option<Timestamp> {
        self.living().filter_map(|p| p.due(self.policies[p.app])).min()
    }

    fn living(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|person| !person.gone)
    }

    fn now(&self) -> Timestamp {
        self.house.auth.clock().now()
    }

    /// Compares who is there with who must be there, with what is known of each.
    async fn compare(&self, day: i64) {
        for (n, app) in self.apps.iter().enumerate() {
            let page = Page { limit: 10_000, ..Page::default() };
            let there = self.house.store.users(app.key, page).await.expect("users");
            let there: BTreeMap<UserId, (bool, Day)> =
                there.into_iter().map(|user| (user.id, (user.disabled, user.last_active()))).collect();
            let expected: BTreeMap<UserId, (bool, Day)> = self
                .living()
                .filter(|person| person.app == n)
                .map(|person| (person.guest.user, (person.disabled, person.last_active)))
                .collect();
            assert_eq!(there, expected, "day {day}, {}", APPS[n]);
        }
    }

    async fn compare_sessions(&self) {
        for person in &self.people {
            let app = &self.apps[person.app];
            let sessions = self.house.store.sessions_of(app.key, person.guest.user).await.expect("sessions");
            let expected = usize::from(!person.gone && person.logged_in);
            assert_eq!(sessions.len(), expected, "{:?}", person.habit);
            assert_eq!(self.house.refreshes(app, &person.guest).await, expected == 1, "{:?}", person.habit);
        }
    }
}

#[tokio::test]
async fn a_guest_of_the_original_goes_ninety_days_after_it_came() {
    let house = House::open(BEGINNING).await;
    for (name, clock) in [("news-aaaaa", ExpiryClock::Inactivity), ("old-aaaaa", ExpiryClock::Age)] {
        let app = house.deploy(name, settings(policy(clock, 90))).await;
        let guest = serde_json::json!({
            "_id": "5f0000000000000000000001",
            "identities": [{ "id": "5f0000000000000000000000-abcdefghijklmnopqrstuvwx", "provider_type": "anon-user" }],
        });
        let guest = passerby::auth::Newcomer::read(&guest).unwrap();
        let report = house.auth.import_users(&app, &[guest], &[]).await.unwrap();
        assert_eq!(report.guests.brought, 1);
    }
    let mut reaper = Reaper::new(Arc::clone(&house.store));
    let end = Timestamp(BEGINNING.0 + 91 * DAY);
    for day in 0..91 {
        let (removed, next) = step(&mut reaper, Timestamp(BEGINNING.0 + day * DAY)).await;
        assert!(removed == 0 && next <= end, "{day}: {removed} {next:?}");
    }
    assert_eq!(step(&mut reaper, end.plus(-1)).await, (0, end));
    assert_eq!(step(&mut reaper, end).await.0, 2);
}
