//! Rows that this server cannot have written are told apart, never a panic.

use passerby::model::Page;
use passerby::store::{Error, LogIn, Result};

use super::given::{
    APP, NOON, become_someone, claim, events, guest, link, log_in_all, log_in_with, new_app, session_id,
    user_id,
};
use super::{Engine, tampered};

/// The table whose row is corrupt.
fn table<T>(result: &Result<T>) -> Option<&'static str> {
    match result {
        Err(Error::Corrupt { table, .. }) => Some(*table),
        _ => None,
    }
}

pub(crate) async fn an_impossible_user_is_corrupt(engine: &dyn Engine) {
    let mut store = engine.open();
    log_in_all(&store, [guest(NOON, 1), guest(NOON, 2)]).await;
    let (user, session) = (user_id(NOON, 1), session_id(NOON, 1));
    for (damage, repair) in [
        ("update users set kind = 9", "update users set kind = 0"),
        ("update users set custom_data = 'no JSON'", "update users set custom_data = null"),
        ("update users set custom_data = '[]'", "update users set custom_data = null"),
        // Who is no guest has rows of identities.
        ("update users set guest = 0", "update users set guest = 1"),
    ] {
        store = tampered(engine, store, damage);
        assert_eq!(table(&store.user(APP, user).await), Some("users"), "{damage}");
        assert_eq!(table(&store.bearer(APP, user, session).await), Some("users"), "{damage}");
        assert_eq!(table(&store.users(APP, Page { limit: 9, ..Page::default() }).await), Some("users"));
        assert_eq!(store.user_count(APP).await.unwrap(), 2);
        store = tampered(engine, store, repair);
        assert!(store.user(APP, user).await.unwrap().is_some());
    }
}

pub(crate) async fn an_impossible_identity_is_corrupt(engine: &dyn Engine) {
    let mut store = engine.open();
    become_someone(&store, [1]).await;
    let (user, session) = (user_id(NOON, 1), session_id(NOON, 1));
    for (damage, repair) in [
        ("update identities set provider = 99 where n = 1", "update identities set provider = 4 where n = 1"),
        ("update identities set data = '5' where n = 1", "update identities set data = null where n = 1"),
        ("update identities set n = 2 where n = 1", "update identities set n = 1 where n = 2"),
    ] {
        store = tampered(engine, store, damage);
        assert_eq!(table(&store.user(APP, user).await), Some("identities"), "{damage}");
        assert_eq!(table(&store.bearer(APP, user, session).await), Some("identities"), "{damage}");
        assert_eq!(table(&store.link(link(1, claim("more"))).await), Some("identities"), "{damage}");
        store = tampered(engine, store, repair);
        assert!(store.user(APP, user).await.unwrap().is_some());
    }
    store = tampered(engine, store, "update sessions set identity = -1");
    assert_eq!(table(&store.bearer(APP, user, session).await), Some("sessions"));
}

pub(crate) async fn a_claim_without_its_user_is_corrupt(engine: &dyn Engine) {
    let store = engine.open();
    become_someone(&store, [1]).await;
    let store = tampered(engine, store, "delete from users");
    assert_eq!(table(&store.log_in(log_in_with(claim("1"), NOON, 2)).await), Some("claims"));
}

pub(crate) async fn an_impossible_event_is_corrupt(engine: &dyn Engine) {
    let mut store = engine.open();
    store.log_in(LogIn { events: events(1), ..guest(NOON, 1) }).await.unwrap();
    let providers = |bytes| format!("providers = {}", engine.bytes(bytes));
    for (damage, repair) in
        [("operation = 9".to_owned(), "operation = 1".to_owned()), (providers(&[99]), providers(&[0]))]
    {
        store = tampered(engine, store, &format!("update events set {damage}"));
        assert_eq!(table(&store.due_events(NOON, 9).await), Some("events"), "{damage}");
        store = tampered(engine, store, &format!("update events set {repair}"));
        assert_eq!(store.due_events(NOON, 9).await.unwrap().len(), 2);
    }
}

pub(crate) async fn an_impossible_session_is_corrupt(engine: &dyn Engine) {
    let store = engine.open();
    log_in_all(&store, [guest(NOON, 1)]).await;
    let store = tampered(engine, store, "update sessions set identity = 99");
    let (user, session) = (user_id(NOON, 1), session_id(NOON, 1));
    assert_eq!(table(&store.bearer(APP, user, session).await), Some("sessions"));
    assert_eq!(table(&store.sessions_of(APP, user).await), Some("sessions"));
    assert_eq!(table(&store.log_in(guest(NOON, 1)).await), Some("sessions"));
    assert!(store.user(APP, user).await.unwrap().is_some());
}

pub(crate) async fn an_app_without_its_deployment_is_corrupt(engine: &dyn Engine) {
    let store = engine.open();
    store.deploy(new_app(APP, "news-abcde", 1)).await.unwrap();
    let store = tampered(engine, store, "delete from files");
    assert_eq!(table(&store.files(APP).await), Some("deployment_files"));
    let store = tampered(engine, store, "delete from deployments");
    assert_eq!(table(&store.app(APP).await), Some("apps"));
    assert_eq!(table(&store.apps().await), Some("apps"));
}
