//! A guest arrives.

use passerby::model::{DeviceId, ProviderType, Session};
use passerby::store::{Bearer, LogIn, Taken};

use super::Engine;
use super::given::{APP, NOON, OTHER, device, guest, id, session_id, taken, user_id, user_of, with_device};

pub(crate) async fn a_login_makes_one_guest_with_one_session(engine: &dyn Engine) {
    let store = engine.open();
    let act = with_device(guest(NOON, 1), 5);
    store.log_in(act.clone()).await.unwrap();
    let user = user_of(&act);
    let session = Session {
        id: act.session,
        user: act.user,
        provider: ProviderType::AnonUser,
        identity: 0,
        device: act.device,
        device_details: Some(device(5).hash),
        expires: None,
    };
    let bearer = store.bearer(APP, act.user, act.session).await.unwrap();
    assert_eq!(bearer, Some(Bearer { user: user.clone(), session: session.clone() }));
    assert_eq!(store.user(APP, act.user).await.unwrap(), Some(user));
    assert_eq!(store.sessions_of(APP, act.user).await.unwrap(), [session]);
    assert_eq!(store.user_count(APP).await.unwrap(), 1);
    assert_eq!(store.device(APP, device(5).hash).await.unwrap(), Some(device(5).details));
}

pub(crate) async fn a_login_says_nothing_of_a_device_it_was_not_told(engine: &dyn Engine) {
    let store = engine.open();
    let act = guest(NOON, 1);
    store.log_in(act.clone()).await.unwrap();
    let session = store.sessions_of(APP, act.user).await.unwrap().remove(0);
    assert_eq!((session.device, session.device_details), (None, None));
    assert_eq!(store.device(APP, device(5).hash).await.unwrap(), None);
}

pub(crate) async fn the_same_login_twice_is_one(engine: &dyn Engine) {
    let store = engine.open();
    let act = with_device(guest(NOON, 1), 5);
    let racing = tokio::spawn({
        let (store, act) = (store.clone(), act.clone());
        async move { store.log_in(act).await }
    });
    store.log_in(act.clone()).await.unwrap();
    racing.await.unwrap().unwrap();
    store.log_in(act.clone()).await.unwrap();
    assert_eq!(store.user_count(APP).await.unwrap(), 1);
    assert_eq!(store.sessions_of(APP, act.user).await.unwrap().len(), 1);
}

pub(crate) async fn an_id_that_somebody_else_has_is_refused(engine: &dyn Engine) {
    let store = engine.open();
    let act = guest(NOON, 1);
    store.log_in(act.clone()).await.unwrap();
    let other_session = LogIn { session: session_id(NOON, 2), ..act.clone() };
    let other_device = LogIn { device: Some(DeviceId(id(NOON, 99))), ..act.clone() };
    let other_details = with_device(act.clone(), 5);
    for refused in [other_session, other_device, other_details] {
        assert_eq!(taken(&store.log_in(refused.clone()).await), Some(Taken::Id), "{refused:?}");
    }
    assert_eq!(store.user(APP, act.user).await.unwrap(), Some(user_of(&act)));
    assert_eq!(store.sessions_of(APP, act.user).await.unwrap().len(), 1);
    assert_eq!(store.device(APP, device(5).hash).await.unwrap(), None);
}

pub(crate) async fn a_device_is_kept_once(engine: &dyn Engine) {
    let store = engine.open();
    store.log_in(with_device(guest(NOON, 1), 5)).await.unwrap();
    store.log_in(with_device(guest(NOON, 2), 5)).await.unwrap();
    store.log_in(with_device(guest(NOON, 3), 6)).await.unwrap();
    // Once per app: what one app's devices say is none of another's business.
    assert_eq!(store.device(OTHER, device(5).hash).await.unwrap(), None);
    drop(store);
    let store = engine.open();
    store.log_in(with_device(guest(NOON, 4), 5)).await.unwrap();
    for n in [5, 6] {
        assert_eq!(store.device(APP, device(n).hash).await.unwrap(), Some(device(n).details));
    }
}

pub(crate) async fn one_id_in_two_apps_is_two_users(engine: &dyn Engine) {
    let store = engine.open();
    store.log_in(guest(NOON, 1)).await.unwrap();
    assert_eq!(store.user(OTHER, user_id(NOON, 1)).await.unwrap(), None);
    assert_eq!(store.bearer(OTHER, user_id(NOON, 1), session_id(NOON, 1)).await.unwrap(), None);
    store.log_in(LogIn { app: OTHER, ..guest(NOON, 1) }).await.unwrap();
    assert_eq!(store.user_count(APP).await.unwrap(), 1);
    assert_eq!(store.user_count(OTHER).await.unwrap(), 1);
}
