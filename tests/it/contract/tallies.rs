//! What is counted by day, compared with what a look at everybody says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use passerby::model::{
    AnonymousUserExpiration, DAY, Day, ExpiryClock, GuestLogins, ObjectId, Page, Platform, ProviderType,
    RETURNS, Tallied, Tally, Timestamp, User, UserId, UserType, Wait,
};
use passerby::store::{
    ApiKey, CountGuestLogins, DeleteApiKey, DeleteUser, Error, Expire, ImportUsers, ImportedIdentity,
    ImportedUser, Link, Linked, LogIn, LoggedIn, Standing, Store, Touch,
};

use super::given::{
    APP, NOON, OTHER, TODAY, anonymous, api_key, claim, claim_of, email_user, guest, id, link, log_in_with,
    make, session_id, user_id,
};
use super::{Engine, tampered};

/// Tells how many guests came on a day, as the server does.
async fn note_guests(store: &Arc<dyn Store>, day: Day, logins: u64) {
    let counts = vec![(APP, GuestLogins { day, platform: Platform::Ios, logins })];
    store.count_guest_logins(CountGuestLogins { counter: ObjectId([1; 12]), counts }).await.unwrap();
}

async fn everybody(store: &Arc<dyn Store>) -> BTreeMap<UserId, User> {
    let users = store.users(APP, Page { limit: 10_000, ..Page::default() }).await.unwrap();
    users.into_iter().map(|user| (user.id, user)).collect()
}

/// What a look at everybody says of who is there.
fn recount(users: &BTreeMap<UserId, User>, brought: &BTreeSet<UserId>) -> Standing {
    let by_day = |wanted: bool, day: &dyn Fn(&User) -> Day| {
        let guests = users.values().filter(|user| user.guest && brought.contains(&user.id) == wanted);
        let mut days: BTreeMap<Day, u64> = BTreeMap::new();
        guests.for_each(|guest| *days.entry(day(guest)).or_default() += 1);
        days.into_iter().collect::<Vec<_>>()
    };
    let others = |kind| users.values().filter(|user| !user.guest && user.kind == kind).count() as u64;
    Standing {
        made: by_day(false, &|guest| guest.created().day()),
        active: by_day(false, &User::last_active),
        brought: by_day(true, &User::last_active),
        people: others(UserType::Normal),
        servers: others(UserType::Server),
    }
}

pub(crate) async fn an_app_that_nobody_used_has_nothing_counted(engine: &dyn Engine) {
    let store = engine.open();
    assert_eq!(store.standing(APP).await.unwrap(), Standing::default());
    assert_eq!(store.tallies(APP, Day(0)).await.unwrap(), []);
}

