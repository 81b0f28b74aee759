//! Cryptography for functions: digests, seals and signatures.

use aws_lc_rs::aead::{
    AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, NONCE_LEN, Nonce, UnboundKey,
};
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{
    self as sign, EcdsaKeyPair, RsaEncoding, UnparsedPublicKey, VerificationAlgorithm,
};
use aws_lc_rs::{digest, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::md5::md5;

type Done<T> = Result<T, String>;

/// The digest of `data`. Names are read as Node and the original read them: `sha256`, `SHA-256`.
pub(super) fn hash(name: &str, data: &[u8]) -> Done<Vec<u8>> {
    let algorithm = match plain(name).as_str() {
        "md5" => return Ok(md5(data).to_vec()),
        "sha1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        "sha224" => &digest::SHA224,
        "sha256" => &digest::SHA256,
        "sha384" => &digest::SHA384,
        "sha512" => &digest::SHA512,
        _ => return Err(format!("the hash function '{name}' is not available")),
    };
    Ok(digest::digest(algorithm, data).as_ref().to_vec())
}

/// The HMAC of `data`.
pub(super) fn hmac(name: &str, key: &[u8], data: &[u8]) -> Done<Vec<u8>> {
    let algorithm = match plain(name).as_str() {
        "md5" => return Ok(hmac_md5(key, data)),
        "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha224" => hmac::HMAC_SHA224,
        "sha256" => hmac::HMAC_SHA256,
        "sha384" => hmac::HMAC_SHA384,
        "sha512" => hmac::HMAC_SHA512,
        _ => return Err(format!("the hash function '{name}' is not available")),
    };
    Ok(hmac::sign(&hmac::Key::new(algorithm, key), data).as_ref().to_vec())
}

fn plain(name: &str) -> String {
    name.to_lowercase().replace('-', "")
}

fn hmac_md5(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut block = if key.len() > 64 { md5(key).to_vec() } else { key.to_vec() };
    block.resize(64, 0);
    let padded = |pad: u8| block.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>();
    let inner = md5(&[padded(0x36).as_slice(), data].concat());
    md5(&[padded(0x5c).as_slice(), &inner].concat()).to_vec()
}

/// AES-GCM: the nonce, then the ciphertext with its tag. The key has 16, 24 or 32 bytes.
pub(super) fn seal(key: &[u8], nonce: &[u8], message: Vec<u8>) -> Done<Vec<u8>> {
    let key = aes(key)?;
    let failed = |_| "failed to encrypt".to_owned();
    let mut sealed = message;
    let used = Nonce::try_assume_unique_for_key(nonce).map_err(failed)?;
    key.seal_in_place_append_tag(used, Aad::empty(), &mut sealed).map_err(failed)?;
    Ok([nonce, &sealed].concat())
}

/// The message that was sealed.
pub(super) fn open(key: &[u8], sealed: &[u8]) -> Done<Vec<u8>> {
    let key = aes(key)?;
    let failed = || "failed to decrypt: another key, or not the bytes that were encrypted".to_owned();
    let (nonce, rest) = sealed.split_at_checked(NONCE_LEN).ok_or_else(failed)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
    let mut opened = rest.to_vec();
    let length = key.open_in_place(nonce, Aad::empty(), &mut opened).map_err(|_| failed())?.len();
    opened.truncate(length);
    Ok(opened)
}

fn aes(key: &[u8]) -> Done<LessSafeKey> {
    let algorithm: &'static Algorithm = match key.len() {
        16 => &AES_128_GCM,
        24 => &AES_192_GCM,
        32 => &AES_256_GCM,
        other => return Err(format!("an AES key has 16, 24 or 32 bytes, found {other}")),
    };
    Ok(LessSafeKey::new(UnboundKey::new(algorithm, key).map_err(|_| "the AES key is unusable".to_owned())?))
}

