//! Users and their sessions, once they are there.

use passerby::model::{DAY, Day, Page, Timestamp, User, UserId};
use passerby::store::{DeleteUser, LogIn, LogOut, RevokeSessions, SetDisabled, Touch};

use super::Engine;
use super::given::{
    APP, NOON, OTHER, TODAY, device, guest, ids, log_in_all, session_id, user_id, user_of, with_device,
};

pub(crate) async fn logging_out_ends_one_session(engine: &dyn Engine) {
    let store = engine.open();
    log_in_all(&store, [guest(NOON, 1), guest(NOON, 2)]).await;
    let act = LogOut { app: APP, user: user_id(NOON, 1), session: session_id(NOON, 1) };
    assert!(!store.log_out(LogOut { app: OTHER, ..act }).await.unwrap());
    assert!(!store.log_out(LogOut { user: user_id(NOON, 2), ..act }).await.unwrap());
    assert!(store.log_out(act).await.unwrap());
    assert!(!store.log_out(act).await.unwrap(), "a second time there is nothing to end");
    assert_eq!(store.bearer(APP, act.user, act.session).await.unwrap(), None);
    assert_eq!(store.user(APP, act.user).await.unwrap(), Some(user_of(&guest(NOON, 1))));
    assert!(store.bearer(APP, user_id(NOON, 2), session_id(NOON, 2)).await.unwrap().is_some());
}

pub(crate) async fn disabling_ends_every_session(engine: &dyn Engine) {
    let store = engine.open();
    log_in_all(&store, [guest(NOON, 1), guest(NOON, 2)]).await;
    let disable = SetDisabled { app: APP, user: user_id(NOON, 1), disabled: true };
    let disabled = User { disabled: true, ..user_of(&guest(NOON, 1)) };
    for _again in 0..2 {
        assert!(store.set_disabled(disable).await.unwrap());
        assert_eq!(store.user(APP, disable.user).await.unwrap(), Some(disabled.clone()));
        assert_eq!(store.sessions_of(APP, disable.user).await.unwrap(), []);
    }
    assert!(store.set_disabled(SetDisabled { disabled: false, ..disable }).await.unwrap());
    assert_eq!(store.user(APP, disable.user).await.unwrap(), Some(user_of(&guest(NOON, 1))));
    assert!(!store.set_disabled(SetDisabled { app: OTHER, ..disable }).await.unwrap());
    assert_eq!(store.sessions_of(APP, user_id(NOON, 2)).await.unwrap().len(), 1);
}

pub(crate) async fn revoking_ends_every_session_and_keeps_the_user(engine: &dyn Engine) {
    let store = engine.open();
    log_in_all(&store, [guest(NOON, 1), guest(NOON, 2)]).await;
    let revoke = RevokeSessions { app: APP, user: user_id(NOON, 1) };
    for _again in 0..2 {
        assert!(store.revoke_sessions(revoke).await.unwrap());
        assert_eq!(store.sessions_of(APP, revoke.user).await.unwrap(), []);
        assert_eq!(store.user(APP, revoke.user).await.unwrap(), Some(user_of(&guest(NOON, 1))));
    }
    assert!(!store.revoke_sessions(RevokeSessions { app: OTHER, ..revoke }).await.unwrap());
    assert_eq!(store.sessions_of(APP, user_id(NOON, 2)).await.unwrap().len(), 1);
}

pub(crate) async fn a_deleted_user_is_gone(engine: &dyn Engine) {
    let store = engine.open();
    log_in_all(&store, [with_device(guest(NOON, 1), 5), guest(NOON, 2)]).await;
    let delete = DeleteUser { app: APP, user: user_id(NOON, 1), event: None, now: NOON };
    assert!(!store.delete_user(DeleteUser { app: OTHER, ..delete.clone() }).await.unwrap());
    assert!(store.delete_user(delete.clone()).await.unwrap());
    assert!(!store.delete_user(delete.clone()).await.unwrap(), "a second time there is nobody to delete");
    assert_eq!(store.user(APP, delete.user).await.unwrap(), None);
    assert_eq!(store.sessions_of(APP, delete.user).await.unwrap(), []);
    assert_eq!(store.bearer(APP, delete.user, session_id(NOON, 1)).await.unwrap(), None);
    assert_eq!(store.device(APP, device(5).hash).await.unwrap(), Some(device(5).details));
    assert_eq!(store.user_count(APP).await.unwrap(), 1);
}

pub(crate) async fn a_touch_moves_the_last_day_forward_only(engine: &dyn Engine) {
    let store = engine.open();
    let user = user_id(NOON, 1);
    store.log_in(guest(NOON, 1)).await.unwrap();
    let seen = async |day| {
        store.touch(Touch { app: APP, user, at: Day(day).start().plus(DAY - 1) }).await.unwrap();
        store.user(APP, user).await.unwrap().unwrap().last_seen.map(|day| day.0)
    };
    let today = TODAY.0;
    assert_eq!(seen(today - 1).await, None);
    assert_eq!(seen(today).await, None, "the day it was made is in its id");
    assert_eq!(seen(today + 2).await, Some(today + 2));
    assert_eq!(seen(today + 2).await, Some(today + 2));
    assert_eq!(seen(today + 1).await, Some(today + 2));
    assert_eq!(seen(today + 3).await, Some(today + 3));
    // Somebody who is not there.
    store.touch(Touch { app: OTHER, user, at: Day(today + 9).start() }).await.unwrap();
    assert_eq!(store.user(OTHER, user).await.unwrap(), None);
}

pub(crate) async fn pages_ascend_bytewise(engine: &dyn Engine) {
    let store = engine.open();
    // Seconds on both sides of the byte 0x80, which some orders take for negative.
    let seconds = [0x7fff_ffff, 0x0000_0001, 0x8000_0000, 0x00ff_ffff, 0xffff_ffff, 0x0100_0000];
    let acts: Vec<LogIn> =
        seconds.into_iter().flat_map(|second| [2, 1].map(|n| guest(Timestamp(second), n))).collect();
    let mut expected: Vec<UserId> = acts.iter().map(|act| act.user).collect();
    expected.sort();
    log_in_all(&store, acts).await;
    let mut found = Vec::new();
    loop {
        let page = Page { after: found.last().copied(), limit: 5, ..Page::default() };
        let users = store.users(APP, page).await.unwrap();
        assert!(users.len() <= 5);
        found.extend(ids(&users));
        if users.is_empty() {
            break;
        }
    }
    assert_eq!(found, expected);
    assert_eq!(store.users(OTHER, Page { limit: 5, ..Page::default() }).await.unwrap(), []);
}

pub(crate) async fn pages_can_be_narrowed(engine: &dyn Engine) {
    let store = engine.open();
    log_in_all(&store, (1..=4).map(|n| guest(NOON, n))).await;
    for n in [2, 4] {
        let act = SetDisabled { app: APP, user: user_id(NOON, n), disabled: true };
        store.set_disabled(act).await.unwrap();
    }
    let page = async |guest, disabled| {
        let page = Page { limit: 10, guest, disabled, ..Page::default() };
        ids(&store.users(APP, page).await.unwrap())
    };
    let users = |ns: &[u32]| ns.iter().map(|&n| user_id(NOON, n)).collect::<Vec<_>>();
    assert_eq!(page(None, None).await, users(&[1, 2, 3, 4]));
    assert_eq!(page(None, Some(true)).await, users(&[2, 4]));
    assert_eq!(page(Some(true), Some(false)).await, users(&[1, 3]));
    assert_eq!(page(Some(false), None).await, []);
}
