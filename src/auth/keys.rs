//! Signing keys: per app and purpose, so that app A's token never passes app B's backend, and a refresh token never
//! stands in for an access token.
//!
//! The newest key of a purpose signs; all of them verify until they are retired.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, ParsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{App, Auth, Error, Result};
use crate::model::{AppKey, Dice, Secret, Timestamp};
use crate::store::{AddKey, AppRecord, KeyRecord, RetireKey};

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPurpose {
    /// Access tokens in the `standard` form: ES256.
    AccessStandard,
    /// Access tokens in the `original` form: HS256.
    AccessOriginal,
    /// Refresh tokens: HS256.
    Refresh,
}

impl KeyPurpose {
    /// Every purpose.
    pub const ALL: [KeyPurpose; 3] =
        [KeyPurpose::AccessStandard, KeyPurpose::AccessOriginal, KeyPurpose::Refresh];

    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyPurpose::AccessStandard => "access",
            KeyPurpose::AccessOriginal => "access-original",
            KeyPurpose::Refresh => "refresh",
        }
    }

    /// The signature algorithm, in JWT's words.
    pub fn algorithm(self) -> &'static str {
        match self {
            KeyPurpose::AccessStandard => "ES256",
            KeyPurpose::AccessOriginal | KeyPurpose::Refresh => "HS256",
        }
    }

    /// The store's number. Never changed, never reused.
    fn number(self) -> u8 {
        match self {
            KeyPurpose::AccessStandard => 1,
            KeyPurpose::AccessOriginal => 2,
            KeyPurpose::Refresh => 3,
        }
    }

    fn from_number(number: u8) -> Option<KeyPurpose> {
        KeyPurpose::ALL.into_iter().find(|p| p.number() == number)
    }
}

impl Serialize for KeyPurpose {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for KeyPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KeyPurpose {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<KeyPurpose, String> {
        KeyPurpose::ALL.into_iter().find(|p| p.as_str() == text).ok_or_else(|| {
            format!("unknown purpose `{text}`: expected `access`, `access-original` or `refresh`")
        })
    }
}

/// Opens and closes what is stored of a key. Without a master key the bytes are stored as they are.
pub struct Sealer {
    master: Option<LessSafeKey>,
}

/// First byte of stored material that is not sealed.
const PLAIN: u8 = 0;
/// First byte of material sealed with AES-256-GCM: then 12 bytes of nonce, then ciphertext and tag.
const SEALED: u8 = 1;

impl Sealer {
    /// Stores keys as they are.
    pub fn none() -> Sealer {
        Sealer { master: None }
    }

    /// Seals keys with a master key of 32 bytes.
    pub fn with_master_key(key: &Secret<[u8; 32]>) -> Result<Sealer> {
        let unbound = UnboundKey::new(&AES_256_GCM, key.expose())
            .map_err(|_| Error::Unreadable("the master key".to_owned()))?;
        Ok(Sealer { master: Some(LessSafeKey::new(unbound)) })
    }

    /// Whether there is a master key.
    pub(super) fn seals(&self) -> bool {
        self.master.is_some()
    }

    pub(super) fn seal(&self, dice: &dyn Dice, about: &str, bytes: &[u8]) -> Result<Secret<Vec<u8>>> {
        let Some(master) = &self.master else {
            return Ok(Secret::new([&[PLAIN], bytes].concat()));
        };
        let mut nonce = [0; NONCE_LEN];
        dice.fill(&mut nonce);
        let mut sealed = bytes.to_vec();
        master
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(about.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| Error::Unreadable("the master key".to_owned()))?;
        Ok(Secret::new([&[SEALED], nonce.as_slice(), &sealed].concat()))
    }

    pub(super) fn open(&self, about: &str, stored: &[u8]) -> Result<Secret<Vec<u8>>> {
        let unreadable =
            || Error::Unreadable(format!("{about}: is the master key the one it was sealed with?"));
        match (stored.split_first(), &self.master) {
            (Some((&PLAIN, bytes)), _) => Ok(Secret::new(bytes.to_vec())),
            (Some((&SEALED, rest)), Some(master)) => {
                let (nonce, sealed) = rest.split_at_checked(NONCE_LEN).ok_or_else(unreadable)?;
                let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| unreadable())?;
                let mut bytes = sealed.to_vec();
                let opened = master.open_in_place(nonce, Aad::from(about.as_bytes()), &mut bytes);
                Ok(Secret::new(opened.map_err(|_| unreadable())?.to_vec()))
            }
            (Some((&SEALED, _)), None) => {
                Err(Error::Unreadable(format!("{about}: it is sealed, and no master key was given")))
            }
            _ => Err(unreadable()),
        }
    }
}

