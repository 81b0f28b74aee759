//! Chance for one call, all of it drawn from the call's seed.

use aws_lc_rs::hmac;

/// An endless stream of bytes nobody can guess: HMAC-SHA256 of a counter under the seed.
pub(super) struct Chance {
    key: hmac::Key,
    blocks: u64,
    left: Vec<u8>,
}

impl Chance {
    pub(super) fn new(seed: &[u8; 32]) -> Chance {
        Chance { key: hmac::Key::new(hmac::HMAC_SHA256, seed), blocks: 0, left: Vec::new() }
    }

    /// The next `count` bytes.
    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.left.len() < count {
            self.left.extend_from_slice(hmac::sign(&self.key, &self.blocks.to_be_bytes()).as_ref());
            self.blocks += 1;
        }
        let rest = self.left.split_off(count);
        std::mem::replace(&mut self.left, rest)
    }

    /// A number from 0 up to, but never, 1.
    pub(super) fn number(&mut self) -> f64 {
        let bytes = self.bytes(8);
        let drawn = bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit exactly")]
        let whole = (drawn >> 11) as f64;
        whole / 9_007_199_254_740_992.0
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn a_seed_gives_the_same_chance_each_time_and_another_seed_another() {
        let drawn = |seed: u8| Chance::new(&[seed; 32]).bytes(100);
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        let mut parts = Chance::new(&[1; 32]);
        assert_eq!([parts.bytes(33), parts.bytes(0), parts.bytes(67)].concat(), drawn(1));
    }
}
