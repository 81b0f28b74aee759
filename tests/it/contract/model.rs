//! The store against a model so small that it can be seen to be right: every short story of a few acts, and long ones
//! at random. Each story has an app of its own, so that all of them share one store.

mod acts;
mod world;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use passerby::model::{AnonymousUserExpiration, AppKey, DAY, ExpiryClock};
use passerby::store::{
    DeleteApiKey, DeleteUser, Expire, Link, LogIn, LogOut, RenewToken, ResetPassword, RevokeSessions,
    SetApiKeyDisabled, SetDisabled, SetPassword, Store, TokenPurpose, Touch,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use self::acts::{Act, look, perform};
use self::world::{CLAIMS, EMAILS, World, claim_at, email_at, key_at};
use super::Engine;
use super::given::{
    APP, NOON, claim, confirmed, credential_id, email_claim, guest, link, log_in_with, make, object,
    password, register, session_id, token, use_token, user_id,
};

/// How many acts the exhaustive stories have.
const DEPTH: usize = 7;

/// How many stories are told at once.
const AT_ONCE: usize = 256;

/// When every guest of noon has expired, and when none has.
const EXPIRED: i64 = 91 * DAY;

/// Acts on two guests, an identity of the app's function, and an address that is registered twice: what pre-hijacking,
/// account takeover and resurrection are made of.
fn few_acts() -> Vec<Act> {
    let lapsed = NOON.plus(30 * 60);
    let (first, second) = (register(1, "anna@example.com", NOON), register(2, "anna@example.com", lapsed));
    let (credential, purpose) = (credential_id(1), TokenPurpose::Reset);
    let reset_token = RenewToken { app: APP, credential, purpose, token: token(3, NOON) };
    vec![
        Act::LogIn(guest(NOON, 1)),
        Act::LogIn(guest(NOON, 2)),
        Act::LogIn(log_in_with(claim("x"), NOON.plus(9), 3)),
        Act::LogIn(log_in_with(email_claim(1), NOON.plus(9), 4)),
        Act::LogIn(log_in_with(email_claim(2), NOON.plus(9), 4)),
        Act::Link(link(1, claim("x"))),
        Act::Link(link(2, claim("x"))),
        Act::Link(link(1, email_claim(1))),
        Act::Link(link(2, email_claim(2))),
        Act::Register(first.clone()),
        Act::Register(second.clone()),
        Act::Confirm(use_token(token(1, NOON), lapsed.plus(-1))),
        Act::Confirm(use_token(token(2, lapsed), lapsed.plus(1))),
        Act::ConfirmByHand(credential_id(1)),
        Act::DeletePending(credential_id(2)),
        Act::SetPassword(SetPassword { app: APP, credential: credential_id(1), hash: password(9) }),
        Act::DeleteUser(DeleteUser { app: APP, user: user_id(NOON, 1), event: None, now: NOON }),
        Act::DeleteUser(DeleteUser { app: APP, user: user_id(NOON.plus(9), 3), event: None, now: NOON }),
        Act::SetDisabled(SetDisabled { app: APP, user: user_id(NOON, 1), disabled: true }),
        Act::SetDisabled(SetDisabled { app: APP, user: user_id(NOON, 1), disabled: false }),
        Act::Expire(expire(EXPIRED)),
        Act::Revoke(RevokeSessions { app: APP, user: user_id(NOON, 2) }),
        Act::Renew(reset_token),
        Act::Reset(ResetPassword { token: use_token(token(3, NOON), NOON.plus(9)), hash: password(8) }),
        Act::MakeKey(make(&key_at(0).1)),
        Act::LogIn(log_in_with(claim_at(6), NOON.plus(9), 5)),
    ]
}

/// A sweep of an app with 90 days, so many seconds after noon.
fn expire(seconds: i64) -> Expire {
    let policy = AnonymousUserExpiration { clock: ExpiryClock::Inactivity, days: 90 };
    Expire { app: APP, policy, now: NOON.plus(seconds), after: None, limit: 1_000, events: true }
}

/// A story with what the model says of its end: how its last acts ended, and the world after them.
struct Told {
    before: Vec<usize>,
    last: Vec<(usize, String)>,
    world: World,
}

impl Told {
    /// Tells it to an app that has no past.
    async fn happens(self, store: Arc<dyn Store>, app: AppKey, acts: Arc<Vec<Act>>) {
        for &n in &self.before {
            perform(&store, app, acts[n].clone()).await;
        }
        for (n, expected) in &self.last {
            let ended = perform(&store, app, acts[*n].clone()).await;
            assert_eq!(ended, *expected, "{:?} after {:?}", acts[*n], self.story(&acts));
        }
        assert_eq!(look(&store, app).await, self.world.seen(), "after {:#?}", self.story(&acts));
    }

    fn story<'a>(&self, acts: &'a [Act]) -> Vec<&'a Act> {
        self.before.iter().chain(self.last.iter().map(|(n, _)| n)).map(|n| &acts[*n]).collect()
    }
}

