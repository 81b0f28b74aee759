//! When guests are let go, and how a sweep finds them.

use std::collections::BTreeMap;
use std::sync::Arc;

use passerby::model::{AnonymousUserExpiration, DAY, Day, ExpiryClock, Timestamp, UserId};
use passerby::store::{Expire, Expired, LogIn, SetDisabled, Store, Touch};

use super::Engine;
use super::given::{APP, NOON, OTHER, TODAY, become_someone, guest, ids, log_in_all, session_id, user_id};

const NINETY_DAYS: AnonymousUserExpiration =
    AnonymousUserExpiration { clock: ExpiryClock::Inactivity, days: 90 };

/// A bite with no cursor and room for all.
fn sweep(policy: AnonymousUserExpiration, now: Timestamp) -> Expire {
    Expire { app: APP, policy, now, after: None, limit: 1_000, events: false }
}

/// Everybody goes at `end` and not a second earlier, whichever way one asks.
async fn all_go_at(store: &Arc<dyn Store>, policy: AnonymousUserExpiration, end: Timestamp, all: &[UserId]) {
    let before = end.plus(-1);
    assert_eq!(store.next_expiry(APP, policy, None).await.unwrap(), Some(end));
    assert_eq!(store.expired(APP, policy, before, None, 1_000).await.unwrap(), []);
    let nobody = Expired { removed: vec![], after: None, more: false };
    assert_eq!(store.expire(sweep(policy, before)).await.unwrap().removed, nobody.removed);
    assert_eq!(ids(&store.expired(APP, policy, end, None, 1_000).await.unwrap()), all);
    assert_eq!(store.expire(sweep(policy, end)).await.unwrap().removed, all);
    assert_eq!(store.next_expiry(APP, policy, None).await.unwrap(), None);
    assert_eq!(store.expire(sweep(policy, end)).await.unwrap(), nobody);
    for &user in all {
        assert_eq!(store.user(APP, user).await.unwrap(), None);
        assert_eq!(store.sessions_of(APP, user).await.unwrap(), []);
    }
}

pub(crate) async fn an_inactive_guest_goes_after_so_many_whole_days(engine: &dyn Engine) {
    let store = engine.open();
    // The first and the last second of a day end alike: what counts are whole days.
    let seconds = [TODAY.start(), NOON, TODAY.start().plus(DAY - 1)];
    log_in_all(&store, seconds.map(|second| guest(second, 1))).await;
    let all = seconds.map(|second| user_id(second, 1));
    all_go_at(&store, NINETY_DAYS, Day(TODAY.0 + 91).start(), &all).await;
}

pub(crate) async fn an_old_guest_goes_to_the_second_when_age_counts(engine: &dyn Engine) {
    let store = engine.open();
    let policy = AnonymousUserExpiration { clock: ExpiryClock::Age, days: 3 };
    log_in_all(&store, [guest(NOON, 1), guest(NOON, 2), guest(NOON.plus(1), 3)]).await;
    // Being seen does not help.
    let at = Day(TODAY.0 + 2).start();
    store.touch(Touch { app: APP, user: user_id(NOON, 2), at }).await.unwrap();
    let end = NOON.plus(3 * DAY);
    let later = user_id(NOON.plus(1), 3);
    assert_eq!(store.next_expiry(APP, policy, Some(user_id(NOON, 2))).await.unwrap(), Some(end.plus(1)));
    assert!(store.user(APP, later).await.unwrap().is_some());
    let due = store.expired(APP, policy, end, None, 10).await.unwrap();
    assert_eq!(ids(&due), [user_id(NOON, 1), user_id(NOON, 2)]);
    assert_eq!(store.expire(sweep(policy, end)).await.unwrap().removed, ids(&due));
    all_go_at(&store, policy, end.plus(1), &[later]).await;
}

pub(crate) async fn nobody_goes_when_the_policy_says_never(engine: &dyn Engine) {
    let store = engine.open();
    let policy = AnonymousUserExpiration { clock: ExpiryClock::Never, days: 1 };
    log_in_all(&store, [guest(NOON, 1)]).await;
    let far = NOON.plus(20_000 * DAY);
    assert_eq!(store.next_expiry(APP, policy, None).await.unwrap(), None);
    assert_eq!(store.expired(APP, policy, far, None, 10).await.unwrap(), []);
    let nothing = Expired { removed: vec![], after: None, more: false };
    assert_eq!(store.expire(sweep(policy, far)).await.unwrap(), nothing);
    assert_eq!(store.user_count(APP).await.unwrap(), 1);
}

