//! Secrets, and what redirects are matched with.

use passerby::model::Secret;
use passerby::store::{PutRedirect, SetSecret, Taken};

use super::Engine;
use super::given::{APP, NOON, OTHER, taken};

/// Sets the secret of a name, or removes it.
fn secret(name: &str, material: Option<&[u8]>) -> SetSecret {
    let material = material.map(|bytes| Secret::new(bytes.to_vec()));
    SetSecret { app: APP, name: name.to_owned(), material }
}

pub(crate) async fn secrets_are_set_and_removed_by_name(engine: &dyn Engine) {
    let store = engine.open();
    let names = ["b", "B", "a-1", "Z", "a"];
    for name in names {
        for _again in 0..2 {
            assert!(store.set_secret(secret(name, Some(&[0, 255]))).await.unwrap());
        }
    }
    assert!(store.set_secret(secret("b", Some(b"new"))).await.unwrap());
    let kept = |name: &str| {
        let bytes = if name == "b" { b"new".to_vec() } else { vec![0, 255] };
        (name.to_owned(), Secret::new(bytes))
    };
    let sorted = ["B", "Z", "a", "a-1", "b"].map(kept);
    assert_eq!(store.secrets(APP).await.unwrap(), sorted);
    assert_eq!(store.secrets(OTHER).await.unwrap(), []);
    assert!(!store.set_secret(SetSecret { app: OTHER, ..secret("b", None) }).await.unwrap());
    assert!(store.set_secret(secret("b", None)).await.unwrap());
    assert!(!store.set_secret(secret("b", None)).await.unwrap());
    assert_eq!(store.secrets(APP).await.unwrap(), sorted[..4]);
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