/// From every world that so many acts can lead to, every act once. Acts that change nothing are done one after the
/// other, since the world is the same before each.
pub(crate) async fn every_short_story_ends_as_the_model_says(engine: &dyn Engine) {
    let (store, acts) = (engine.open(), Arc::new(few_acts()));
    let mut known = HashSet::from([World::default().name()]);
    let mut worlds = vec![(World::default(), Vec::new())];
    let mut apps = 1..;
    for _ in 0..DEPTH {
        let (mut reached, mut told) = (Vec::new(), Vec::new());
        for (world, before) in worlds {
            let mut idle = Vec::new();
            for (n, act) in acts.iter().enumerate() {
                let mut after = world.clone();
                let ended = after.perform(act);
                assert!(after.is_sound(), "{act:?} in {world:?}");
                if after == world {
                    idle.push((n, ended));
                    continue;
                }
                if known.insert(after.name()) {
                    reached.push((after.clone(), [&before[..], &[n]].concat()));
                }
                told.push(Told { before: before.clone(), last: vec![(n, ended)], world: after });
            }
            told.push(Told { before, last: idle, world });
        }
        while !told.is_empty() {
            let some = told.split_off(told.len().saturating_sub(AT_ONCE)).into_iter().zip(&mut apps);
            let happening: Vec<_> = some
                .map(|(told, app)| {
                    tokio::spawn(told.happens(Arc::clone(&store), AppKey(app), Arc::clone(&acts)))
                })
                .collect();
            for one in happening {
                one.await.unwrap();
            }
        }
        worlds = reached;
    }
    println!("{} worlds, {} stories", known.len(), apps.next().unwrap_or(0));
}

