//! An administrator removes guests in bulk. It begins after a grace period in which it can be called off, at any of the
//! servers on the store; one of them carries it out, and another goes on if that one stops.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{App, Auth, Error, Result};
use crate::expiry::{self, Rests};
use crate::model::{AnonymousUserExpiration, AppKey, DAY, Timestamp, with_causes};
use crate::store::PutGuestDeletion;

/// Seconds in which a deletion can be called off before anybody is deleted.
pub const GRACE: i64 = 30;

/// Seconds after which nobody expects a deletion to go on any more: it is one of a store that was brought back, or of
/// servers that were off.
const STALE: i64 = DAY;

/// A deletion of guests, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuestDeletionState {
    /// Nobody was deleted yet, and it can be called off.
    Waiting,
    /// It deletes.
    Running,
    /// So many were deleted, since the last server began that carried it out.
    Done(u64),
    /// The store failed, or nobody went on for a day; some may be deleted. It may be asked for again.
    Failed,
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
        let before = self.guest_deletion(app).await?;
        let busy = [GuestDeletionState::Waiting, GuestDeletionState::Running];
        if before.as_ref().is_some_and(|before| busy.contains(&before.state)) {
            return Err(Error::GuestDeletionExists);
        }
        let state = GuestDeletionState::Waiting;
        let deletion = GuestDeletion { policy, asked: now, begins: now.plus(GRACE), state };
        if !self.put_guest_deletion(app.key, before.as_ref(), Some(&deletion)).await? {
            return Err(Error::GuestDeletionExists);
        }
        self.guest_deletion_asked.notify_one();
        Ok(deletion)
    }

    /// The last deletion of an app.
    pub async fn guest_deletion(&self, app: &App) -> Result<Option<GuestDeletion>> {
        let deletions = self.store().guest_deletions().await?;
        deletions.iter().find(|(key, _)| *key == app.key).map(|(_, text)| read(text)).transpose()
    }

    /// Calls a deletion off, as long as it waits.
    pub async fn call_guest_deletion_off(&self, app: &App) -> Result<()> {
        let waiting = self.guest_deletion(app).await?;
        let waiting = waiting.filter(|deletion| deletion.state == GuestDeletionState::Waiting);
        let waiting = waiting.ok_or(Error::NoGuestDeletion)?;
        // It may have begun since.
        match self.put_guest_deletion(app.key, Some(&waiting), None).await? {
            true => Ok(()),
            false => Err(Error::NoGuestDeletion),
        }
    }

    /// Carries out what is due, and what a server began that stopped; says when the next one is.
    pub async fn run_guest_deletions(&self) -> Result<Option<Timestamp>> {
        let mut next = None;
        for (app, text) in self.store().guest_deletions().await? {
            let deletion = read(&text)?;
            match deletion.state {
                GuestDeletionState::Waiting if self.clock().now() < deletion.begins => {
                    next = next.into_iter().chain([deletion.begins]).min();
                }
                GuestDeletionState::Waiting | GuestDeletionState::Running
                    if deletion.begins.plus(STALE) <= self.clock().now() =>
                {
                    let failed = GuestDeletion { state: GuestDeletionState::Failed, ..deletion.clone() };
                    self.put_guest_deletion(app, Some(&deletion), Some(&failed)).await?;
                }
                GuestDeletionState::Waiting | GuestDeletionState::Running => {
                    self.run_guest_deletion(app, &deletion).await?;
                }
                GuestDeletionState::Done(_) | GuestDeletionState::Failed => {}
            }
        }
        Ok(next)
    }

    async fn run_guest_deletion(&self, app: AppKey, deletion: &GuestDeletion) -> Result<()> {
        let running = GuestDeletion { state: GuestDeletionState::Running, ..deletion.clone() };
        if !self.put_guest_deletion(app, Some(deletion), Some(&running)).await? {
            // Called off, or its app was deleted.
            return Ok(());
        }
        let (policy, asked, events) = (running.policy, running.asked, self.waits_for_expiry(app));
        let swept = expiry::sweep(self.store(), app, policy, asked, None, events, Rests::taken()).await;
        let state = match swept {
            Ok(swept) => GuestDeletionState::Done(swept.removed),
            Err(error) => {
                tracing::error!(error = %with_causes(&error, ": "), "failed to delete guests in bulk");
                GuestDeletionState::Failed
            }
        };
        self.events_waiting();
        let ended = GuestDeletion { state, ..running.clone() };
        self.put_guest_deletion(app, Some(&running), Some(&ended)).await?;
        Ok(())
    }

    async fn put_guest_deletion(
        &self,
        app: AppKey,
        was: Option<&GuestDeletion>,
        becomes: Option<&GuestDeletion>,
    ) -> Result<bool> {
        let (was, becomes) = (was.map(write).transpose()?, becomes.map(write).transpose()?);
        Ok(self.store().put_guest_deletion(PutGuestDeletion { app, was, becomes }).await?)
    }

    /// Done when a deletion was asked for here. For one waiter.
    pub async fn guest_deletion_asked(&self) {
        self.guest_deletion_asked.notified().await;
    }
}

fn read(text: &str) -> Result<GuestDeletion> {
    serde_json::from_str(text).map_err(|_| Error::Unreadable("a deletion of guests".to_owned()))
}

fn write(deletion: &GuestDeletion) -> Result<String> {
    serde_json::to_string(deletion).map_err(|_| Error::Unreadable("a deletion of guests".to_owned()))
}