pub(crate) async fn a_guest_who_was_seen_stays_until_the_days_have_passed_again(engine: &dyn Engine) {
    let store = engine.open();
    log_in_all(&store, [guest(NOON, 1), guest(NOON, 2)]).await;
    let seen = user_id(NOON, 1);
    store.touch(Touch { app: APP, user: seen, at: Day(TODAY.0 + 40).start() }).await.unwrap();
    let first = store.expire(sweep(NINETY_DAYS, Day(TODAY.0 + 91).start())).await.unwrap();
    assert_eq!(first.removed, [user_id(NOON, 2)]);
    // Also with a cursor beyond: who was seen is found by the day.
    let end = Day(TODAY.0 + 131).start();
    assert_eq!(store.next_expiry(APP, NINETY_DAYS, first.after).await.unwrap(), Some(end));
    let next = Expire { after: Some(user_id(NOON, 9)), ..sweep(NINETY_DAYS, end.plus(-1)) };
    assert_eq!(store.expire(next).await.unwrap().removed, []);
    assert_eq!(store.expire(Expire { now: end, ..next }).await.unwrap().removed, [seen]);
}

pub(crate) async fn a_disabled_guest_goes_like_any_other(engine: &dyn Engine) {
    let store = engine.open();
    log_in_all(&store, [guest(NOON, 1)]).await;
    let disable = SetDisabled { app: APP, user: user_id(NOON, 1), disabled: true };
    store.set_disabled(disable).await.unwrap();
    all_go_at(&store, NINETY_DAYS, Day(TODAY.0 + 91).start(), &[user_id(NOON, 1)]).await;
}

pub(crate) async fn a_user_who_is_no_guest_any_more_stays(engine: &dyn Engine) {
    let store = engine.open();
    log_in_all(&store, [guest(NOON, 1), guest(NOON, 2)]).await;
    let at = Day(TODAY.0 + 1).start();
    store.touch(Touch { app: APP, user: user_id(NOON, 2), at }).await.unwrap();
    become_someone(&store, [1, 2]).await;
    let far = NOON.plus(20_000 * DAY);
    for clock in [ExpiryClock::Inactivity, ExpiryClock::Age] {
        let policy = AnonymousUserExpiration { clock, days: 1 };
        assert_eq!(store.next_expiry(APP, policy, None).await.unwrap(), None);
        assert_eq!(store.expired(APP, policy, far, None, 10).await.unwrap(), []);
        assert_eq!(store.expire(sweep(policy, far)).await.unwrap().removed, []);
    }
    assert_eq!(store.user_count(APP).await.unwrap(), 2);
    assert_eq!(store.sessions_of(APP, user_id(NOON, 1)).await.unwrap().len(), 1);
}

pub(crate) async fn a_guest_goes_with_its_sessions_and_leaves_other_apps_alone(engine: &dyn Engine) {
    let store = engine.open();
    log_in_all(&store, [guest(NOON, 1), LogIn { app: OTHER, ..guest(NOON, 1) }]).await;
    all_go_at(&store, NINETY_DAYS, Day(TODAY.0 + 91).start(), &[user_id(NOON, 1)]).await;
    assert!(store.bearer(OTHER, user_id(NOON, 1), session_id(NOON, 1)).await.unwrap().is_some());
    // An id that has gone may come again, with nothing of its past.
    log_in_all(&store, [guest(NOON, 1)]).await;
    assert_eq!(store.sessions_of(APP, user_id(NOON, 1)).await.unwrap().len(), 1);
}

/// Bites until there is no more; every bite keeps its bounds.
async fn bites(store: &Arc<dyn Store>, mut act: Expire) -> (Vec<UserId>, usize) {
    let mut removed = Vec::new();
    for bite in 1..1_000 {
        let done = store.expire(act).await.unwrap();
        assert!(done.removed.len() <= act.limit as usize);
        assert!(done.after >= act.after, "the cursor never moves back");
        removed.extend(done.removed);
        act.after = done.after;
        if !done.more {
            return (removed, bite);
        }
    }
    panic!("the sweep does not end");
}