/// Any act on a few users, identities, credentials and keys, at any time within half a year.
fn any_act() -> impl Strategy<Value = Act> {
    let user = || (1..=4_u32).prop_map(|n| user_id(NOON, n));
    let credential = || 1..=4_u32;
    let time = || prop_oneof![0..4_000_i64, 0..200 * DAY].prop_map(|seconds| NOON.plus(seconds));
    let any_claim = || {
        (0..CLAIMS, any::<bool>(), any::<bool>()).prop_map(|(n, other_data, other_password)| {
            let mut claim = claim_at(n);
            if other_data {
                claim.data = object(serde_json::json!({ "other": true }));
            }
            // Those of the credentials.
            if let (2..=5, true) = (n, other_password) {
                claim.password = Some(password(n as u32 - 1 + 10));
            }
            claim
        })
    };
    let owner = || (0..2_u32).prop_map(|n| Some(user_id(NOON, n + 1)));
    let key = || 0..world::KEYS;
    prop_oneof![
        4 => (1..=4_u32).prop_map(|n| Act::LogIn(guest(NOON, n))),
        4 => (any_claim(), 1..=8_u32, time()).prop_map(|(claim, n, now)| {
            Act::LogIn(LogIn { now, ..log_in_with(claim, NOON, n) })
        }),
        6 => (1..=4_u32, 1..=8_u32, any_claim(), time()).prop_map(|(n, session, claim, now)| {
            let session = session_id(NOON, if session > 4 { session } else { n });
            Act::Link(Link { session, now, ..link(n, claim) })
        }),
        1 => (user(), 1..=8_u32).prop_map(|(user, n)| {
            Act::LogOut(LogOut { app: APP, user, session: session_id(NOON, n) })
        }),
        2 => (user(), time()).prop_map(|(user, at)| Act::Touch(Touch { app: APP, user, at })),
        2 => (user(), any::<bool>()).prop_map(|(user, disabled)| {
            Act::SetDisabled(SetDisabled { app: APP, user, disabled })
        }),
        1 => user().prop_map(|user| Act::Revoke(RevokeSessions { app: APP, user })),
        1 => user().prop_map(|user| Act::DeleteUser(DeleteUser { app: APP, user, event: None, now: NOON })),
        1 => (0..200 * DAY).prop_map(|seconds| Act::Expire(expire(seconds))),
        4 => (credential(), 0..EMAILS, time(), any::<bool>()).prop_map(|(n, email, now, at_once)| {
            let act = register(n, email_at(email), now);
            Act::Register(if at_once { confirmed(act) } else { act })
        }),
        2 => (credential(), time()).prop_map(|(n, now)| Act::Confirm(use_token(token(n, NOON), now))),
        1 => credential().prop_map(|n| Act::ConfirmByHand(credential_id(n))),
        2 => (credential(), any::<bool>(), time()).prop_map(|(n, confirms, now)| {
            let (purpose, token) = match confirms {
                true => (TokenPurpose::Confirm, token(n, now)),
                false => (TokenPurpose::Reset, token(10 + n, now)),
            };
            Act::Renew(RenewToken { app: APP, credential: credential_id(n), purpose, token })
        }),
        2 => (credential(), time()).prop_map(|(n, now)| {
            Act::Reset(ResetPassword { token: use_token(token(10 + n, NOON), now), hash: password(n + 10) })
        }),
        1 => (credential(), any::<bool>()).prop_map(|(n, first)| {
            let hash = password(if first { n } else { n + 10 });
            Act::SetPassword(SetPassword { app: APP, credential: credential_id(n), hash })
        }),
        1 => credential().prop_map(|n| Act::DeletePending(credential_id(n))),
        2 => key().prop_map(|n| Act::MakeKey(make(&key_at(n).1))),
        1 => (key(), owner(), any::<bool>()).prop_map(|(n, owner, disabled)| {
            Act::SetKeyDisabled(SetApiKeyDisabled { app: APP, owner, id: key_at(n).1.id, disabled })
        }),
        1 => (key(), owner()).prop_map(|(n, owner)| {
            Act::DeleteKey(DeleteApiKey { app: APP, owner, id: key_at(n).1.id })
        }),
    ]
}

pub(crate) async fn long_stories_at_random_go_as_the_model_says(engine: &dyn Engine) {
    let store = engine.open();
    let app = AtomicI32::new(1);
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    let tell = |story: Vec<Act>| {
        let app = AppKey(app.fetch_add(1, Ordering::Relaxed));
        let told = async {
            let mut world = World::default();
            for act in story {
                let expected = world.perform(&act);
                prop_assert!(world.is_sound(), "{act:?}");
                prop_assert_eq!(perform(&store, app, act.clone()).await, expected, "{:?}", act);
                prop_assert_eq!(look(&store, app).await, world.seen(), "{:?}", act);
            }
            Ok(())
        };
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(told))
    };
    TestRunner::new(config).run(&vec(any_act(), 1..60), tell).unwrap();
}
