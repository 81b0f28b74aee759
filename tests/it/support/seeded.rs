//! Chance that repeats itself: a test that fails once fails again.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use passerby::model::{Dice, ObjectId, Timestamp};

/// A generator that a seed decides (SplitMix64), also as dice for a server in this process.
pub(crate) struct Seeded {
    state: AtomicU64,
    counter: AtomicU32,
}

impl Seeded {
    pub(crate) fn new(seed: u64) -> Seeded {
        Seeded { state: AtomicU64::new(seed), counter: AtomicU32::new(0) }
    }

    pub(crate) fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let state = self.state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// An index below `bound`, which is at least 1.
    pub(crate) fn index(&self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).expect("small")).expect("small")
    }
}

impl Dice for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }

    fn object_id(&self, now: Timestamp) -> ObjectId {
        ObjectId::from_parts(now, [0x5e; 5], self.counter.fetch_add(1, Ordering::Relaxed))
    }
}
