//! Chance as an argument.

use super::{ObjectId, Timestamp};

/// Where chance comes from. Only `server` has the real one.
pub trait Dice: Send + Sync {
    /// Fills `bytes` with values nobody can guess.
    fn fill(&self, bytes: &mut [u8]);

    /// A new id: the second of `now`, five bytes drawn once per process, and a counter that only grows, so that
    /// ids of one process ascend. Not a secret.
    fn object_id(&self, now: Timestamp) -> ObjectId;

    /// A number below `bound` (at least 1), evenly drawn.
    fn below(&self, bound: u32) -> u32 {
        // Draws from the uneven rest of the range are thrown away.
        let fair = u32::MAX - u32::MAX % bound.max(1);
        loop {
            let mut bytes = [0; 4];
            self.fill(&mut bytes);
            let drawn = u32::from_le_bytes(bytes);
            if drawn < fair {
                return drawn % bound.max(1);
            }
        }
    }

    /// `count` lower-case ASCII letters.
    fn letters(&self, count: usize) -> String {
        (0..count).filter_map(|_| u8::try_from(self.below(26)).ok()).map(|n| char::from(b'a' + n)).collect()
    }
}
