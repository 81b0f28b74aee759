//! How long a connection waits for the head of a request: a timer for hyper.
//!
//! hyper asks for an alarm before every request and drops it when the head is there. With an alarm of tokio's that
//! takes its driver's lock twice a request, and a system call that wakes the driver whenever the new alarm is the
//! next to ring. So a connection keeps one alarm, and sets it anew only when it has rung too early: once in a
//! time-out instead of once a request.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

type Alarm = Arc<Mutex<Pin<Box<Sleep>>>>;

/// The timer of one connection.
pub(super) struct Patience {
    alarm: Alarm,
}

impl Patience {
    /// A timer that is asked for this span again and again. Shorter ones are kept as well, if less cheaply.
    pub(super) fn new(span: Duration) -> Patience {
        Patience { alarm: Arc::new(Mutex::new(Box::pin(sleep_until(Instant::now() + span)))) }
    }
}

impl hyper::rt::Timer for Patience {
    fn sleep(&self, span: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep_until(self.now() + span)
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Wait { alarm: Arc::clone(&self.alarm), until: deadline.into() })
    }
}

struct Wait {
    alarm: Alarm,
    until: Instant,
}

impl hyper::rt::Sleep for Wait {}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // An alarm is set or it is not, so a poisoned lock is as good as a clean one.
        let mut alarm = self.alarm.lock().unwrap_or_else(PoisonError::into_inner);
        if alarm.deadline() > self.until {
            alarm.as_mut().reset(self.until);
        }
        while alarm.as_mut().poll(cx).is_ready() {
            if alarm.deadline() >= self.until {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(self.until);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use hyper::rt::Timer;

    use super::*;

    const SHORT: Duration = Duration::from_millis(5);

    #[tokio::test]
    async fn one_alarm_serves_longer_and_shorter_waits() {
        for span in [Duration::ZERO, SHORT, Duration::from_secs(3600)] {
            let patience = Patience::new(span);
            for _ in 0..2 {
                let until = std::time::Instant::from(Instant::now()) + SHORT;
                patience.sleep_until(until).await;
                assert!(std::time::Instant::from(Instant::now()) >= until, "{span:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_wait_that_was_given_up_cuts_no_later_one_short() {
        let patience = Patience::new(SHORT);
        let given_up = tokio::time::timeout(Duration::ZERO, patience.sleep(SHORT)).await;
        assert!(given_up.is_err());
        let until = std::time::Instant::from(Instant::now()) + 4 * SHORT;
        patience.sleep_until(until).await;
        assert!(std::time::Instant::from(Instant::now()) >= until);
    }
}
