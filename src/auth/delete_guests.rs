//! An administrator removes guests in bulk. It begins after a grace period in which it can be called off, at any of the
//! servers on the store; one of them carries it out, and another goes on if that one stops.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::{App, Auth, Error, Result};
use crate::expiry::{self, Rests};
use crate::model::{AnonymousUserExpiration, AppKey, DAY, Timestamp, with_causes};
use crate::store::{self, PutGuestDeletion};

/// Seconds in which a deletion can be called off before anybody is deleted.
pub const GRACE: i64 = 30;

/// Seconds after which one that waited is not begun any more: the servers were off, or the store was brought back, and
/// nobody looks.
const LATE: i64 = 300;

/// The same for one that ran.
const FORGOTTEN: i64 = DAY;

/// How often calling off is tried while the deletion changes.
const CALLS: usize = 3;

/// How often whoever deletes looks whether it was called off.
const LOOK: Duration = Duration::from_secs(1);

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
    /// A guest cannot be read, or nobody went on in time; some may be deleted. It may be asked for again.
    Failed,
    /// It was called off; some may be deleted.
    CalledOff,
}

/// A deletion, and the text of it in the store, which whoever changes it gives back: another server may have written
/// it otherwise.
struct Kept {
    deletion: GuestDeletion,
    text: String,
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
        let before = self.last_guest_deletion(app).await?;
        if before.as_ref().is_some_and(|before| before.deletion.is_open()) {
            return Err(Error::GuestDeletionExists);
        }
        let state = GuestDeletionState::Waiting;
        let deletion = GuestDeletion { policy, asked: now, begins: now.plus(GRACE), state };
        let was = before.map(|before| before.text);
        if self.put_guest_deletion(app.key, was, &deletion).await?.is_none() {
            return Err(Error::GuestDeletionExists);
        }
        self.guest_deletion_asked.notify_one();
        Ok(deletion)
    }

    /// The last deletion of an app, unless it was called off.
    pub async fn guest_deletion(&self, app: &App) -> Result<Option<GuestDeletion>> {
        let last = self.last_guest_deletion(app).await?.map(|last| last.deletion);
        Ok(last.filter(|deletion| deletion.state != GuestDeletionState::CalledOff))
    }

    async fn last_guest_deletion(&self, app: &App) -> Result<Option<Kept>> {
        let texts = self.store().guest_deletions().await?;
        let text = texts.into_iter().find(|(key, _)| *key == app.key);
        text.map(|(_, text)| Ok(Kept { deletion: read(&text)?, text })).transpose()
    }

    /// Calls a deletion off. One that runs ends within a second or two; those who are deleted by then stay so.
    pub async fn call_guest_deletion_off(&self, app: &App) -> Result<()> {
        // It may begin in between: then it is called off as one that runs.
        for _ in 0..CALLS {
            let last = self.last_guest_deletion(app).await?.filter(|last| last.deletion.is_open());
            let Some(Kept { deletion, text }) = last else { return Err(Error::NoGuestDeletion) };
            // Something stays there, or whoever asked, not having been answered, would ask again.
            let called_off = GuestDeletion { state: GuestDeletionState::CalledOff, ..deletion };
            if self.put_guest_deletion(app.key, Some(text), &called_off).await?.is_some() {
                return Ok(());
            }
        }
        Err(Error::NoGuestDeletion)
    }

    /// Carries out what is due, and what a server began that stopped; says when the next one is.
    pub async fn run_guest_deletions(&self) -> Result<Option<Timestamp>> {
        let mut next = None;
        for (app, text) in self.store().guest_deletions().await? {
            let now = self.clock().now();
            let deletion = match read(&text) {
                Ok(deletion) if deletion.is_open() && !self.is_unread(app) => deletion,
                Ok(_) => continue,
                Err(error) => {
                    // A newer server's, or damaged: no other app's trouble.
                    tracing::error!(%error, app = app.0, "a deletion in bulk is left alone");
                    continue;
                }
            };
            let patience = if deletion.state == GuestDeletionState::Waiting { LATE } else { FORGOTTEN };
            if now < deletion.begins {
                next = next.into_iter().chain([deletion.begins]).min();
            } else if now < deletion.begins.plus(patience) {
                self.run_guest_deletion(app, Kept { deletion, text }).await?;
            } else {
                let failed = GuestDeletion { state: GuestDeletionState::Failed, ..deletion };
                self.put_guest_deletion(app, Some(text), &failed).await?;
            }
        }
        Ok(next)
    }

    /// Does it, until it is done or called off. When the store fails it goes on being one that runs.
    async fn run_guest_deletion(&self, app: AppKey, Kept { deletion, text }: Kept) -> Result<()> {
        let running = GuestDeletion { state: GuestDeletionState::Running, ..deletion };
        let Some(text) = self.put_guest_deletion(app, Some(text), &running).await? else {
            // Called off, or its app was deleted.
            return Ok(());
        };
        let (policy, asked, events) = (running.policy, running.asked, self.waits_for_expiry(app));
        let sweep = expiry::sweep(self.store(), app, policy, asked, None, events, Rests::taken());
        let swept = tokio::select! {
            swept = sweep => swept,
            left = self.called_off(app, &text) => {
                self.events_waiting();
                return left;
            }
        };
        self.events_waiting();
        let state = match swept {
            Ok(swept) => GuestDeletionState::Done(swept.removed),
            Err(error @ store::Error::Corrupt { .. }) => {
                tracing::error!(error = %with_causes(&error, ": "), "failed to delete guests in bulk");
                GuestDeletionState::Failed
            }
            Err(error) => return Err(error.into()),
        };
        let ended = GuestDeletion { state, ..running };
        self.put_guest_deletion(app, Some(text), &ended).await?;
        Ok(())
    }

    /// Done when what stands there is not what was put any more.
    async fn called_off(&self, app: AppKey, running: &str) -> Result<()> {
        loop {
            let _ = timeout(LOOK, pending::<()>()).await;
            let texts = self.store().guest_deletions().await?;
            if !texts.iter().any(|(key, text)| *key == app && text == running) {
                return Ok(());
            }
        }
    }

    /// Puts a deletion in the place of what was read; what it is there, unless something else was put meanwhile.
    async fn put_guest_deletion(
        &self,
        app: AppKey,
        was: Option<String>,
        becomes: &GuestDeletion,
    ) -> Result<Option<String>> {
        let text = serde_json::to_string(becomes)
            .map_err(|_| Error::Unreadable("a deletion of guests".to_owned()))?;
        let act = PutGuestDeletion { app, was, becomes: Some(text.clone()) };
        Ok(self.store().put_guest_deletion(act).await?.then_some(text))
    }

    /// Done when a deletion was asked for here. For one waiter.
    pub async fn guest_deletion_asked(&self) {
        self.guest_deletion_asked.notified().await;
    }
}

impl GuestDeletion {
    /// Whether it waits or runs.
    fn is_open(&self) -> bool {
        matches!(self.state, GuestDeletionState::Waiting | GuestDeletionState::Running)
    }
}

fn read(text: &str) -> Result<GuestDeletion> {
    serde_json::from_str(text).map_err(|_| Error::Unreadable("a deletion of guests".to_owned()))
}
