//! Secrets, access lists, and what redirects are matched with.

use passerby::model::AllowedIpId;
use passerby::store::{AllowedIp, ChangedSecret, PutAllowedIp, PutRedirect, PutSecret, Taken};

use super::Engine;
use super::given::{APP, NOON, OTHER, allowed_ip, id, new_app, secret, taken};

fn put(n: u32, name: &str, material: &[u8]) -> PutSecret {
    PutSecret { app: APP, secret: secret(n, name, material) }
}

pub(crate) async fn secrets_are_set_by_name_and_keep_their_ids(engine: &dyn Engine) {
    let store = engine.open();
    for (n, name) in (1..).zip(["b", "B", "a-1"]) {
        for _again in 0..2 {
            store.set_secret(put(n, name, &[0, 255])).await.unwrap();
        }
    }
    store.set_secret(put(9, "b", b"new")).await.unwrap();
    let kept = [secret(1, "b", b"new"), secret(2, "B", &[0, 255]), secret(3, "a-1", &[0, 255])];
    assert_eq!(store.secrets(APP).await.unwrap(), kept);
    assert_eq!(store.secrets(OTHER).await.unwrap(), []);
    assert!(!store.delete_secret(OTHER, kept[0].id).await.unwrap());
    assert!(store.delete_secret(APP, kept[0].id).await.unwrap());
    assert!(!store.delete_secret(APP, kept[0].id).await.unwrap());
    assert_eq!(store.secrets(APP).await.unwrap(), kept[1..]);
}

pub(crate) async fn a_secret_is_made_and_changed_by_id(engine: &dyn Engine) {
    let store = engine.open();
    for _again in 0..2 {
        assert!(store.make_secret(put(1, "a", b"1")).await.unwrap());
    }
    assert!(!store.make_secret(put(2, "a", b"2")).await.unwrap(), "the name is taken");
    assert_eq!(taken(&store.make_secret(put(1, "b", b"2")).await), Some(Taken::Id));
    assert!(store.make_secret(put(2, "b", b"2")).await.unwrap());
    assert_eq!(store.change_secret(put(2, "a", b"3")).await.unwrap(), ChangedSecret::NameTaken);
    assert_eq!(store.change_secret(put(3, "c", b"3")).await.unwrap(), ChangedSecret::Gone);
    let elsewhere = PutSecret { app: OTHER, ..put(2, "c", b"3") };
    assert_eq!(store.change_secret(elsewhere).await.unwrap(), ChangedSecret::Gone);
    assert_eq!(store.secrets(APP).await.unwrap(), [secret(1, "a", b"1"), secret(2, "b", b"2")]);
    for _again in 0..2 {
        assert_eq!(store.change_secret(put(2, "c", b"3")).await.unwrap(), ChangedSecret::Changed);
    }
    assert_eq!(store.secrets(APP).await.unwrap(), [secret(1, "a", b"1"), secret(2, "c", b"3")]);
}

pub(crate) async fn an_access_list_is_kept_with_its_app(engine: &dyn Engine) {
    let store = engine.open();
    store.deploy(new_app(APP, "news-abcde", 1)).await.unwrap();
    let list = async || store.app(APP).await.unwrap().unwrap().access_list;
    let first = allowed_ip(1, "0.0.0.0/0");
    assert_eq!(list().await, std::slice::from_ref(&first));
    let second = allowed_ip(2, "192.0.2.7");
    let act = PutAllowedIp { app: APP, entry: second.clone() };
    for _again in 0..2 {
        store.allow_ip(act.clone()).await.unwrap();
    }
    let other = PutAllowedIp { entry: allowed_ip(2, "192.0.2.8"), ..act.clone() };
    assert_eq!(taken(&store.allow_ip(other.clone()).await), Some(Taken::Id));
    assert_eq!(list().await, [first.clone(), second.clone()]);
    assert_eq!(store.apps().await.unwrap()[0].access_list, [first.clone(), second.clone()]);
    let changed = AllowedIp { comment: "home".to_owned(), ..other.entry };
    assert!(store.change_allowed_ip(PutAllowedIp { app: APP, entry: changed.clone() }).await.unwrap());
    let elsewhere = PutAllowedIp { app: OTHER, entry: changed.clone() };
    assert!(!store.change_allowed_ip(elsewhere).await.unwrap());
    assert_eq!(list().await, [first.clone(), changed.clone()]);
    assert!(!store.disallow_ip(OTHER, first.id).await.unwrap());
    assert!(!store.disallow_ip(APP, AllowedIpId(id(NOON, 0))).await.unwrap());
    assert!(store.disallow_ip(APP, first.id).await.unwrap());
    assert!(!store.disallow_ip(APP, first.id).await.unwrap());
    assert_eq!(list().await, [changed]);
}

pub(crate) async fn an_app_keeps_how_long_its_sessions_last(engine: &dyn Engine) {
    let store = engine.open();
    store.deploy(new_app(APP, "news-abcde", 1)).await.unwrap();
    assert_eq!(store.app(APP).await.unwrap().unwrap().refresh_token_seconds, None);
    assert!(!store.set_refresh_token_seconds(OTHER, 1_800).await.unwrap());
    for _again in 0..2 {
        assert!(store.set_refresh_token_seconds(APP, 1_800).await.unwrap());
        assert_eq!(store.app(APP).await.unwrap().unwrap().refresh_token_seconds, Some(1_800));
    }
}

/// A redirect that began so many seconds after noon and may take ten minutes.
fn redirect(state: u8, seconds: i64) -> PutRedirect {
    let now = NOON.plus(seconds);
    PutRedirect { state: [state; 32], record: format!(r#"{{"n":{state}}}"#), until: now.plus(600), now }
}

pub(crate) async fn a_redirect_comes_back_once_and_in_its_time(engine: &dyn Engine) {
    let store = engine.open();
    for n in [1, 2, 3] {
        for _again in 0..2 {
            store.put_redirect(redirect(n, 0)).await.unwrap();
        }
    }
    let other = PutRedirect { record: "{}".to_owned(), ..redirect(1, 0) };
    assert_eq!(taken(&store.put_redirect(other).await), Some(Taken::Id));
    let taken =
        async |state: u8, seconds| store.take_redirect([state; 32], NOON.plus(seconds)).await.unwrap();
    assert_eq!(taken(9, 0).await, None);
    assert_eq!(taken(1, 599).await.as_deref(), Some(r#"{"n":1}"#));
    assert_eq!(taken(1, 599).await, None);
    assert_eq!(taken(2, 600).await, None);
    assert_eq!(taken(3, 0).await.as_deref(), Some(r#"{"n":3}"#));
}

pub(crate) async fn lapsed_redirects_do_not_gather(engine: &dyn Engine) {
    let store = engine.open();
    for n in 0..40 {
        store.put_redirect(redirect(n, i64::from(n))).await.unwrap();
    }
    for n in 40..60 {
        store.put_redirect(redirect(n, 10_000)).await.unwrap();
    }
    // Had they been kept, they would come back by a clock that is behind.
    let mut there = 0;
    for n in 0..60 {
        there += usize::from(store.take_redirect([n; 32], NOON).await.unwrap().is_some());
    }
    assert_eq!(there, 20);
}
