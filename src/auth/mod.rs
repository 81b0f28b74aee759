//! What may happen: one file per story. Speaks no HTTP and no SQL.
//!
//! Handlers in `http` ask [`Auth`] and say its answer on the wire; a refusal is an [`Error`] in the protocol's
//! words, and `http/error.rs` gives it a status.

mod apps;
mod back_up;
mod bearer;
mod delete_self;
mod deploy;
mod device;
mod error;
mod examine;
mod expire_guests;
mod keys;
mod limits;
mod log_in;
mod log_out;
mod providers;
mod refresh;
mod see_users;
mod tokens;
mod users;
mod verified;

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, Notify};

pub use apps::App;
pub use bearer::Caller;
pub use deploy::{Arrival, Arrived, Exported};
pub use error::Error;
pub use keys::{KeyListing, KeyPurpose, Sealer};
pub use log_in::{LoggedIn, Login};
pub use see_users::{SeenSession, UserQuery};
pub use tokens::{Presented, TokenKind};
pub use users::UserChange;

use crate::model::{ClientAppId, Clock, Dice};
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
}

/// The stories, and the apps they are told of.
pub struct Auth {
    parts: Parts,
    apps: ArcSwap<apps::Registry>,
    verified: verified::VerifiedTokens,
    guest_limit: limits::GuestLimit,
    changed: Notify,
    /// Held while the apps are read, so that what was read earlier never takes the place of what was read later.
    reading: Mutex<()>,
}

impl Auth {
    /// Reads the apps from the store.
    pub async fn open(parts: Parts) -> Result<Auth> {
        let auth = Auth {
            guest_limit: limits::GuestLimit::new(parts.guest_logins_per_hour),
            apps: ArcSwap::default(),
            verified: verified::VerifiedTokens::new(),
            changed: Notify::new(),
            reading: Mutex::new(()),
            parts,
        };
        auth.reload().await?;
        Ok(auth)
    }

    /// Reads the apps again, after one was deployed or its keys changed.
    pub async fn reload(&self) -> Result<()> {
        let _reading = self.reading.lock().await;
        let records = self.store().apps().await?;
        let registry = apps::Registry::new(records, &self.parts)?;
        self.apps.store(Arc::new(registry));
        self.changed.notify_one();
        Ok(())
    }

    /// Done when the apps changed since this was last awaited. For one waiter.
    pub async fn changed(&self) {
        self.changed.notified().await;
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

    fn store(&self) -> &dyn Store {
        &*self.parts.store
    }
}
