//! Which tokens were verified lately, so that an ECDSA verification is paid once per token and not per request.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};

const SHARDS: usize = 16;
/// Sets of a shard; a digest may lie in any of a set's ways. 16 × 1,024 × 8 digests of 16 bytes are 2 MiB, which are
/// touched as they fill. A set that overflows forgets each of its tokens before it comes again: with 20,000 tokens in
/// use hardly any does, with 65,000 one in fifty.
const SETS: usize = 1_024;
const WAYS: usize = 8;

/// Half of a SHA-256: to find another text with the digest of a token that is remembered takes some 2¹¹¹ tries.
type Digest = [u8; 16];

/// A bounded memory of digests. A token's digest covers its header, hence the key it names: whoever asks must have
/// found that key alive among the app's keys first.
pub(super) struct VerifiedTokens {
    shards: Vec<Mutex<Vec<[Digest; WAYS]>>>,
}

impl VerifiedTokens {
    pub(super) fn new() -> VerifiedTokens {
        VerifiedTokens {
            shards: (0..SHARDS).map(|_| Mutex::new(vec![[Digest::default(); WAYS]; SETS])).collect(),
        }
    }

    /// Whether the token was verified, and not forgotten since.
    pub(super) fn knows(&self, token: &str) -> bool {
        let digest = digest_of(token);
        self.in_set(&digest, |set| set.contains(&digest))
    }

    /// Remembers a token that was verified, or signed here; the oldest of its set is forgotten.
    pub(super) fn remember(&self, token: &str) {
        let digest = digest_of(token);
        self.in_set(&digest, |set| {
            if !set.contains(&digest) {
                set.rotate_right(1);
                set[0] = digest;
            }
        });
    }

    fn in_set<T>(&self, digest: &Digest, act: impl FnOnce(&mut [Digest; WAYS]) -> T) -> T {
        let shard = &self.shards[usize::from(digest[0]) % SHARDS];
        let set = usize::from(u16::from_be_bytes([digest[1], digest[2]])) % SETS;
        // A set is valid between any two statements, so a poisoned lock is as good as a clean one.
        act(&mut shard.lock().unwrap_or_else(PoisonError::into_inner)[set])
    }
}

fn digest_of(token: &str) -> Digest {
    let mut half = Digest::default();
    half.iter_mut().zip(digest(&SHA256, token.as_bytes()).as_ref()).for_each(|(to, from)| *to = *from);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_once_remembered_and_no_other_is() {
        let tokens = VerifiedTokens::new();
        assert!(!tokens.knows("a.b.c"));
        tokens.remember("a.b.c");
        assert!(tokens.knows("a.b.c"));
        assert!(!tokens.knows("a.b.d"));
        assert!(!tokens.knows(""));
    }

    #[test]
    fn the_memory_is_bounded_and_keeps_the_latest() {
        let tokens = VerifiedTokens::new();
        let all: Vec<String> = (0..200_000).map(|n| format!("token {n}")).collect();
        for token in &all {
            tokens.remember(token);
        }
        let known = all.iter().filter(|t| tokens.knows(t)).count();
        assert!(known <= SHARDS * SETS * WAYS && known > SHARDS * SETS * WAYS / 2, "{known} are known");
        assert!(tokens.knows(all.last().unwrap()));
    }
}
