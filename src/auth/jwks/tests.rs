use serde_json::json;

use super::*;
use crate::auth::stand_in::{Internet, Signer};

const URL: &str = "https://idp.example/keys";
const START: i64 = 1_800_000_000;

fn sets() -> (Arc<Internet>, KeySets) {
    let internet = Arc::new(Internet::default());
    (internet.clone(), KeySets::new(internet))
}

fn set(ids: &[&str]) -> serde_json::Value {
    json!({ "keys": ids.iter().map(|id| Signer::rsa().jwk(id)).collect::<Vec<_>>() })
}

fn silent() -> NoKey {
    NoKey::Unavailable("failed to fetch from idp.example in 10000 ms".to_owned())
}

/// What came of asking for a key at a second after the start, and how often the issuer was asked for it.
async fn ask(internet: &Internet, sets: &KeySets, id: &str, second: i64) -> (Result<(), NoKey>, usize) {
    let answer = sets.key(URL, id, Timestamp(START + second)).await.map(drop);
    (answer, internet.asked().len())
}

#[tokio::test]
async fn a_set_is_fetched_once_in_ten_minutes() {
    let (internet, sets) = sets();
    internet.answers(URL, 200, set(&["a", "b"]));
    for (id, second, fetches) in [("a", 0, 1), ("b", 1, 0), ("a", 599, 0), ("a", 600, 1), ("b", 1199, 0)] {
        assert_eq!(ask(&internet, &sets, id, second).await, (Ok(()), fetches), "{id} at {second}");
    }
}

#[tokio::test]
async fn the_fetched_key_verifies() {
    let (internet, sets) = sets();
    internet.answers(URL, 200, set(&["a"]));
    let key = sets.key(URL, "a", Timestamp(START)).await.ok().unwrap();
    assert!(key.verifies(b"message", &Signer::rsa().sign_bytes(b"message")));
    assert!(!key.verifies(b"message", &Signer::other_rsa().sign_bytes(b"message")));
}

#[tokio::test]
async fn an_unknown_key_id_asks_again_at_most_once_a_minute() {
    let (internet, sets) = sets();
    internet.answers(URL, 200, set(&["a"]));
    assert_eq!(ask(&internet, &sets, "a", 0).await, (Ok(()), 1));
    assert_eq!(ask(&internet, &sets, "b", 59).await, (Err(NoKey::Unknown), 0));
    assert_eq!(ask(&internet, &sets, "b", 60).await, (Err(NoKey::Unknown), 1));
    internet.answers(URL, 200, set(&["b"]));
    assert_eq!(ask(&internet, &sets, "c", 119).await, (Err(NoKey::Unknown), 0));
    assert_eq!(ask(&internet, &sets, "b", 120).await, (Ok(()), 1));
    assert_eq!(ask(&internet, &sets, "a", 121).await, (Err(NoKey::Unknown), 0), "a was withdrawn");
}

#[tokio::test]
async fn keys_outlive_their_issuers_silence_for_a_day() {
    let (internet, sets) = sets();
    internet.answers(URL, 200, set(&["a"]));
    assert_eq!(ask(&internet, &sets, "a", 0).await, (Ok(()), 1));
    internet.is_silent_at(URL);
    assert_eq!(ask(&internet, &sets, "a", 600).await, (Ok(()), 1));
    assert_eq!(ask(&internet, &sets, "a", 659).await, (Ok(()), 0), "no second try within the minute");
    internet.answers(URL, 503, "down");
    assert_eq!(ask(&internet, &sets, "a", 660).await, (Ok(()), 1));
    internet.answers(URL, 200, "<html>");
    assert_eq!(ask(&internet, &sets, "a", DAY - 1).await, (Ok(()), 1));
    let no_set = NoKey::Unavailable("the answer is no key set".to_owned());
    assert_eq!(ask(&internet, &sets, "a", DAY).await, (Err(no_set.clone()), 0));
    assert_eq!(ask(&internet, &sets, "a", DAY + 9).await, (Err(no_set), 1));
    internet.answers(URL, 200, set(&["a"]));
    assert_eq!(ask(&internet, &sets, "a", DAY + 19).await, (Ok(()), 1));
}

#[tokio::test]
async fn a_set_that_was_never_there_is_tried_every_ten_seconds() {
    let (internet, sets) = sets();
    assert_eq!(ask(&internet, &sets, "a", 0).await, (Err(silent()), 1));
    assert_eq!(ask(&internet, &sets, "a", 9).await, (Err(silent()), 0));
    internet.answers(URL, 302, "");
    let moved = NoKey::Unavailable("the issuer answered 302".to_owned());
    assert_eq!(ask(&internet, &sets, "a", 10).await, (Err(moved), 1));
    internet.answers(URL, 200, set(&["a"]));
    assert_eq!(ask(&internet, &sets, "a", 20).await, (Ok(()), 1));
}

