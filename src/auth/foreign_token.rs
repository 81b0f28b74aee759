//! JWTs that somebody else signed.
//!
//! What the configuration says decides which keys and which algorithm there are; the token's own header chooses among
//! the keys of a set and nothing else. Nothing in a token is looked at before its signature is found good.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::jwks::{KeySets, NoKey};
use super::rsa_key::{BadRsaKey, RsaKey};
use crate::model::{Secret, Timestamp};

/// Longer texts are refused unread.
const LONGEST_TOKEN: usize = 1_000_000;
/// The longest `sub`, in bytes, since it becomes a key of the store.
const LONGEST_SUBJECT: usize = 1024;
/// How far the issuer's clock may be ahead of ours.
const LEEWAY_SECS: i64 = 60;
/// Keys that one provider may have.
const MOST_KEYS: usize = 3;

/// The keys that may verify a token, each with the one algorithm that it is for.
pub enum Keys {
    /// HS256, each is tried.
    Hmac(Vec<hmac::Key>),
    /// RS256, each is tried.
    Rsa(Vec<RsaKey>),
    /// RS256, with the key of the set at an address that the token's `kid` names.
    Set(String),
}

/// Signing keys that are of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKeys {
    /// None, or too many.
    #[error("failed to accept {0} signing keys: expected 1 to 3")]
    Count(usize),
    /// A secret that is too short, too long, or not of printable ASCII.
    #[error("failed to accept an HS256 signing key: expected 32 to 512 printable ASCII characters")]
    Hmac,
    /// A key that is no RSA public key.
    #[error(transparent)]
    Rsa(#[from] BadRsaKey),
}

impl Keys {
    /// Keys for HS256.
    pub fn hs256(secrets: &[Secret<String>]) -> Result<Keys, BadKeys> {
        check_count(secrets.len())?;
        let key = |secret: &Secret<String>| {
            let secret = secret.expose();
            let fits =
                (32..=512).contains(&secret.len()) && secret.bytes().all(|b| (b' '..=b'~').contains(&b));
            if fits { Ok(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())) } else { Err(BadKeys::Hmac) }
        };
        secrets.iter().map(key).collect::<Result<_, _>>().map(Keys::Hmac)
    }

    /// Keys for RS256, as PEM.
    pub fn rs256(pems: &[Secret<String>]) -> Result<Keys, BadKeys> {
        check_count(pems.len())?;
        let keys: Result<_, BadRsaKey> = pems.iter().map(|pem| RsaKey::from_pem(pem.expose())).collect();
        Ok(Keys::Rsa(keys?))
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Keys::Hmac(_) => "HS256",
            Keys::Rsa(_) | Keys::Set(_) => "RS256",
        }
    }
}

fn check_count(count: usize) -> Result<(), BadKeys> {
    if (1..=MOST_KEYS).contains(&count) { Ok(()) } else { Err(BadKeys::Count(count)) }
}

/// Whom a token must be for.
#[derive(Clone, Copy, Debug)]
pub enum Audience<'a> {
    /// All of these, and perhaps others.
    All(&'a [String]),
    /// At least one of these, and perhaps others.
    Any(&'a [String]),
    /// At least one of these, and nobody else.
    Only(&'a [String]),
}

/// What a token must be.
pub struct Expect<'a> {
    /// Signed with one of these.
    pub keys: &'a Keys,
    /// From one of these; from anybody who has a key when absent.
    pub issuers: Option<&'a [String]>,
    /// For these.
    pub audience: Audience<'a>,
    /// With this nonce; with any or none when absent.
    pub nonce: Option<&'a str>,
    /// At this time.
    pub now: Timestamp,
}

/// What a good token says.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// `sub`: 1 to 1,024 bytes without U+0000.
    pub subject: String,
    /// All claims, `sub` too.
    pub all: Map<String, Value>,
}

