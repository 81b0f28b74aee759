//! Key pairs of administrators: a public key that names, a private key that is told once.

use super::AdminRefusal;
use super::digest::half_of_digest;
use crate::auth::sha256::sha256;
use crate::auth::{Auth, Error, Result};
use crate::model::{AdminId, Secret, hex};
use crate::store::AdminKey;

/// Key pairs of one administrator.
const MOST_KEYS: usize = 50;
const LONGEST_NAME: usize = 256;

/// A new key pair. The private half is in it alone.
pub struct KeyPair {
    /// The private half: a UUID, since an old tool wants a hyphen in it.
    pub private_key: Secret<String>,
    /// What is stored.
    pub key: AdminKey,
}

/// What the sealed half of a digest is bound to.
pub(super) fn about(public_key: &str) -> String {
    format!("the digest of the key pair {public_key}")
}

impl Auth {
    /// Draws a key pair.
    pub(super) fn new_key_pair(&self, admin: AdminId, name: &str) -> Result<KeyPair> {
        let public_key = self.dice().letters(8);
        let mut bytes = [0; 16];
        self.dice().fill(&mut bytes);
        let private_key = uuid(bytes);
        let digest = half_of_digest(&public_key, &private_key);
        let digest = self.parts.sealer.seal(self.dice(), &about(&public_key), digest.as_bytes())?;
        let key = AdminKey {
            public_key,
            admin,
            name: name.to_owned(),
            hash: sha256(&private_key),
            digest,
            created: self.clock().now(),
        };
        Ok(KeyPair { private_key: Secret::new(private_key), key })
    }

    /// Makes a key pair of an administrator.
    pub(super) async fn make_admin_key(&self, admin: AdminId, name: &str) -> Result<KeyPair> {
        if name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(Error::BadParameter(
                "`name`: at most 256 bytes, and no control characters".to_owned(),
            ));
        }
        if self.store().admin_keys_of(admin).await?.len() >= MOST_KEYS {
            return Err(Error::BadParameter(format!("no more than {MOST_KEYS} key pairs are allowed")));
        }
        let pair = self.new_key_pair(admin, name)?;
        match self.store().make_admin_key(pair.key.clone()).await? {
            true => Ok(pair),
            false => Err(Error::Admin(AdminRefusal::AdminNotFound)),
        }
    }

    /// Revokes a key pair: it signs nobody in any more, and the sessions that it opened are over.
    pub async fn revoke_admin_key(&self, public_key: &str) -> Result<()> {
        match self.store().revoke_admin_key(public_key.to_owned()).await? {
            true => Ok(()),
            false => Err(Error::Admin(AdminRefusal::KeyNotFound)),
        }
    }
}

/// A UUID of version 4 from drawn bytes.
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let [a, b, c, d, e] = [0..4, 4..6, 6..8, 8..10, 10..16].map(|part| hex(&bytes[part]));
    format!("{a}-{b}-{c}-{d}-{e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_a_uuid() {
        assert_eq!(uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid([0; 16]), "00000000-0000-4000-8000-000000000000");
    }
}
