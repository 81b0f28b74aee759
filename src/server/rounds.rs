//! What the server does by itself: it waits here, and the rooms do the work.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::listen::Stop;
use super::tls::Certificate;
use super::{ServerError, rest};
use crate::auth::{self, Auth};
use crate::expiry::{Reaper, Step};
use crate::http::Http;
use crate::model::{Timestamp, with_causes};
use crate::store::Store;

/// How often certificate files are looked at.
const CERTIFICATE_LOOK: Duration = Duration::from_secs(60);
/// How long the reaper rests after the store failed it.
const REAPER_REST: Duration = Duration::from_secs(60);
/// How long reading the apps again rests after it failed.
const REREAD_REST: Duration = Duration::from_secs(1);
/// How long what apps' logs are to tell waits to be written.
const LOG_REST: Duration = Duration::from_secs(1);
/// After how many writes old entries are removed.
const TRIM_EVERY: u32 = 60;
/// How long delivery rests when no event is kept.
const DELIVERY_REST: Duration = Duration::from_secs(3600);
/// How long it rests when other servers may keep one, which are not heard.
const SHARED_DELIVERY_REST: Duration = Duration::from_secs(1);
/// How long what another server does is left to it, before it is looked whether it still does.
const TURN_REST: Duration = Duration::from_secs(5);

/// Removes guests who are due.
const EXPIRY: &str = "expiry";
/// Delivers events to triggers.
const DELIVERY: &str = "delivery";
/// Removes old entries of apps' logs.
const LOGS: &str = "logs";
/// Removes what deleted apps left.
const DEPARTURE: &str = "departure";
/// Deletes guests in bulk.
const DELETION: &str = "deletion";
/// What one server on a store does for all of them.
pub(super) const WORKS: [&str; 5] = [EXPIRY, DELIVERY, LOGS, DEPARTURE, DELETION];

