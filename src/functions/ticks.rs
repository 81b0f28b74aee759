//! Real time, for limits on what functions really take.

use std::time::{Duration, Instant};

/// How long an engine has been running.
///
/// What functions see of time is an argument, but no test's clock can tell how long a loop really loops.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticks(Instant);

impl Ticks {
    #[expect(clippy::disallowed_methods, reason = "limits on computing time need real time")]
    pub(super) fn start() -> Ticks {
        Ticks(Instant::now())
    }

    pub(super) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
