//! How secrets that are random enough are stored, and found again: tokens, states, API keys.

use aws_lc_rs::digest::{SHA256, digest};

/// The SHA-256 of a text.
pub(super) fn sha256(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}