#[tokio::test]
async fn a_clock_that_went_back_asks_again_and_refuses_nobody() {
    let (internet, sets) = sets();
    internet.answers(URL, 200, set(&["a"]));
    assert_eq!(ask(&internet, &sets, "a", 0).await, (Ok(()), 1));
    assert_eq!(ask(&internet, &sets, "a", -10_000).await, (Ok(()), 1));
    assert_eq!(ask(&internet, &sets, "a", -9_999).await, (Ok(()), 0));
}

#[tokio::test]
async fn many_who_wait_share_one_fetch() {
    let (internet, sets) = sets();
    internet.answers(URL, 200, set(&["a"]));
    let now = Timestamp(START);
    let (a, b, c, d) = tokio::join!(
        sets.key(URL, "a", now),
        sets.key(URL, "a", now),
        sets.key(URL, "b", now),
        sets.key(URL, "a", now)
    );
    assert!(a.is_ok() && b.is_ok() && d.is_ok());
    assert_eq!(c.err(), Some(NoKey::Unknown));
    assert_eq!(internet.asked(), [URL]);
    // While somebody fetches anew, the others go on with what there is.
    let later = Timestamp(START + 700);
    let (first, second) = tokio::join!(sets.key(URL, "a", later), sets.key(URL, "a", later));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(internet.asked(), [URL]);
}

#[tokio::test]
async fn a_client_who_hangs_up_does_not_end_the_fetch() {
    let (internet, sets) = sets();
    internet.answers(URL, 200, set(&["a"]));
    let now = Timestamp(START);
    {
        let mut asking = std::pin::pin!(sets.key(URL, "a", now));
        std::future::poll_fn(|context| {
            assert!(asking.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
    }
    assert!(sets.key(URL, "a", now).await.is_ok());
    assert_eq!(internet.asked(), [URL]);
}

#[tokio::test]
async fn sets_and_keys_are_bounded() {
    let (internet, sets) = sets();
    let ids: Vec<String> = (0..40).map(|n| format!("k{n}")).collect();
    internet.answers(URL, 200, set(&ids.iter().map(String::as_str).collect::<Vec<_>>()));
    assert_eq!(ask(&internet, &sets, "k31", 0).await, (Ok(()), 1));
    assert_eq!(ask(&internet, &sets, "k32", 0).await, (Err(NoKey::Unknown), 0));
    for n in 1..=300 {
        let url = format!("https://idp{n}.example/keys");
        internet.answers(&url, 200, set(&[]));
        let _ = sets.key(&url, "a", Timestamp(START + n)).await;
    }
    assert_eq!(sets.sets.lock().unwrap().len(), MOST_SETS);
    assert!(!sets.sets.lock().unwrap().contains_key(URL), "the oldest goes first");
}

#[test]
fn what_cannot_verify_rs256_is_passed_over() {
    let good = Signer::rsa().jwk("a");
    let with = |key: &str, value: serde_json::Value| {
        let mut jwk = good.clone();
        jwk[key] = value;
        jwk
    };
    let mut bare = good.clone();
    for key in ["use", "alg"] {
        bare.as_object_mut().unwrap().remove(key);
    }
    let ids = |document: &serde_json::Value| {
        read(document.to_string().as_bytes())
            .map(|keys| keys.into_iter().map(|(id, _)| id).collect::<Vec<String>>())
    };
    let one = Some(vec!["a".to_owned()]);
    assert_eq!(ids(&good), one, "a single key");
    assert_eq!(ids(&json!({ "keys": [good] })), one);
    assert_eq!(ids(&json!({ "keys": [bare] })), one);
    for key in [
        with("kty", json!("EC")),
        with("kty", json!("oct")),
        with("use", json!("enc")),
        with("alg", json!("RS512")),
        with("alg", json!("HS256")),
        with("kid", json!(null)),
        with("kid", json!(7)),
        with("n", json!("AQAB")),
        with("n", json!("!")),
        with("e", json!("AQ")),
        with("e", json!(null)),
        json!("text"),
        json!({}),
    ] {
        assert_eq!(ids(&json!({ "keys": [key, good] })), one, "{key}");
    }
    assert_eq!(ids(&json!({ "keys": [] })), Some(Vec::new()));
    for document in [json!({}), json!([]), json!("x"), json!({ "keys": {} })] {
        assert_eq!(ids(&document), None, "{document}");
    }
}
