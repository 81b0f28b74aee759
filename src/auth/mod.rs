//! What may happen: one file per story. Speaks no HTTP and no SQL.
//!
//! Handlers in `http` ask [`Auth`] and say its answer on the wire; a refusal is an [`Error`] in the protocol's
//! words, and `http/error.rs` gives it a status.

mod access_list;
mod accounts;
mod admin;
mod api_keys;
mod apps;
mod back_up;
mod bearer;
mod behaviour;
mod concerns;
mod configuration;
mod custom_data;
pub mod custom_token;
mod delete_guests;
mod delete_self;
mod deliver;
mod dependencies;
mod deploy;
mod device;
mod email_users;
mod error;
mod examine;
mod expire_guests;
mod expiry_preview;
pub mod foreign_token;
mod functions;
mod import_users;
mod journal;
pub mod jwks;
mod keys;
pub mod letter;
mod limits;
mod link;
mod log_in;
mod log_out;
mod logs;
pub mod metadata;
mod move_away;
pub mod oauth;
pub mod outbound;
mod pace;
mod passwords;
mod pem;
mod pending;
pub mod person;
mod providers;
mod redirect;
mod refresh;
pub mod rsa_key;
mod secrets;
mod see_users;
mod session_length;
mod sha256;
#[cfg(test)]
mod stand_in;
mod statistics;
mod tokens;
mod triggers;
mod try_function;
mod turns;
mod users;
mod verified;
mod verify_token;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, Notify};

pub use access_list::{AccessEntry, AccessList};
pub use accounts::{Asker, SentConfirmation};
pub use admin::{
    Access, AdminCaller, AdminCredential, AdminLoggedIn, AdminProfile, AdminRefusal, AdminSessionCaller,
    AuditEntry, DEV_EMAIL, DEV_PASSWORD, DigestClaim, DigestRefusal, KeyPair, NewAdmin, REALM, SeenAdmin,
    SeenAdminSession,
};
pub use api_keys::OwnApiKey;
pub use apps::App;
pub use bearer::Caller;
pub use concerns::{Concern, Surroundings, concerns};
pub use configuration::{
    Author, DeployConfig, Deployed, Draft, FreshApp, PartKind, PartRefusal, Shown, Snapshot,
};
pub use delete_guests::{GRACE, GuestDeletion, GuestDeletionState};
pub use dependencies::{PackageChange, Upload, unread_packages};
pub use deploy::{Arrival, Arrived, Exported, Foreseen};
pub use error::Error;
pub use expiry_preview::ExpiryPreview;
pub use functions::{FUNCTION_WALL, FunctionCall};
pub use import_users::{Counts, ImportReport, Newcomer, Reason, Registered, Wrong};
pub use journal::Journal;
pub use keys::{KeyListing, KeyPurpose, Sealer};
pub use link::{LinkRefusal, RefusedLink};
pub use log_in::{LoggedIn, Login};
pub use logs::{Asked, LogPage};
pub use move_away::{Destination, MoveAnswer, MoveState, MoveStep, MovedTable, Mover};
pub use pace::Minute;
pub use pending::{Pending, Registration};
pub use redirect::{Departed, Departure, Return, Returned};
pub use secrets::SecretName;
pub use see_users::SeenSession;
pub use statistics::{DayStatistics, Live, Statistics};
pub use tokens::{Presented, TokenKind};
pub use try_function::{As, Trial, Tried};
pub use users::UserChange;
pub use verify_token::TokenVerdict;

use crate::functions::Engine;
use crate::model::{ClientAppId, Clock, Dice, ObjectId};
use crate::store::Store;

/// A result of this room.
pub type Result<T> = std::result::Result<T, Error>;

/// What the stories need, handed in by the one place that has the real things.
pub struct Parts {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The dice.
    pub dice: Arc<dyn Dice>,
    /// What opens and closes stored keys.
    pub sealer: Sealer,
    /// The base URL at which clients reach the server, without a trailing slash.
    pub public_url: String,
    /// Origins of example pages: allowed for the app beside them, whatever its configuration says.
    pub page_origins: HashMap<ClientAppId, String>,
    /// Guest logins that one address may make in an hour; 0 for no limit.
    pub guest_logins_per_hour: u32,
    /// Password logins that one e-mail address may try in a minute.
    pub password_logins_per_minute: u32,
    /// Registrations, resends and resets of one e-mail address in an hour.
    pub mails_per_hour: u32,
    /// Entries of one app's log in a second, in the long run.
    pub log_entries_per_second: u32,
    /// Days for which an app's log is kept.
    pub log_retention_days: u32,
    /// Sends mail.
    pub mail: Arc<dyn outbound::Mail>,
    /// Runs the apps' functions.
    pub engine: Arc<Engine>,
    /// Fetches from others.
    pub fetch: Arc<dyn outbound::Fetch>,
    /// Whether the well-known administrator of development is let in.
    pub dev_admin: bool,
    /// Where issuers are that are not at their real place, by the provider's name.
    pub issuers: HashMap<oauth::Kind, oauth::EndpointSettings>,
}

