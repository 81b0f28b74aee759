//! An administrator removes guests in bulk. It begins after a grace period in which it can be called off, at any of the
//! servers on the store; one of them carries it out, and another goes on if that one stops.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

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
    /// A guest cannot be read, or nobody began it or went on in time; some may be deleted. It may be asked for again.
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

/// What a look at all deletions found.
#[derive(Default)]
struct Looked {
    /// Those that run.
    running: Vec<(AppKey, Kept)>,
    /// When the next one begins.
    next: Option<Timestamp>,
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

    /// Carries out what is due, one after the other, and what a server began that stopped; says when the next one is.
    pub async fn run_guest_deletions(&self) -> Result<Option<Timestamp>> {
        // Whose guests are deleted, and which triggers wait for that, may be new here.
        self.catch_up().await?;
        loop {
            let looked = self.look_at_guest_deletions().await?;
            let Some((app, running)) = looked.running.into_iter().next() else { return Ok(looked.next) };
            self.run_guest_deletion(app, running).await?;
        }
    }

    /// Has those begin that are due, and ends those that nobody looks after any more.
    async fn look_at_guest_deletions(&self) -> Result<Looked> {
        let (mut looked, now) = (Looked::default(), self.clock().now());
        for (app, text) in self.store().guest_deletions().await? {
            // What cannot be read is a newer server's, or told to whoever asks for it.
            let Ok(deletion) = read(&text) else { continue };
            if !deletion.is_open() || self.is_unread(app) {
                continue;
            }
            let waits = deletion.state == GuestDeletionState::Waiting;
            if now < deletion.begins {
                looked.next = looked.next.into_iter().chain([deletion.begins]).min();
            } else if deletion.begins.plus(if waits { LATE } else { FORGOTTEN }) <= now {
                let failed = GuestDeletion { state: GuestDeletionState::Failed, ..deletion };
                self.put_guest_deletion(app, Some(text), &failed).await?;
            } else if waits {
                let deletion = GuestDeletion { state: GuestDeletionState::Running, ..deletion };
                let begun = self.put_guest_deletion(app, Some(text), &deletion).await?;
                looked.running.extend(begun.map(|text| (app, Kept { deletion, text })));
            } else {
                looked.running.push((app, Kept { deletion, text }));
            }
        }
        Ok(looked)
    }

    /// Goes on with one that runs until it is done or called off. When the store fails it goes on being one that runs.
    async fn run_guest_deletion(&self, app: AppKey, Kept { deletion, text }: Kept) -> Result<()> {
        let state = match self.sweep_unless_called_off(app, &deletion, &text).await {
            Ok(removed) => GuestDeletionState::Done(removed),
            Err(Error::Store(error @ store::Error::Corrupt { .. })) => {
                tracing::error!(error = %with_causes(&error, ": "), "failed to delete guests in bulk");
                GuestDeletionState::Failed
            }
            Err(error) => return Err(error),
        };
        self.events_waiting();
        // Not when it was called off.
        self.put_guest_deletion(app, Some(text), &GuestDeletion { state, ..deletion }).await?;
        Ok(())
    }

    /// Deletes bite by bite, as long as the deletion stands in the store as it did; says how many.
    async fn sweep_unless_called_off(
        &self,
        app: AppKey,
        deletion: &GuestDeletion,
        text: &str,
    ) -> Result<u64> {
        let (mut removed, mut after, mut rests) = (0, None, Rests::taken());
        let events = self.waits_for_expiry(app);
        loop {
            let (policy, asked) = (deletion.policy, deletion.asked);
            let bite = expiry::bite(self.store(), app, policy, asked, after, events).await?;
            removed += u64::try_from(bite.removed.len()).unwrap_or_default();
            after = bite.after;
            if !bite.more {
                return Ok(removed);
            }
            rests.rest().await;
            // Others that are due meanwhile begin, so that they are not late.
            let looked = self.look_at_guest_deletions().await?;
            if !looked.running.iter().any(|(key, kept)| *key == app && kept.text == text) {
                return Ok(removed);
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