/// Why a token is refused, for the log: it repeats nothing of the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More than a million characters.
    #[error("token is longer than {LONGEST_TOKEN} characters")]
    TooLong,
    /// Not three parts.
    #[error("token contains an invalid number of segments")]
    Segments,
    /// A header that is no base64url of a JSON object with `alg`.
    #[error("the token's header is unreadable")]
    Header,
    /// A header with another algorithm than the configured one, `none` included.
    #[error("signing method is not the configured one, {0}")]
    Algorithm(&'static str),
    /// A header with extensions that must be understood.
    #[error("the token's header has critical extensions")]
    Critical,
    /// A header without a key id, where a set is configured.
    #[error("the token's header has no 'kid'")]
    NoKeyId,
    /// No key.
    #[error(transparent)]
    NoKey(#[from] NoKey),
    /// No configured key made the signature.
    #[error("signature is invalid")]
    Signature,
    /// Claims that are no base64url of a JSON object.
    #[error("the token's claims are unreadable")]
    Unreadable,
    /// No `exp`, or one that is no number.
    #[error("'exp' claim is missing or no number")]
    NoExpiry,
    /// It was good once.
    #[error("token is expired")]
    Expired,
    /// It will be good.
    #[error("token is not valid yet")]
    NotYet,
    /// An `nbf` that is no number.
    #[error("'nbf' claim is no number")]
    BadNotBefore,
    /// Another issuer, or none.
    #[error("'iss' claim is not the expected issuer")]
    Issuer,
    /// Another audience, or none.
    #[error("'{0}' not found in 'aud' claim")]
    Audience(String),
    /// An audience besides the expected one.
    #[error("'aud' claim names others too")]
    OtherAudience,
    /// Nobody said whom tokens must be for, so none is for us.
    #[error("no audience is configured")]
    NoAudience,
    /// Another nonce, or none.
    #[error("'nonce' claim is not the expected one")]
    Nonce,
    /// No `sub`, or one that is no text, empty, or too long.
    #[error("'sub' claim must be a string of 1 to {LONGEST_SUBJECT} bytes")]
    Subject,
}

impl Refusal {
    /// Whether we could not find out, rather than that the token is bad.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Refusal::NoKey(NoKey::Unavailable(_)))
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// Checks everything about a token; what it says is true if its signer is honest.
pub async fn verify(token: &str, expect: &Expect<'_>, sets: &KeySets) -> Result<Claims, Refusal> {
    // A character takes at most four bytes: no text is walked that is too long anyway.
    if token.len() > LONGEST_TOKEN && token.chars().nth(LONGEST_TOKEN).is_some() {
        return Err(Refusal::TooLong);
    }
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refusal::Segments);
    };
    let header: Header = read(header).ok_or(Refusal::Header)?;
    if header.alg != expect.keys.algorithm() {
        return Err(Refusal::Algorithm(expect.keys.algorithm()));
    }
    if header.crit.is_some() {
        return Err(Refusal::Critical);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::Signature)?;
    let signed = token.rsplit_once('.').map_or("", |(signed, _)| signed).as_bytes();
    let good = match expect.keys {
        Keys::Hmac(keys) => keys.iter().any(|key| hmac::verify(key, signed, &signature).is_ok()),
        Keys::Rsa(keys) => keys.iter().any(|key| key.verifies(signed, &signature)),
        Keys::Set(url) => {
            let id = header.kid.filter(|id| !id.is_empty()).ok_or(Refusal::NoKeyId)?;
            sets.key(url, &id, expect.now).await?.verifies(signed, &signature)
        }
    };
    if !good {
        return Err(Refusal::Signature);
    }
    check(read(payload).ok_or(Refusal::Unreadable)?, expect)
}

fn read<T: for<'de> Deserialize<'de>>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn check(claims: Map<String, Value>, expect: &Expect<'_>) -> Result<Claims, Refusal> {
    let expires = claims.get("exp").and_then(seconds).ok_or(Refusal::NoExpiry)?;
    if expires <= seconds_of(expect.now) {
        return Err(Refusal::Expired);
    }
    if let Some(begins) = claims.get("nbf") {
        let begins = seconds(begins).ok_or(Refusal::BadNotBefore)?;
        if begins > seconds_of(expect.now.plus(LEEWAY_SECS)) {
            return Err(Refusal::NotYet);
        }
    }
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if let Some(issuers) = expect.issuers
        && !text("iss").is_some_and(|issuer| issuers.iter().any(|expected| expected == issuer))
    {
        return Err(Refusal::Issuer);
    }
    check_audience(claims.get("aud"), expect.audience)?;
    if expect.nonce.is_some() && text("nonce") != expect.nonce {
        return Err(Refusal::Nonce);
    }
    let fits = |sub: &&str| (1..=LONGEST_SUBJECT).contains(&sub.len()) && !sub.contains('\0');
    let subject = text("sub").filter(fits).ok_or(Refusal::Subject)?.to_owned();
    Ok(Claims { subject, all: claims })
}

fn check_audience(claim: Option<&Value>, expected: Audience<'_>) -> Result<(), Refusal> {
    let found: Vec<&str> = match claim {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let (Audience::All(wanted) | Audience::Any(wanted) | Audience::Only(wanted)) = expected;
    let first = wanted.first().ok_or(Refusal::NoAudience)?;
    let is_there = |audience: &&String| found.contains(&audience.as_str());
    if let Audience::All(_) = expected {
        let missing = wanted.iter().find(|audience| !is_there(audience));
        return missing.map_or(Ok(()), |audience| Err(Refusal::Audience(audience.clone())));
    }
    if !wanted.iter().any(|audience| is_there(&audience)) {
        return Err(Refusal::Audience(first.clone()));
    }
    let others = match claim {
        Some(Value::Array(several)) => several
            .iter()
            .any(|one| !one.as_str().is_some_and(|one| wanted.iter().any(|audience| audience == one))),
        _ => false,
    };
    if others && matches!(expected, Audience::Only(_)) { Err(Refusal::OtherAudience) } else { Ok(()) }
}

/// A moment as tokens write it, perhaps with a fraction.
fn seconds(value: &Value) -> Option<f64> {
    value.as_f64().filter(|seconds| seconds.is_finite())
}

#[expect(clippy::cast_precision_loss, reason = "seconds of our era are exact in 53 bits")]
fn seconds_of(time: Timestamp) -> f64 {
    time.0 as f64
}

#[cfg(test)]
mod tests;