/// Whether a stored key needs the master key to be opened.
pub(super) fn is_sealed(key: &KeyRecord) -> bool {
    key.material.expose().first() == Some(&SEALED)
}

/// What a sealed key is bound to, so that one row's bytes do not open in another's place.
fn about(app: AppKey, purpose: KeyPurpose, id: &str) -> String {
    format!("the {purpose} key {id} of app {}", app.0)
}

/// A new key of random bytes under a random id.
///
/// An ES256 key is made by the cryptography library from the system's own randomness: a key must never come from
/// seeded dice.
pub(super) fn new_key(
    dice: &dyn Dice,
    sealer: &Sealer,
    app: AppKey,
    purpose: KeyPurpose,
    now: Timestamp,
) -> Result<KeyRecord> {
    let mut name = [0; 12];
    dice.fill(&mut name);
    let id = URL_SAFE_NO_PAD.encode(name);
    let bytes = match purpose {
        KeyPurpose::AccessStandard => {
            let made = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).and_then(|k| k.to_pkcs8v1());
            made.map_err(|_| Error::Unreadable("the system's randomness".to_owned()))?.as_ref().to_vec()
        }
        KeyPurpose::AccessOriginal | KeyPurpose::Refresh => {
            let mut bytes = vec![0; 32];
            dice.fill(&mut bytes);
            bytes
        }
    };
    let material = sealer.seal(dice, &about(app, purpose, &id), &bytes)?;
    Ok(KeyRecord { id, purpose: purpose.number(), material, created: now })
}

/// The first keys of a new app, one of each purpose.
pub(super) fn first_keys(
    dice: &dyn Dice,
    sealer: &Sealer,
    app: AppKey,
    now: Timestamp,
) -> Result<Vec<KeyRecord>> {
    KeyPurpose::ALL.into_iter().map(|purpose| new_key(dice, sealer, app, purpose, now)).collect()
}

/// An HS256 key.
pub(super) struct HmacKey {
    id: String,
    created: Timestamp,
    pub(super) key: hmac::Key,
    /// The first segment of its tokens. The original's header names no key, so each key is tried.
    pub(super) header: String,
}

/// An ES256 key.
pub(super) struct EcKey {
    pub(super) id: String,
    created: Timestamp,
    pub(super) pair: EcdsaKeyPair,
    pub(super) public: ParsedPublicKey,
    /// The first segment of its tokens; it names the key.
    pub(super) header: String,
}

/// The keys of one app, oldest first.
pub(super) struct KeyRing {
    pub(super) access_standard: Vec<EcKey>,
    pub(super) access_original: Vec<HmacKey>,
    pub(super) refresh: Vec<HmacKey>,
}

impl KeyRing {
    pub(super) fn open(record: &AppRecord, sealer: &Sealer) -> Result<KeyRing> {
        let mut ring = KeyRing { access_standard: vec![], access_original: vec![], refresh: vec![] };
        for key in &record.keys {
            let purpose = KeyPurpose::from_number(key.purpose)
                .ok_or_else(|| Error::Unreadable(format!("the purpose of key {}", key.id)))?;
            let about = about(record.key, purpose, &key.id);
            let bytes = sealer.open(&about, key.material.expose()).map_err(|error| match error {
                // The app's number, to which the key is bound, says nothing to anybody.
                Error::Unreadable(text) => Error::Unreadable(text.replacen(
                    &format!("of app {}", record.key.0),
                    &format!("of {}", record.client_app_id),
                    1,
                )),
                other => other,
            })?;
            match purpose {
                KeyPurpose::AccessStandard => ring.access_standard.push(ec_key(key, &about, bytes.expose())?),
                KeyPurpose::AccessOriginal => ring.access_original.push(hmac_key(key, bytes.expose())),
                KeyPurpose::Refresh => ring.refresh.push(hmac_key(key, bytes.expose())),
            }
        }
        if ring.access_standard.is_empty() || ring.access_original.is_empty() || ring.refresh.is_empty() {
            return Err(Error::Unreadable(format!(
                "the keys of {}: one of each purpose is due",
                record.client_app_id
            )));
        }
        Ok(ring)
    }

    /// The ES256 public keys as a JSON Web Key Set.
    fn jwks(&self) -> Value {
        let keys: Vec<Value> = self.access_standard.iter().map(jwk).collect();
        json!({ "keys": keys })
    }

