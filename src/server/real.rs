//! The real clock and the real dice: nothing else in the server makes a value of its own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::{Clock, Dice, Millis, ObjectId, Timestamp};

/// The machine's clock.
pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.now_ms().second()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one real clock")]
    fn now_ms(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The machine's randomness, and the counter of this process' ids.
pub(super) struct SystemDice {
    process: [u8; 5],
    counter: AtomicU32,
}

impl SystemDice {
    /// Draws what is drawn once per process.
    pub(super) fn new() -> SystemDice {
        let mut drawn = [0; 8];
        fill(&mut drawn);
        let [a, b, c, d, e, x, y, z] = drawn;
        // From the lower half of the 24 bits, so that the counter wraps only after eight million ids.
        SystemDice {
            process: [a, b, c, d, e],
            counter: AtomicU32::new(u32::from_be_bytes([0, x & 0x7f, y, z])),
        }
    }
}

impl Default for SystemDice {
    fn default() -> SystemDice {
        SystemDice::new()
    }
}

impl Dice for SystemDice {
    fn fill(&self, bytes: &mut [u8]) {
        fill(bytes);
    }

    fn object_id(&self, now: Timestamp) -> ObjectId {
        ObjectId::from_parts(now, self.process, self.counter.fetch_add(1, Ordering::Relaxed))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one real source of chance")]
fn fill(bytes: &mut [u8]) {
    if aws_lc_rs::rand::fill(bytes).is_err() {
        // Without randomness every id and key would be guessable: better no server than such a one.
        tracing::error!("the system gives no randomness");
        std::process::abort();
    }
}