pub(crate) async fn guests_are_counted_by_what_becomes_of_them(engine: &dyn Engine) {
    let store = engine.open();
    for n in 0..9 {
        store.log_in(guest(NOON, n)).await.unwrap();
        store.log_in(LogIn { app: OTHER, ..guest(NOON, n) }).await.unwrap();
    }
    note_guests(&store, TODAY, 9).await;
    let day = |days: i64| Day(TODAY.0 + days);
    // One on the days that count, one on days that do not, one on a day that counts, once.
    for (n, days) in [(0, &[0, 1, 7, 30][..]), (1, &[2, 6, 8, 29, 31]), (2, &[7, 7, 1])] {
        for &after in days {
            let at = day(after).start().plus(DAY / 3);
            store.touch(Touch { app: APP, user: user_id(NOON, n), at }).await.unwrap();
        }
    }
    for (n, kind, now) in [
        (3, ProviderType::Google, NOON.plus(9)),
        (4, ProviderType::Google, NOON.plus(3 * DAY)),
        (5, ProviderType::Apple, NOON.plus(-5)),
    ] {
        let act = Link { now, ..link(n, claim_of(kind, &n.to_string())) };
        assert_eq!(store.link(act.clone()).await.unwrap(), Linked::Linked);
        assert_eq!(store.link(act).await.unwrap(), Linked::Already);
        // Somebody's second identity is no guest's first.
        assert_eq!(store.link(link(n, claim(&n.to_string()))).await.unwrap(), Linked::Linked);
    }
    let delete = DeleteUser { app: APP, user: user_id(NOON, 6), event: None, now: day(2).start() };
    assert!(store.delete_user(delete.clone()).await.unwrap());
    assert!(!store.delete_user(delete).await.unwrap());
    let policy = AnonymousUserExpiration { clock: ExpiryClock::Inactivity, days: 10 };
    let now = day(11).start();
    let expire = Expire { app: APP, policy, now, after: None, limit: 9, events: false };
    assert_eq!(store.expire(expire).await.unwrap().removed, [7, 8].map(|n| user_id(NOON, n)));
    let again = log_in_with(claim_of(ProviderType::Google, "3"), NOON.plus(DAY), 50);
    for act in [again.clone(), again, log_in_with(claim("new"), NOON.plus(DAY), 51)] {
        assert!(matches!(store.log_in(act).await.unwrap(), LoggedIn::In { .. }));
    }
    let tally = |days: i64, what, n| Tally { day: day(days), what, n };
    let expected = [
        tally(0, Tallied::Returned(1), 1),
        tally(0, Tallied::Returned(7), 2),
        tally(0, Tallied::Returned(30), 1),
        tally(0, Tallied::Linked(ProviderType::Google), 2),
        tally(0, Tallied::Linked(ProviderType::Apple), 1),
        tally(0, Tallied::LinkedAfter(Wait::of(0)), 1),
        tally(0, Tallied::LinkedAfter(Wait::of(9)), 1),
        tally(0, Tallied::LinkedAfter(Wait::of(3 * DAY)), 1),
        tally(11, Tallied::Expired, 2),
        tally(2, Tallied::Deleted, 1),
        tally(1, Tallied::LoggedIn(ProviderType::CustomFunction), 1),
        tally(1, Tallied::LoggedIn(ProviderType::Google), 1),
    ];
    let mut told = store.tallies(APP, TODAY).await.unwrap();
    told.sort_by_key(|tally| (tally.what.numbers().0, tally.day, tally.what));
    let mut sorted = expected.to_vec();
    sorted.sort_by_key(|tally| (tally.what.numbers().0, tally.day, tally.what));
    assert_eq!(told, sorted);
    let since: Vec<Tally> = expected.into_iter().filter(|tally| tally.day >= day(2)).collect();
    let mut told = store.tallies(APP, day(2)).await.unwrap();
    told.sort_by_key(|tally| std::cmp::Reverse(tally.day));
    assert_eq!(told, since);
    let standing = Standing {
        made: vec![(TODAY, 3)],
        active: vec![(day(7), 1), (day(30), 1), (day(31), 1)],
        brought: vec![],
        people: 4,
        servers: 0,
    };
    assert_eq!(store.standing(APP).await.unwrap(), standing);
    assert_eq!(store.tallies(OTHER, TODAY).await.unwrap(), []);
}

/// A guest that was counted by nobody is missing, but takes nobody else away.
pub(crate) async fn a_guest_whose_login_was_not_noted_is_missing_alone(engine: &dyn Engine) {
    let store = engine.open();
    for n in 0..3 {
        store.log_in(guest(NOON, n)).await.unwrap();
        store.log_in(guest(NOON.plus(DAY), 10 + n)).await.unwrap();
    }
    note_guests(&store, TODAY, 2).await;
    note_guests(&store, Day(TODAY.0 + 1), 3).await;
    let tomorrow = vec![(Day(TODAY.0 + 1), 3)];
    for expected in [Some(1), None, None] {
        let next = everybody(&store).await.into_keys().next().unwrap();
        let delete = DeleteUser { app: APP, user: next, event: None, now: NOON };
        assert!(store.delete_user(delete).await.unwrap());
        let standing = store.standing(APP).await.unwrap();
        let today: Vec<(Day, u64)> = expected.into_iter().map(|n| (TODAY, n)).collect();
        assert_eq!(standing.made, [today, tomorrow.clone()].concat());
        assert_eq!(standing.active, standing.made);
    }
}

pub(crate) async fn an_impossible_count_is_corrupt(engine: &dyn Engine) {
    let mut store = engine.open();
    store.log_in(log_in_with(claim("anna"), NOON, 1)).await.unwrap();
    for damage in ["which = 99", "which = 3, n = -1", "n = 1, what = 5"] {
        store = tampered(engine, store, &format!("update tallies set {damage} where what = 10"));
        let told = store.tallies(APP, TODAY).await;
        assert!(matches!(told, Err(Error::Corrupt { table: "tallies", .. })), "{damage}: {told:?}");
    }
    assert_eq!(store.standing(APP).await.unwrap().people, 1);
}