/// Steps the reaper at its deadlines, at each deployment, and again after a rest when the store failed it.
pub(super) async fn reap(store: Arc<dyn Store>, Http { auth, metrics, .. }: Http, mut stop: Stop) {
    let (mut reaper, mut reminder) = (Reaper::new(store), Reminder::default());
    loop {
        let now = auth.clock().now();
        // A sweep of millions takes minutes. Left between two bites it is whole, and goes on at the next start.
        let step = reaper.step(now, |app| auth.waits_for_expiry(app));
        let stepped = tokio::select! {
            stepped = auth.take_turn(EXPIRY, step) => stepped,
            _ = stop.changed() => return,
        };
        let stepped = match stepped {
            Ok(Some(stepped)) => stepped.map_err(auth::Error::from).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        let wait = match stepped {
            Ok(None) => TURN_REST,
            Ok(Some(Step::Done { removed, next })) => {
                reminder = Reminder::default();
                auth.events_waiting();
                metrics.expired.inc_by(removed);
                if removed > 0 {
                    tracing::info!(removed, "guests expired");
                }
                Duration::from_secs(u64::try_from(next.0 - now.0).unwrap_or_default())
            }
            Ok(Some(Step::Paused(jump))) => {
                if reminder.is_due(now) {
                    tracing::warn!(
                        from = %jump.from.rfc3339(), to = %jump.to.rfc3339(),
                        "the clock went further than is believed, so no guest expires until \
                         `passerby users expire --accept-clock` says that it is right"
                    );
                }
                REAPER_REST
            }
            Err(error) => {
                complain(&error, "failed to expire guests");
                REAPER_REST
            }
        };
        tokio::select! {
            () = rest(wait) => {}
            () = auth.changed() => {}
            _ = stop.changed() => return,
        }
    }
}

/// What came of a turn at work that says when the next of it is due: nothing while another server has the turn.
type Turn = auth::Result<Option<auth::Result<Option<Timestamp>>>>;

/// How long to wait after a turn: until the next of the work is due, a second at least and `longest` at most. Says what
/// failed.
fn wait_after(turn: Turn, longest: Duration, auth: &Auth, failed: &str) -> Duration {
    match turn.and_then(Option::transpose) {
        Ok(Some(Some(due))) => {
            let wait = u64::try_from(due.0 - auth.clock().now().0).unwrap_or_default();
            Duration::from_secs(wait.max(1)).min(longest)
        }
        Ok(Some(None)) => longest,
        Ok(None) => TURN_REST,
        Err(error) => {
            complain(&error, failed);
            REAPER_REST
        }
    }
}

/// Tells the operator what could not be done; nothing of a store that has moved, of which that was told once.
fn complain(error: &auth::Error, what: &str) {
    let causes = with_causes(error, ": ");
    match error.is_held() {
        true => tracing::debug!(error = %causes, "{what}"),
        false => tracing::error!(error = %causes, "{what}"),
    }
}

/// When a warning that still holds is said again: after an hour.
#[derive(Default)]
struct Reminder(Option<Timestamp>);

impl Reminder {
    /// Whether to say it now; then it counts as said.
    fn is_due(&mut self, now: Timestamp) -> bool {
        let due = self.0.is_none_or(|said| now < said || now >= said.plus(3600));
        if due {
            self.0 = Some(now);
        }
        due
    }
}

/// Reads the apps again when another server changed one, or somebody here did and went away before it was read.
pub(super) async fn reread_apps(auth: Arc<Auth>, mut stop: Stop) {
    loop {
        tokio::select! {
            read = auth.read_changes() => if let Err(error) = read {
                tracing::error!(error = %with_causes(&error, ": "), "failed to read the apps again");
                rest(REREAD_REST).await;
            },
            _ = stop.changed() => return,
        }
    }
}

/// Delivers events to the triggers that wait for them: at their deadlines, and whenever one was kept.
pub(super) async fn deliver(auth: Arc<Auth>, mut stop: Stop) {
    loop {
        let delivered = tokio::select! {
            delivered = auth.take_turn(DELIVERY, auth.deliver_events()) => delivered,
            _ = stop.changed() => return,
        };
        let longest = if auth.is_one_of_many() { SHARED_DELIVERY_REST } else { DELIVERY_REST };
        let wait = wait_after(delivered, longest, &auth, "failed to deliver events");
        tokio::select! {
            () = rest(wait) => {}
            () = auth.event_kept() => {}
            _ = stop.changed() => return,
        }
    }
}

/// Deletes guests in bulk, once the grace period of each deletion is over.
pub(super) async fn delete_guests(auth: Arc<Auth>, mut stop: Stop) {
    loop {
        // Left between two bites it goes on at the next start, or at another server.
        let next = tokio::select! {
            next = auth.take_turn(DELETION, auth.run_guest_deletions()) => next,
            _ = stop.changed() => return,
        };
        let longest = if auth.is_one_of_many() { TURN_REST } else { DELIVERY_REST };
        let wait = wait_after(next, longest, &auth, "failed to delete guests in bulk");
        tokio::select! {
            () = rest(wait) => {}
            () = auth.guest_deletion_asked() => {}
            _ = stop.changed() => return,
        }
    }
}

/// Writes down once a second what apps' logs are to tell, and once a minute removes what they told long enough.
pub(super) async fn keep_logs(auth: Arc<Auth>, mut stop: Stop) {
    loop {
        let trimmed = auth.take_turn(LOGS, auth.trim_logs()).await;
        if let Err(error) = trimmed.and_then(Option::transpose) {
            complain(&error, "failed to remove old entries of logs");
        }
        for _ in 0..TRIM_EVERY {
            tokio::select! {
                () = rest(LOG_REST) => {}
                _ = stop.changed() => return,
            }
            write_logs(&auth).await;
        }
    }
}

/// Writes down what waits. What cannot be written now goes on waiting.
pub(super) async fn write_logs(auth: &Auth) {
    if let Err(error) = auth.flush_logs().await {
        complain(&error, "failed to write apps' logs");
    }
}

/// Removes what apps left that were taken away, before this start or now.
pub(super) async fn clear_departed(auth: Arc<Auth>, mut stop: Stop) {
    loop {
        // Left between two bites it goes on at the next start.
        let cleared = tokio::select! {
            cleared = auth.take_turn(DEPARTURE, auth.clear_departed()) => cleared,
            _ = stop.changed() => return,
        };
        let wait = match cleared.and_then(Option::transpose) {
            Ok(Some(())) if !auth.is_one_of_many() => DELIVERY_REST,
            Ok(_) => REAPER_REST,
            Err(error) => {
                complain(&error, "failed to remove what a deleted app left");
                REAPER_REST
            }
        };
        tokio::select! {
            () = rest(wait) => {}
            () = auth.departed() => {}
            _ = stop.changed() => return,
        }
    }
}

/// Reads the certificate again when its files changed: looks once a minute, and at once on SIGHUP.
pub(super) async fn reread(certificate: Arc<Certificate>, mut hang_up: Signal, mut stop: Stop) {
    loop {
        tokio::select! {
            () = rest(CERTIFICATE_LOOK) => {}
            _ = hang_up.recv() => {}
            _ = stop.changed() => return,
        }
        match certificate.reread() {
            Ok(true) => tracing::info!("the certificate was read again"),
            Ok(false) => {}
            Err(error) => {
                tracing::error!(error = %with_causes(&error, ": "), "the old certificate stays in use");
            }
        }
    }
}

/// Listens for SIGHUP. Only with TLS: otherwise a hang-up keeps its usual meaning.
pub(super) fn hang_up() -> Result<Signal, ServerError> {
    signal(SignalKind::hangup()).map_err(ServerError::Signal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_that_still_holds_is_said_once_an_hour() {
        let mut reminder = Reminder::default();
        let said = |now| reminder.is_due(Timestamp(now));
        let minutes = [0, 1, 59, 60, 61, 119, 120, 180];
        assert_eq!(
            minutes.map(|minute| minute * 60).map(said),
            [true, false, false, true, false, false, true, true]
        );
        // Set back, the clock cannot tell how long ago that was.
        assert!(reminder.is_due(Timestamp(0)));
    }
}