/// The stories, and the apps they are told of.
pub struct Auth {
    parts: Parts,
    apps: ArcSwap<apps::Registry>,
    admins: admin::Administration,
    verified: verified::VerifiedTokens,
    guest_limit: limits::GuestLimit,
    tries: limits::Tries,
    mails: limits::Tries,
    passwords: passwords::Passwords,
    key_sets: jwks::KeySets,
    logs: logs::Logs,
    pace: pace::Pace,
    changed: Notify,
    /// Told when an app was taken away.
    departed: Notify,
    /// Held while the apps are read, so that what was read earlier never takes the place of what was read later.
    reading: Mutex<()>,
    /// How many changes of the store there were when the apps were read.
    read_at: AtomicU64,
    /// Which of the servers on one store this is.
    holder: ObjectId,
    events: Notify,
    pulled: deliver::Pulled,
    guest_deletion_asked: Notify,
    /// Told when something changed and nobody read it.
    unread: Notify,
    /// Who moves the store to another place.
    mover: OnceLock<Box<dyn move_away::Mover>>,
}

impl Auth {
    /// Reads the apps from the store.
    pub async fn open(parts: Parts) -> Result<Auth> {
        let auth = Auth {
            admins: admin::Administration::open(&parts).await?,
            guest_limit: limits::GuestLimit::new(parts.guest_logins_per_hour),
            tries: limits::Tries::of_passwords(parts.password_logins_per_minute),
            mails: limits::Tries::of_mails(parts.mails_per_hour),
            passwords: passwords::Passwords::start()?,
            key_sets: jwks::KeySets::new(Arc::clone(&parts.fetch)),
            logs: logs::Logs::new(parts.log_entries_per_second, &*parts.dice, parts.clock.now()),
            pace: pace::Pace::default(),
            apps: ArcSwap::default(),
            verified: verified::VerifiedTokens::new(),
            changed: Notify::new(),
            departed: Notify::new(),
            reading: Mutex::new(()),
            read_at: AtomicU64::new(0),
            holder: parts.dice.object_id(parts.clock.now()),
            events: Notify::new(),
            pulled: deliver::Pulled::default(),
            guest_deletion_asked: Notify::new(),
            unread: Notify::new(),
            mover: OnceLock::new(),
            parts,
        };
        auth.read_all_apps().await?;
        Ok(auth)
    }

    /// Done when the apps changed since this was last awaited. For one waiter.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Does what changes an app, then reads the apps again. If the caller goes away in between, or the reading fails,
    /// [`Auth::read_changes`] does it.
    async fn changing<T>(&self, act: impl Future<Output = Result<T>>) -> Result<T> {
        let unread = Unread(Some(&self.unread));
        let done = act.await?;
        self.reload().await?;
        unread.read();
        Ok(done)
    }

    /// Waits until a change of the apps was left unread, or another server made one, and reads them again. For one
    /// waiter.
    pub async fn read_changes(&self) -> Result<()> {
        tokio::select! {
            // Left unread again, if that fails.
            () = self.unread.notified() => self.changing(std::future::ready(Ok(()))).await,
            changed = self.store().changed(self.read_at.load(Ordering::Acquire)) => {
                changed?;
                self.catch_up().await
            }
        }
    }

    /// Reads the apps again when another server changed one since they were read. Of many who find that at once, one
    /// reads, and the others find it done.
    pub async fn catch_up(&self) -> Result<()> {
        if !self.is_behind().await? {
            return Ok(());
        }
        let reading = self.reading.lock().await;
        if self.is_behind().await? { self.reread_apps(&reading).await } else { Ok(()) }
    }

    async fn is_behind(&self) -> Result<bool> {
        Ok(self.store().changes().await? != self.read_at.load(Ordering::Acquire))
    }

    /// Allows the origins at which pages beside apps are shown.
    pub async fn allow_pages(&mut self, origins: HashMap<ClientAppId, String>) -> Result<()> {
        self.parts.page_origins = origins;
        self.reload().await
    }

    /// The base URL at which clients reach the server, without a trailing slash.
    pub fn public_url(&self) -> &str {
        &self.parts.public_url
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.parts.clock
    }

    /// The dice.
    pub fn dice(&self) -> &dyn Dice {
        &*self.parts.dice
    }

    /// Where the issuer of an OAuth provider is.
    fn endpoints(&self, kind: oauth::Kind) -> oauth::Endpoints {
        let real = oauth::Endpoints::of(kind);
        match self.parts.issuers.get(&kind) {
            // Checked when the server started.
            Some(settings) => real.clone().replaced_by(settings).unwrap_or(real),
            None => real,
        }
    }

    fn store(&self) -> &dyn Store {
        &*self.parts.store
    }
}

/// A change that is yet to be read: dropped before it was, it says so.
struct Unread<'a>(Option<&'a Notify>);

impl Unread<'_> {
    fn read(mut self) {
        self.0 = None;
    }
}

impl Drop for Unread<'_> {
    fn drop(&mut self) {
        if let Some(unread) = self.0 {
            unread.notify_one();
        }
    }
}