    fn listed(&self) -> Vec<KeyListing> {
        let standard = self.access_standard.iter().map(|k| (KeyPurpose::AccessStandard, &k.id, k.created));
        let original = self.access_original.iter().map(|k| (KeyPurpose::AccessOriginal, &k.id, k.created));
        let refresh = self.refresh.iter().map(|k| (KeyPurpose::Refresh, &k.id, k.created));
        let mut list: Vec<KeyListing> = Vec::new();
        for (purpose, id, created) in standard.chain(original).chain(refresh) {
            // The newest of a purpose signs, and it comes last.
            if let Some(older) = list.last_mut().filter(|older| older.purpose == purpose) {
                older.signs = false;
            }
            list.push(KeyListing::of(id, purpose, created));
        }
        list
    }
}

/// A stored HS256 key, opened.
pub(super) fn hmac_key(record: &KeyRecord, bytes: &[u8]) -> HmacKey {
    HmacKey {
        id: record.id.clone(),
        created: record.created,
        key: hmac::Key::new(hmac::HMAC_SHA256, bytes),
        header: URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#),
    }
}

fn ec_key(record: &KeyRecord, about: &str, pkcs8: &[u8]) -> Result<EcKey> {
    let unreadable = |_| Error::Unreadable(about.to_owned());
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(unreadable)?;
    let public =
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref()).map_err(unreadable)?;
    let header = json!({ "alg": "ES256", "kid": record.id, "typ": "JWT" }).to_string();
    Ok(EcKey {
        id: record.id.clone(),
        created: record.created,
        pair,
        public,
        header: URL_SAFE_NO_PAD.encode(header),
    })
}

/// A public key as RFC 7517 writes it.
fn jwk(key: &EcKey) -> Value {
    // An uncompressed point: 0x04, then x and y of 32 bytes each.
    let point = key.pair.public_key().as_ref();
    let coordinate = |range| URL_SAFE_NO_PAD.encode(point.get(range).unwrap_or_default());
    json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": key.id,
        "x": coordinate(1..33), "y": coordinate(33..65),
    })
}

/// A key as the CLI lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyListing {
    /// Its id, `kid` in the tokens it signs.
    pub id: String,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// `ES256` or `HS256`.
    pub algorithm: &'static str,
    /// When it was made, in seconds.
    pub created: i64,
    /// Whether new tokens are signed with it; the others only verify.
    pub signs: bool,
}

impl KeyListing {
    /// A key that signs.
    fn of(id: &str, purpose: KeyPurpose, created: Timestamp) -> KeyListing {
        let algorithm = purpose.algorithm();
        KeyListing { id: id.to_owned(), purpose, algorithm, created: created.0, signs: true }
    }
}

impl App {
    /// The public keys of the app's standard tokens, as a JSON Web Key Set.
    pub fn jwks(&self) -> Value {
        self.keys.jwks()
    }

    /// The app's signing keys, by purpose, oldest first.
    pub fn signing_keys(&self) -> Vec<KeyListing> {
        self.keys.listed()
    }
}

impl Auth {
    /// Starts a new key; the old ones go on verifying until they are retired.
    pub async fn rotate_key(&self, app: &Arc<App>, purpose: KeyPurpose) -> Result<KeyListing> {
        // The newest key signs, so two of one second must not be taken for each other.
        let keys = app.signing_keys().into_iter().filter(|key| key.purpose == purpose);
        let newest = keys.map(|key| key.created).max().unwrap_or_default();
        let created = self.clock().now().max(Timestamp(newest).plus(1));
        let key = new_key(self.dice(), &self.parts.sealer, app.key, purpose, created)?;
        let listing = KeyListing::of(&key.id, purpose, created);
        self.changing(async { Ok(self.store().add_key(AddKey { app: app.key, key }).await?) }).await?;
        Ok(listing)
    }

    /// Removes a key that no longer signs. Tokens that it signed stop being good; for a refresh key that ends
    /// sessions, so it must be said.
    pub async fn retire_key(&self, app: &Arc<App>, id: &str, end_sessions: bool) -> Result<()> {
        let listed = app.signing_keys();
        let key = listed.iter().find(|k| k.id == id);
        let key = key.ok_or_else(|| Error::KeyNotFound { purpose: "signing", id: id.to_owned() })?;
        if key.signs {
            return Err(Error::KeyInUse(id.to_owned()));
        }
        if key.purpose == KeyPurpose::Refresh && !end_sessions {
            return Err(Error::EndsSessions);
        }
        let retire = RetireKey { app: app.key, purpose: key.purpose.number(), id: id.to_owned() };
        self.changing(async { Ok(self.store().retire_key(retire).await?) }).await.map(|_| ())
    }
}
