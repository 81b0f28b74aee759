//! An administrator removes guests in bulk. It begins after a grace period in which it can be called off.
//!
//! What waits is kept in memory alone: a server that stops within the grace period deletes nobody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::{App, Auth, Error, Result};
use crate::expiry::{self, Rests};
use crate::model::{AnonymousUserExpiration, AppKey, Timestamp, with_causes};

/// Seconds in which a deletion can be called off before anybody is deleted.
pub const GRACE: i64 = 30;

/// A deletion of guests, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestDeletion {
    /// Who goes: whom this policy would have let go when it was asked for.
    pub policy: AnonymousUserExpiration,
    /// When it was asked for.
    pub asked: Timestamp,
    /// When it begins.
    pub begins: Timestamp,
    /// How far it is.
    pub state: GuestDeletionState,
}

/// How far a deletion of guests is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuestDeletionState {
    /// Nobody was deleted yet, and it can be called off.
    Waiting,
    /// It deletes.
    Running,
    /// So many were deleted.
    Done(u64),
    /// The store failed; some may be deleted. It may be asked for again.
    Failed,
}

/// The last deletion of each app since the server started.
#[derive(Default)]
pub(super) struct GuestDeletions {
    of_apps: Mutex<HashMap<AppKey, GuestDeletion>>,
    asked: Notify,
}

impl GuestDeletions {
    fn of_apps(&self) -> MutexGuard<'_, HashMap<AppKey, GuestDeletion>> {
        self.of_apps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one that is due, which runs from then on.
    fn take_due(&self, now: Timestamp) -> Option<(AppKey, GuestDeletion)> {
        let mut of_apps = self.of_apps();
        let mut waiting =
            of_apps.iter_mut().filter(|(_, deletion)| deletion.state == GuestDeletionState::Waiting);
        let (app, deletion) = waiting.find(|(_, deletion)| deletion.begins <= now)?;
        deletion.state = GuestDeletionState::Running;
        Some((*app, deletion.clone()))
    }

    fn next(&self) -> Option<Timestamp> {
        let of_apps = self.of_apps();
        let waiting = of_apps.values().filter(|deletion| deletion.state == GuestDeletionState::Waiting);
        waiting.map(|deletion| deletion.begins).min()
    }
}

impl Auth {
    /// Asks for the deletion of every guest whom a policy would let go now. One at a time in an app; none after a
    /// jump of the clock, by which guests look older than they are.
    pub async fn delete_guests(
        &self,
        app: &Arc<App>,
        policy: AnonymousUserExpiration,
    ) -> Result<GuestDeletion> {
        let now = self.clock().now();
        if let Some(jump) = expiry::clock_jump(self.store(), now).await? {
            return Err(Error::ClockJumped { from: jump.from, to: jump.to });
        }
        let state = GuestDeletionState::Waiting;
        let deletion = GuestDeletion { policy, asked: now, begins: now.plus(GRACE), state };
        let mut of_apps = self.guest_deletions.of_apps();
        let busy = [GuestDeletionState::Waiting, GuestDeletionState::Running];
        if of_apps.get(&app.key).is_some_and(|before| busy.contains(&before.state)) {
            return Err(Error::GuestDeletionExists);
        }
        of_apps.insert(app.key, deletion.clone());
        drop(of_apps);
        self.guest_deletions.asked.notify_one();
        Ok(deletion)
    }

    /// The last deletion of an app since the server started.
    pub fn guest_deletion(&self, app: &App) -> Option<GuestDeletion> {
        self.guest_deletions.of_apps().get(&app.key).cloned()
    }

    /// Calls a deletion off, as long as it waits.
    pub fn call_guest_deletion_off(&self, app: &App) -> Result<()> {
        let mut of_apps = self.guest_deletions.of_apps();
        match of_apps.get(&app.key).map(|deletion| &deletion.state) {
            Some(GuestDeletionState::Waiting) => {
                of_apps.remove(&app.key);
                Ok(())
            }
            _ => Err(Error::NoGuestDeletion),
        }
    }

    /// Carries out what is due, and says when the next one is.
    pub async fn run_guest_deletions(&self) -> Option<Timestamp> {
        while let Some((app, GuestDeletion { policy, asked, .. })) =
            self.guest_deletions.take_due(self.clock().now())
        {
            let waits = self.waits_for_expiry(app);
            let swept = expiry::sweep(self.store(), app, policy, asked, None, waits, Rests::taken()).await;
            let state = match swept {
                Ok(swept) => GuestDeletionState::Done(swept.removed),
                Err(error) => {
                    tracing::error!(error = %with_causes(&error, ": "), "failed to delete guests in bulk");
                    GuestDeletionState::Failed
                }
            };
            self.events_waiting();
            if let Some(deletion) = self.guest_deletions.of_apps().get_mut(&app) {
                deletion.state = state;
            }
        }
        self.guest_deletions.next()
    }

    /// Done when a deletion was asked for. For one waiter.
    pub async fn guest_deletion_asked(&self) {
        self.guest_deletions.asked.notified().await;
    }
}
