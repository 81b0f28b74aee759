//! Rows that this server cannot have written are told apart, never a panic.

use passerby::store::{Error, Page, Result};

use super::given::{APP, NOON, guest, log_in_all, new_app, session_id, user_id};
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
        ("update users set data = 'no JSON'", "update users set data = null"),
        ("update users set data = '[]'", "update users set data = null"),
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

pub(crate) async fn an_impossible_session_is_corrupt(engine: &dyn Engine) {
    let store = engine.open();
    log_in_all(&store, [guest(NOON, 1)]).await;
    let store = tampered(engine, store, "update sessions set provider = 99");
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