/// Where chance leads; the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn one_of<T: Clone>(&mut self, all: impl Iterator<Item = T>) -> Option<T> {
        let all: Vec<T> = all.collect();
        let place = self.below(all.len().max(1) as u64) as usize;
        all.get(place).cloned()
    }
}

/// A walk of an app through some months.
struct Walk {
    store: Arc<dyn Store>,
    chance: Chance,
    now: Timestamp,
    next: u32,
    arrived: BTreeMap<Day, u64>,
    brought: BTreeSet<UserId>,
    happened: BTreeMap<(u8, Day, Tallied), u64>,
}

const PROVIDERS: [ProviderType; 3] =
    [ProviderType::Google, ProviderType::CustomToken, ProviderType::CustomFunction];

impl Walk {
    fn count(&mut self, day: Day, what: Tallied) {
        *self.happened.entry((what.numbers().0, day, what)).or_default() += 1;
    }

    fn new_number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    async fn guest_comes(&mut self) {
        let act = guest(self.now, self.new_number());
        for _again in 0..2 {
            self.store.log_in(act.clone()).await.unwrap();
        }
        let logins = self.arrived.entry(self.now.day()).or_default();
        *logins += 1;
        note_guests(&self.store, self.now.day(), *logins).await;
    }

    async fn guest_is_brought(&mut self) {
        let made = self.now.plus(-(self.chance.below(40) as i64) * DAY);
        let user = UserId(id(made, 100_000 + self.new_number()));
        let identity =
            ImportedIdentity { claim: claim_of(ProviderType::AnonUser, &anonymous(user).id), email: None };
        let user = ImportedUser {
            id: user,
            kind: UserType::Normal,
            disabled: false,
            last_active: None,
            custom_data: None,
            identities: vec![identity],
        };
        self.brought.insert(user.id);
        let act = ImportUsers { app: APP, users: vec![user], registrations: vec![], now: self.now };
        for _again in 0..2 {
            self.store.import_users(act.clone()).await.unwrap();
        }
    }

    /// A newer list knows a guest as somebody.
    async fn guest_is_known(&mut self, user: &User) {
        let provider = self.chance.one_of(PROVIDERS.into_iter()).unwrap();
        let claim = claim_of(provider, &format!("listed {}", user.id));
        let user = ImportedUser {
            id: user.id,
            kind: UserType::Normal,
            disabled: false,
            last_active: None,
            custom_data: None,
            identities: vec![ImportedIdentity { claim, email: None }],
        };
        let act = ImportUsers { app: APP, users: vec![user], registrations: vec![], now: self.now };
        for _again in 0..2 {
            self.store.import_users(act.clone()).await.unwrap();
        }
    }

    async fn somebody_is_seen(&mut self, user: &User) {
        for _again in 0..2 {
            self.store.touch(Touch { app: APP, user: user.id, at: self.now }).await.unwrap();
        }
        let after = self.now.day().0 - user.created().day().0;
        let counts = user.guest && user.last_active() < self.now.day() && !self.brought.contains(&user.id);
        if let Some(days) = RETURNS.into_iter().find(|days| counts && i64::from(*days) == after) {
            self.count(user.created().day(), Tallied::Returned(days));
        }
    }

    async fn somebody_links(&mut self, user: &User) {
        let Some(session) = self.store.sessions_of(APP, user.id).await.unwrap().pop() else { return };
        let provider = self.chance.one_of(PROVIDERS.into_iter()).unwrap();
        let name = self.chance.below(30).to_string();
        let link = Link {
            user: user.id,
            session: session.id,
            now: self.now,
            sessions_end: self.now.plus(60 * DAY),
            ..link(0, claim_of(provider, &name))
        };
        let linked = self.store.link(link.clone()).await.unwrap();
        self.store.link(link).await.unwrap();
        if linked == Linked::Linked && user.guest && !self.brought.contains(&user.id) {
            let made = user.created();
            self.count(made.day(), Tallied::Linked(provider));
            self.count(made.day(), Tallied::LinkedAfter(Wait::of(self.now.0 - made.0)));
        }
    }

