//! HTTP digest authentication (RFC 7616 with MD5, `qop=auth`), as the original's tools speak it at the paths of Atlas.
//! MD5 is theirs; what it guards here is reading the names of one's projects.

use std::net::IpAddr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

use super::AdminCaller;
use super::keys::about;
use super::session::display;
use crate::auth::limits::AdminName;
use crate::auth::{Auth, Error, Result};
use crate::functions::md5;
use crate::model::{Dice, RequestOrigin, Timestamp, hex, unhex};
use crate::store::{self, PutRedirect};

/// What key pairs are for, to digest authentication. A new realm would make every stored digest worthless.
pub const REALM: &str = "Passerby";

/// How long a nonce is good, in seconds, also at a server whose clock is as much behind.
const NONCE_SECS: i64 = 300;

/// What the `Authorization` header says.
#[derive(Clone, Debug, Default)]
pub struct DigestClaim {
    /// The public key.
    pub username: String,
    /// The realm.
    pub realm: String,
    /// The nonce that was given.
    pub nonce: String,
    /// The request's target.
    pub uri: String,
    /// `auth`.
    pub qop: String,
    /// How often the client used the nonce, in eight hex digits.
    pub nc: String,
    /// The client's nonce.
    pub cnonce: String,
    /// The digest.
    pub response: String,
}

/// Why somebody is asked again.
#[derive(Debug)]
pub enum DigestRefusal {
    /// The credentials are wrong, or there are none.
    Wrong,
    /// They may be good, but the nonce is too old, or was used so before.
    Stale,
    /// Something failed, or there were too many tries.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for DigestRefusal {
    fn from(error: E) -> DigestRefusal {
        DigestRefusal::Failed(error.into())
    }
}

/// Nonces prove themselves, with a key that all servers on a store have: a second, chance, and a tag over both. What was
/// signed with one is kept in the store, so it is good once, at whichever server.
pub(super) struct Nonces {
    key: hmac::Key,
}

impl Nonces {
    pub(super) fn new(key: hmac::Key) -> Nonces {
        Nonces { key }
    }

    fn issue(&self, dice: &dyn Dice, now: Timestamp) -> String {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&now.0.to_be_bytes());
        dice.fill(&mut bytes[8..]);
        let tag = hmac::sign(&self.key, &bytes);
        hex(&[&bytes, &tag.as_ref()[..16]].concat())
    }

    /// The second in which one of us issued a nonce.
    fn issued(&self, nonce: &str) -> Option<i64> {
        let bytes: [u8; 32] = unhex(nonce)?;
        let (said, tag) = bytes.split_at_checked(16)?;
        let good = verify_slices_are_equal(&hmac::sign(&self.key, said).as_ref()[..16], tag).is_ok();
        let second: [u8; 8] = said.get(..8)?.try_into().ok()?;
        good.then(|| i64::from_be_bytes(second))
    }

    /// Whether a nonce is ours, and not too old.
    fn is_good(&self, nonce: &str, now: Timestamp) -> bool {
        self.issued(nonce).is_some_and(|at| (-NONCE_SECS..NONCE_SECS).contains(&(now.0 - at)))
    }

    /// What is kept of a nonce that was used with a count. Nobody else can tell what it was made of.
    fn used(&self, nonce: &str, count: u32) -> [u8; 32] {
        let tag = hmac::sign(&self.key, format!("{nonce} {count}").as_bytes());
        let mut used = [0; 32];
        used.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        used
    }
}

/// What the server keeps of a key pair for this: the digest of name, realm and private key.
pub(super) fn half_of_digest(public_key: &str, private_key: &str) -> String {
    hex(&md5(format!("{public_key}:{REALM}:{private_key}").as_bytes()))
}

/// What a client answers that knows the half.
fn response(half: &str, method: &str, claim: &DigestClaim) -> String {
    let request = hex(&md5(format!("{method}:{}", claim.uri).as_bytes()));
    let DigestClaim { nonce, nc, cnonce, qop, .. } = claim;
    hex(&md5(format!("{half}:{nonce}:{nc}:{cnonce}:{qop}:{request}").as_bytes()))
}

impl Auth {
    /// A nonce for a challenge.
    pub fn digest_nonce(&self) -> String {
        self.admins.nonces.issue(self.dice(), self.clock().now())
    }

    /// The administrator who signed a request of a method and target.
    pub async fn admin_by_digest(
        &self,
        claim: &DigestClaim,
        method: &str,
        target: &str,
        address: Option<IpAddr>,
    ) -> std::result::Result<AdminCaller, DigestRefusal> {
        let now = self.clock().now();
        let name = Some(AdminName::PublicKey(&claim.username));
        self.admins.tries.admit_name(name, address, now)?;
        let count = u32::from_str_radix(&claim.nc, 16).ok().filter(|_| claim.nc.len() == 8);
        let fits = claim.realm == REALM && claim.qop == "auth" && claim.uri == target;
        let (true, Some(count)) = (fits, count) else { return Err(DigestRefusal::Wrong) };
        let key = self.store().admin_key(&claim.username).await?;
        let key = key.ok_or(DigestRefusal::Wrong)?;
        let half = self.parts.sealer.open(&about(&key.public_key), key.digest.expose())?;
        let half = String::from_utf8_lossy(half.expose()).into_owned();
        let expected = response(&half, method, claim);
        if verify_slices_are_equal(expected.as_bytes(), claim.response.as_bytes()).is_err() {
            return Err(DigestRefusal::Wrong);
        }
        let admin = self.store().admin(key.admin).await?.filter(|admin| !admin.disabled);
        let admin = admin.ok_or(DigestRefusal::Wrong)?;
        self.admins.tries.forgive(name, address, now);
        if !self.use_up(&claim.nonce, count, now).await? {
            return Err(DigestRefusal::Stale);
        }
        let display = display(&admin, Some(&key.public_key));
        Ok(AdminCaller::new(admin, display, RequestOrigin::Cli, address))
    }

    /// Uses a nonce with a count, as nobody did before. It is kept where answers of issuers are matched: both are good
    /// once, and go when they are over.
    async fn use_up(&self, nonce: &str, count: u32, now: Timestamp) -> Result<bool> {
        if !self.admins.nonces.is_good(nonce, now) {
            return Ok(false);
        }
        let state = self.admins.nonces.used(nonce, count);
        let mut once = [0; 16];
        self.dice().fill(&mut once);
        let kept = PutRedirect { state, record: hex(&once), until: now.plus(2 * NONCE_SECS), now };
        match self.store().put_redirect(kept).await {
            Ok(()) => Ok(true),
            Err(store::Error::Conflict(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7616, 3.9.1, with its own realm.
    #[test]
    fn the_digest_of_the_standard_comes_out() {
        let half = hex(&md5(b"Mufasa:http-auth@example.org:Circle of Life"));
        let claim = DigestClaim {
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v".to_owned(),
            uri: "/dir/index.html".to_owned(),
            qop: "auth".to_owned(),
            nc: "00000001".to_owned(),
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ".to_owned(),
            ..DigestClaim::default()
        };
        assert_eq!(response(&half, "GET", &claim), "8ca523f5e9506fed4657c9700eebdbec");
    }
}
