//! Key sets of others, fetched when they are needed and kept for a while.
//!
//! A set is fresh for ten minutes. An unknown key id makes us look again, at most once a minute, since anybody can invent
//! one. However many logins wait for a set, it is fetched once at a time; and when its issuer does not answer, the keys
//! that we have stay good for a day.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use tokio::sync::OwnedMutexGuard;

use super::outbound::{Fetch, Request};
use super::rsa_key::RsaKey;
use crate::model::{DAY, Timestamp};

/// How long a set is believed without asking again.
const FRESH_SECS: i64 = 600;
/// How long a set is believed when its issuer does not answer.
const STALE_SECS: i64 = DAY;
/// Between two fetches while there are keys, for the sake of the issuer.
const REFETCH_SECS: i64 = 60;
/// Between two fetches while there are none, for the sake of those who wait to log in.
const RETRY_SECS: i64 = 10;
/// Keys of one set that are kept.
const MOST_KEYS: usize = 32;
/// Sets that are kept.
const MOST_SETS: usize = 256;

/// Why there is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoKey {
    /// The set is known and has no such key.
    #[error("the key set has no RS256 key with the token's 'kid'")]
    Unknown,
    /// The set is not known.
    #[error("the key set is not available: {0}")]
    Unavailable(String),
}

/// The sets, by address.
pub struct KeySets {
    fetch: Arc<dyn Fetch>,
    sets: Mutex<HashMap<String, Arc<Slot>>>,
}

/// What is known of one set.
#[derive(Default)]
struct Slot {
    known: Mutex<Known>,
    /// Whoever holds it fetches.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct Known {
    keys: Option<Keys>,
    fetched: Timestamp,
    tried: Option<Timestamp>,
    failure: String,
}

type Keys = Vec<(String, Arc<RsaKey>)>;

/// What is to be done about a key.
enum Next {
    Answer(Result<Arc<RsaKey>, NoKey>),
    /// Fetch; who cannot fetch now may take what is there.
    Fetch {
        meanwhile: Option<Arc<RsaKey>>,
    },
}

impl KeySets {
    /// No set is known yet.
    pub fn new(fetch: Arc<dyn Fetch>) -> KeySets {
        KeySets { fetch, sets: Mutex::default() }
    }

    /// The key of an id in the set at an address.
    pub async fn key(&self, url: &str, id: &str, now: Timestamp) -> Result<Arc<RsaKey>, NoKey> {
        let slot = self.slot(url);
        let meanwhile = match slot.known().next(id, now) {
            Next::Answer(answer) => return answer,
            Next::Fetch { meanwhile } => meanwhile,
        };
        let turn = match slot.turn.clone().try_lock_owned() {
            Ok(turn) => turn,
            Err(_) => {
                if let Some(key) = meanwhile {
                    return Ok(key);
                }
                slot.turn.clone().lock_owned().await
            }
        };
        // Somebody may have fetched while we waited for our turn.
        if let Next::Answer(answer) = slot.known().next(id, now) {
            return answer;
        }
        // A task of its own, so that a client who hangs up does not end what others wait for.
        let fetching = tokio::spawn(fetch(self.fetch.clone(), slot.clone(), url.to_owned(), now, turn));
        let broke_off = || NoKey::Unavailable("the fetch broke off".to_owned());
        fetching.await.map_err(|_| broke_off())?;
        match slot.known().next(id, now) {
            Next::Answer(answer) => answer,
            Next::Fetch { .. } => Err(broke_off()),
        }
    }

    fn slot(&self, url: &str) -> Arc<Slot> {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = sets.get(url) {
            return slot.clone();
        }
        if sets.len() >= MOST_SETS {
            let oldest = sets.iter().min_by_key(|(_, slot)| slot.known().tried).map(|(url, _)| url.clone());
            oldest.map(|url| sets.remove(&url));
        }
        sets.entry(url.to_owned()).or_default().clone()
    }
}

impl Slot {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn next(&self, id: &str, now: Timestamp) -> Next {
        let tried_within =
            |secs: i64| self.tried.is_some_and(|tried| (0..secs).contains(&now.0.saturating_sub(tried.0)));
        let age = now.0.saturating_sub(self.fetched.0);
        let Some(keys) = self.keys.as_ref().filter(|_| age < STALE_SECS) else {
            return if tried_within(RETRY_SECS) {
                Next::Answer(Err(NoKey::Unavailable(self.failure.clone())))
            } else {
                Next::Fetch { meanwhile: None }
            };
        };
        let key = keys.iter().find(|(known, _)| known == id).map(|(_, key)| key.clone());
        // A clock that went back makes an age below zero: then we look again.
        let fresh = (0..FRESH_SECS).contains(&age);
        match key {
            Some(key) if fresh || tried_within(REFETCH_SECS) => Next::Answer(Ok(key)),
            None if tried_within(REFETCH_SECS) => Next::Answer(Err(NoKey::Unknown)),
            key => Next::Fetch { meanwhile: key },
        }
    }
}

async fn fetch(
    fetch: Arc<dyn Fetch>,
    slot: Arc<Slot>,
    url: String,
    now: Timestamp,
    turn: OwnedMutexGuard<()>,
) {
    let request = Request::get(url).with_header("accept", "application/json");
    let answer = match fetch.fetch(request).await {
        Ok(response) if response.status == 200 => {
            read(&response.body).ok_or_else(|| "the answer is no key set".to_owned())
        }
        Ok(response) => Err(format!("the issuer answered {}", response.status)),
        Err(error) => Err(error.to_string()),
    };
    let mut known = slot.known();
    known.tried = Some(now);
    match answer {
        Ok(keys) => {
            known.keys = Some(keys);
            known.fetched = now;
        }
        Err(failure) => {
            tracing::warn!(failure, "failed to fetch a key set");
            known.failure = failure;
        }
    }
    drop(known);
    drop(turn);
}

#[derive(Deserialize)]
struct Jwk {
    kty: Option<String>,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

/// The keys of a document that is a set or a single key; those that cannot verify RS256 are passed over.
fn read(document: &[u8]) -> Option<Keys> {
    let document: serde_json::Value = serde_json::from_slice(document).ok()?;
    let found = match document.get("keys") {
        Some(keys) => keys.as_array()?.as_slice(),
        None if document.get("kty").is_some() => std::slice::from_ref(&document),
        None => return None,
    };
    Some(found.iter().filter_map(read_key).take(MOST_KEYS).collect())
}

fn read_key(key: &serde_json::Value) -> Option<(String, Arc<RsaKey>)> {
    let key = Jwk::deserialize(key).ok()?;
    let fits = key.kty.as_deref() == Some("RSA")
        && key.purpose.is_none_or(|purpose| purpose == "sig")
        && key.alg.is_none_or(|alg| alg == "RS256");
    if !fits {
        return None;
    }
    let [n, e] = [key.n?, key.e?].map(|number| URL_SAFE_NO_PAD.decode(number.trim_end_matches('=')).ok());
    Some((key.kid?, Arc::new(RsaKey::from_components(&n?, &e?).ok()?)))
}

#[cfg(test)]
mod tests;