    async fn somebody_logs_in(&mut self) {
        let provider = self.chance.one_of(PROVIDERS.into_iter()).unwrap();
        let name = self.chance.below(30).to_string();
        let number = self.new_number();
        let act = LogIn {
            user: UserId(id(self.now, 200_000 + number)),
            session: session_id(self.now, 200_000 + number),
            ..log_in_with(claim_of(provider, &name), self.now, number)
        };
        for _again in 0..2 {
            assert!(matches!(self.store.log_in(act.clone()).await.unwrap(), LoggedIn::In { .. }));
        }
        self.count(self.now.day(), Tallied::LoggedIn(provider));
    }

    async fn somebody_is_deleted(&mut self, user: &User) {
        let act = DeleteUser { app: APP, user: user.id, event: None, now: self.now };
        for _again in 0..2 {
            self.store.delete_user(act.clone()).await.unwrap();
        }
        if user.guest {
            self.count(self.now.day(), Tallied::Deleted);
        }
    }

    async fn others_come_and_go(&mut self) {
        let number = self.new_number();
        let user = UserId(id(self.now, 300_000 + number));
        let key = ApiKey { server: true, ..api_key(number, user) };
        for _again in 0..2 {
            self.store
                .make_api_key(passerby::store::MakeApiKey { limit: 1_000, ..make(&key) })
                .await
                .unwrap();
        }
        if self.chance.below(2) == 0 {
            let act = DeleteApiKey { app: APP, owner: None, id: key.id };
            for _again in 0..2 {
                self.store.delete_api_key(act).await.unwrap();
            }
        }
        let person = email_user(number, &format!("{number}@example.com"));
        for _again in 0..2 {
            self.store.make_email_user(person.clone()).await.unwrap();
        }
    }

    async fn guests_expire(&mut self) {
        let clock = self.chance.one_of([ExpiryClock::Inactivity, ExpiryClock::Age].into_iter()).unwrap();
        let policy = AnonymousUserExpiration { clock, days: 15 + self.chance.below(30) as u32 };
        let act = Expire { app: APP, policy, now: self.now, after: None, limit: 3, events: false };
        for _bite in 0..4 {
            for _ in self.store.expire(act).await.unwrap().removed {
                self.count(self.now.day(), Tallied::Expired);
            }
        }
    }

    async fn step(&mut self) {
        self.now = self.now.plus((self.chance.below(9) * 3_600) as i64);
        let users = everybody(&self.store).await;
        let somebody = self.chance.one_of(users.values()).cloned();
        match (self.chance.below(20), somebody) {
            (0..=4, _) | (_, None) => self.guest_comes().await,
            (5, _) => self.guest_is_brought().await,
            (6..=12, Some(user)) => self.somebody_is_seen(&user).await,
            (13..=14, Some(user)) => self.somebody_links(&user).await,
            (15, _) => self.somebody_logs_in().await,
            (16, Some(user)) => self.somebody_is_deleted(&user).await,
            (17, _) => self.others_come_and_go().await,
            (18, Some(user)) if user.guest => self.guest_is_known(&user).await,
            (_, _) => self.guests_expire().await,
        }
    }
}

pub(crate) async fn whatever_happens_is_counted_as_a_look_at_everybody_says(engine: &dyn Engine) {
    let mut walk = Walk {
        store: engine.open(),
        chance: Chance(42),
        now: NOON,
        next: 0,
        arrived: BTreeMap::new(),
        brought: BTreeSet::new(),
        happened: BTreeMap::new(),
    };
    for step in 0..900 {
        walk.step().await;
        let users = everybody(&walk.store).await;
        let standing = walk.store.standing(APP).await.unwrap();
        assert_eq!(standing, recount(&users, &walk.brought), "step {step}");
    }
    let tallies = walk.store.tallies(APP, Day(0)).await.unwrap();
    let told: BTreeMap<(u8, Day, Tallied), u64> =
        tallies.into_iter().map(|tally| ((tally.what.numbers().0, tally.day, tally.what), tally.n)).collect();
    assert_eq!(told, walk.happened);
    let met: BTreeSet<u8> = told.keys().map(|(what, _, _)| *what).collect();
    assert_eq!(met.len(), 6, "everything that is counted happened: {met:?}");
}
