//! RSA public keys of others, for RS256.

use aws_lc_rs::rsa::PublicKey;
use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaParameters, RsaPublicKeyComponents,
};

use super::pem;

/// A key that is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRsaKey {
    /// Text that is no PEM with a public key.
    #[error("failed to read an RSA public key: expected PEM that begins with -----BEGIN PUBLIC KEY-----")]
    NoPublicKey,
    /// A private key, which nobody should hand out.
    #[error("failed to read an RSA public key: this is a private one")]
    Private,
    /// Too small to be safe, or too large to be fast.
    #[error("failed to accept an RSA key of {0} bits: expected 2048 to 8192")]
    Size(usize),
}

/// A public key that verifies RS256.
#[derive(Clone)]
pub struct RsaKey(ParsedPublicKey);

impl RsaKey {
    /// Reads PEM, either `PUBLIC KEY` (SPKI) or `RSA PUBLIC KEY` (PKCS#1).
    pub fn from_pem(text: &str) -> Result<RsaKey, BadRsaKey> {
        let section = pem::first(text).ok_or(BadRsaKey::NoPublicKey)?;
        if section.label.ends_with("PRIVATE KEY") {
            return Err(BadRsaKey::Private);
        }
        if !matches!(section.label, "PUBLIC KEY" | "RSA PUBLIC KEY") {
            return Err(BadRsaKey::NoPublicKey);
        }
        let key = PublicKey::from_der(&section.der).map_err(|_| BadRsaKey::NoPublicKey)?;
        let bits = RsaParameters::public_modulus_len(key.as_ref()).map_err(|_| BadRsaKey::NoPublicKey)?;
        check_size(usize::try_from(bits).unwrap_or(usize::MAX))?;
        let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.as_ref());
        key.map(RsaKey).map_err(|_| BadRsaKey::NoPublicKey)
    }

    /// From modulus and exponent, big-endian.
    pub(super) fn from_components(n: &[u8], e: &[u8]) -> Result<RsaKey, BadRsaKey> {
        let [n, e] = [n, e].map(|number| {
            let zeros = number.iter().take_while(|byte| **byte == 0).count();
            &number[zeros..]
        });
        check_size(n.len() * 8 - n.first().map_or(0, |byte| byte.leading_zeros() as usize))?;
        // With an exponent of 1 everybody could sign; an even one is none.
        if e == [1] || e.last().is_none_or(|byte| byte % 2 == 0) {
            return Err(BadRsaKey::NoPublicKey);
        }
        let key = RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256);
        key.map(RsaKey).map_err(|_| BadRsaKey::NoPublicKey)
    }

    /// Whether the key's owner signed the message.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

fn check_size(bits: usize) -> Result<(), BadRsaKey> {
    if (2048..=8192).contains(&bits) { Ok(()) } else { Err(BadRsaKey::Size(bits)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::stand_in::Signer;

    const SMALL: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCYzxqip9+/j5opMB92EXxWsfo0
YJl0PD8swiAqRIPK8zzmsMRTT4bgda8imIcsOCzFJS+ZRXdNGypeghXvKfNGX0Im
53RVxdETrJZ6qkSQTZ9CJPJXwShTKByFzoH+oMSO1QMMOqRLPW5spwbLUtPw5K6Q
jjTiw8sbTWEsCVDLqwIDAQAB
-----END PUBLIC KEY-----";

    #[test]
    fn both_forms_of_pem_are_read_however_they_were_pasted() {
        let signer = Signer::rsa();
        let signature = signer.sign_bytes(b"message");
        for pem in [signer.spki_pem(), signer.pkcs1_pem()] {
            let in_one_line = pem.replace('\n', " ");
            let with_escapes = pem.replace('\n', "\\n");
            let with_returns = pem.replace('\n', "\r\n");
            for text in [&pem, &in_one_line, &with_escapes, &with_returns] {
                let key = RsaKey::from_pem(text).unwrap();
                assert!(key.verifies(b"message", &signature), "{text}");
                assert!(!key.verifies(b"massage", &signature));
            }
        }
    }

    #[test]
    fn a_key_that_is_of_no_use_is_refused() {
        let good = Signer::rsa().spki_pem();
        for (text, expected) in [
            (String::new(), BadRsaKey::NoPublicKey),
            ("a secret of HS256, thirty-two long".to_owned(), BadRsaKey::NoPublicKey),
            (good.replace("PUBLIC KEY", "CERTIFICATE"), BadRsaKey::NoPublicKey),
            (good.replace("MII", "MIJ"), BadRsaKey::NoPublicKey),
            (good.replace("-----END", "----END"), BadRsaKey::NoPublicKey),
            (good.replace("PUBLIC KEY", "PRIVATE KEY"), BadRsaKey::Private),
            (good.replace("PUBLIC KEY", "RSA PRIVATE KEY"), BadRsaKey::Private),
            (SMALL.to_owned(), BadRsaKey::Size(1024)),
        ] {
            assert_eq!(RsaKey::from_pem(&text).err(), Some(expected), "{text}");
        }
    }

    #[test]
    fn components_that_make_no_safe_key_are_refused() {
        let n = [0xc1; 256];
        assert!(RsaKey::from_components(&n, &[1, 0, 1]).is_ok());
        assert!(RsaKey::from_components(&[&[0, 0], &n[..]].concat(), &[0, 1, 0, 1]).is_ok());
        for (n, e, expected) in [
            (&n[..], &[1][..], BadRsaKey::NoPublicKey),
            (&n, &[0, 1], BadRsaKey::NoPublicKey),
            (&n, &[2], BadRsaKey::NoPublicKey),
            (&n, &[], BadRsaKey::NoPublicKey),
            (&n[..128], &[1, 0, 1], BadRsaKey::Size(1024)),
            (&[], &[1, 0, 1], BadRsaKey::Size(0)),
            (&[0xc1; 1025], &[1, 0, 1], BadRsaKey::Size(8200)),
        ] {
            assert_eq!(RsaKey::from_components(n, e).err(), Some(expected));
        }
    }
}