/// Signs with an algorithm as JWTs name it: `HS256`, `RS256`, `PS256`, `ES256` and their larger kin. `key` is the
/// secret, or a private key in PEM.
pub(super) fn sign(algorithm: &str, key: &[u8], message: &[u8]) -> Done<Vec<u8>> {
    if let Some(mac) = mac(algorithm) {
        return Ok(hmac::sign(&hmac::Key::new(mac, key), message).as_ref().to_vec());
    }
    let random = rand::SystemRandom::new();
    let failed = |_| "failed to sign".to_owned();
    let unusable = |_| format!("the private key is unusable for {algorithm}");
    if let Some(encoding) = rsa(algorithm) {
        let der = pem(key)?;
        let pair = KeyPair::from_pkcs8(&der).or_else(|_| KeyPair::from_der(&der)).map_err(unusable)?;
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(encoding, &random, message, &mut signature).map_err(failed)?;
        return Ok(signature);
    }
    let curve = match algorithm {
        "ES256" => &sign::ECDSA_P256_SHA256_FIXED_SIGNING,
        "ES384" => &sign::ECDSA_P384_SHA384_FIXED_SIGNING,
        "ES512" => &sign::ECDSA_P521_SHA512_FIXED_SIGNING,
        _ => return Err(unknown(algorithm)),
    };
    let pair = EcdsaKeyPair::from_pkcs8(curve, &pem(key)?).map_err(unusable)?;
    Ok(pair.sign(&random, message).map_err(failed)?.as_ref().to_vec())
}

/// Whether a signature of [`sign`] holds. `key` is the secret, or a public key in PEM.
pub(super) fn verify(algorithm: &str, key: &[u8], message: &[u8], signature: &[u8]) -> Done<bool> {
    if let Some(mac) = mac(algorithm) {
        return Ok(hmac::verify(&hmac::Key::new(mac, key), message, signature).is_ok());
    }
    let verification: &'static dyn VerificationAlgorithm = match algorithm {
        "RS256" => &sign::RSA_PKCS1_2048_8192_SHA256,
        "RS384" => &sign::RSA_PKCS1_2048_8192_SHA384,
        "RS512" => &sign::RSA_PKCS1_2048_8192_SHA512,
        "PS256" => &sign::RSA_PSS_2048_8192_SHA256,
        "PS384" => &sign::RSA_PSS_2048_8192_SHA384,
        "PS512" => &sign::RSA_PSS_2048_8192_SHA512,
        "ES256" => &sign::ECDSA_P256_SHA256_FIXED,
        "ES384" => &sign::ECDSA_P384_SHA384_FIXED,
        "ES512" => &sign::ECDSA_P521_SHA512_FIXED,
        _ => return Err(unknown(algorithm)),
    };
    Ok(UnparsedPublicKey::new(verification, pem(key)?).verify(message, signature).is_ok())
}

fn unknown(algorithm: &str) -> String {
    format!("the signature algorithm '{algorithm}' is not available")
}

fn mac(algorithm: &str) -> Option<hmac::Algorithm> {
    match algorithm {
        "HS256" => Some(hmac::HMAC_SHA256),
        "HS384" => Some(hmac::HMAC_SHA384),
        "HS512" => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

fn rsa(algorithm: &str) -> Option<&'static dyn RsaEncoding> {
    match algorithm {
        "RS256" => Some(&sign::RSA_PKCS1_SHA256),
        "RS384" => Some(&sign::RSA_PKCS1_SHA384),
        "RS512" => Some(&sign::RSA_PKCS1_SHA512),
        "PS256" => Some(&sign::RSA_PSS_SHA256),
        "PS384" => Some(&sign::RSA_PSS_SHA384),
        "PS512" => Some(&sign::RSA_PSS_SHA512),
        _ => None,
    }
}

/// The DER inside a PEM text. Values often keep a key on one line, with `\n` written out.
fn pem(text: &[u8]) -> Done<Vec<u8>> {
    let wrong = || "the key is not in PEM form".to_owned();
    let text = String::from_utf8_lossy(text).replace("\\n", "\n");
    let (_, rest) = text.split_once("-----BEGIN").ok_or_else(wrong)?;
    let (_, rest) = rest.split_once("KEY-----").ok_or_else(wrong)?;
    let (body, _) = rest.split_once("-----END").ok_or_else(wrong)?;
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_md5_gives_the_published_digest() {
        let digest = hmac("md5", b"Jefe", b"what do ya want for nothing?").unwrap();
        assert_eq!(crate::model::hex(&digest), "750c783e6ab0b503eaa86e310a5db738");
    }

    #[test]
    fn what_was_sealed_opens_with_its_key_alone() {
        for length in [16, 24, 32] {
            let sealed = seal(&vec![7; length], &[1; 12], b"secret".to_vec()).unwrap();
            assert_eq!(open(&vec![7; length], &sealed).unwrap(), b"secret");
            assert!(open(&vec![8; length], &sealed).is_err());
            assert!(open(&vec![7; length], &sealed[..sealed.len() - 1]).is_err());
        }
        assert!(seal(&[7; 17], &[1; 12], Vec::new()).is_err());
        assert!(open(&[7; 16], b"short").is_err());
    }
}