pub(crate) async fn a_sweep_in_bites_removes_everybody_due_once(engine: &dyn Engine) {
    let store = engine.open();
    log_in_all(&store, (0..50).map(|n| guest(NOON.plus(i64::from(n) * DAY / 2), n))).await;
    for n in (0..50).step_by(5) {
        let user = user_id(NOON.plus(i64::from(n) * DAY / 2), n);
        store.touch(Touch { app: APP, user, at: Day(TODAY.0 + 30).start() }).await.unwrap();
    }
    let now = Day(TODAY.0 + 91 + 15).start();
    let due = ids(&store.expired(APP, NINETY_DAYS, now, None, 1_000).await.unwrap());
    let (mut removed, count) = bites(&store, Expire { limit: 4, ..sweep(NINETY_DAYS, now) }).await;
    removed.sort();
    assert_eq!(removed, due);
    assert!(count >= due.len() / 4, "{count} bites for {}", due.len());
    let late = Day(TODAY.0 + 300).start();
    let (rest, _) = bites(&store, Expire { limit: 1, ..sweep(NINETY_DAYS, late) }).await;
    assert_eq!(rest.len() + removed.len(), 50);
    assert_eq!(store.user_count(APP).await.unwrap(), 0);
}

pub(crate) async fn a_sweep_passes_survivors_in_bounded_bites(engine: &dyn Engine) {
    let store = engine.open();
    become_someone(&store, 0..200).await;
    log_in_all(&store, [guest(NOON, 500)]).await;
    let act = Expire { limit: 2, ..sweep(NINETY_DAYS, Day(TODAY.0 + 91).start()) };
    let first = store.expire(act).await.unwrap();
    assert_eq!((first.removed.len(), first.more), (0, true), "sixteen looks for each that may go");
    let (removed, count) = bites(&store, act).await;
    assert_eq!(removed, [user_id(NOON, 500)]);
    assert!((6..=8).contains(&count), "{count} bites of 32 rows pass 201");
    assert_eq!(store.user_count(APP).await.unwrap(), 200);
}

/// Lives through two months with guests of every habit, against the rule in its plainest words.
pub(crate) async fn two_weeks_of_every_habit_end_as_the_rule_says(engine: &dyn Engine) {
    let store = engine.open();
    let policy = AnonymousUserExpiration { clock: ExpiryClock::Inactivity, days: 14 };
    let mut last_active: BTreeMap<UserId, i64> = BTreeMap::new();
    let mut cursor = None;
    for day in 0..60 {
        let today = TODAY.0 + day;
        // Three guests a day for a month, the nth of whom comes back every n days until it loses interest.
        if day < 30 {
            for n in 0..3 {
                let act = guest(Day(today).start().plus(day * 1_000 + n), day as u32 * 3 + n as u32);
                last_active.insert(act.user, today);
                store.log_in(act).await.unwrap();
            }
        }
        for (n, (&user, active)) in (0..).zip(&mut last_active) {
            let age = today - user.0.created().day().0;
            if n % 4 != 0 && age % (2 * n % 17 + 1) == 0 && age < 25 {
                store.touch(Touch { app: APP, user, at: Day(today).start().plus(DAY / 4) }).await.unwrap();
                *active = today;
            }
        }
        let now = Day(today).start().plus(DAY / 3);
        let gone: Vec<UserId> =
            last_active.iter().filter(|(_, active)| **active < today - 14).map(|(user, _)| *user).collect();
        assert_eq!(ids(&store.expired(APP, policy, now, None, 1_000).await.unwrap()), gone, "day {day}");
        let next = store.next_expiry(APP, policy, cursor).await.unwrap();
        let expected = last_active.values().min().map(|active| Day(active + 15).start());
        assert_eq!(next, expected, "day {day}");
        let done = store.expire(Expire { after: cursor, limit: 50, ..sweep(policy, now) }).await.unwrap();
        assert_eq!(done.removed, gone, "day {day}");
        cursor = done.after;
        last_active.retain(|user, _| !gone.contains(user));
        assert_eq!(store.user_count(APP).await.unwrap(), last_active.len() as u64, "day {day}");
    }
    assert!(last_active.len() < 90 && cursor.is_some());
}
