//! The store in PostgreSQL: any number of servers share one.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `address` | where the database is, and how private the way to it |
//! | `open` | whose database it is, its schema, its connections |
//! | `connection`, `pool`, `bind` | one connection, several, and what is said over them |
//! | `writer` | acts, each a transaction; what is done again |
//! | `queue` | where what is gathered waits |
//! | `guests` | guests' logins, gathered |
//! | `acts/` | each act as its statements |
//! | `readers`, `asks` | who reads, and what may be asked |
//! | `bearers` | the ask of every request with a token, gathered |
//! | `watch` | what other servers change |
//! | `listing` | pages of users, each along an index of its own |
//! | `admins` | what may be asked of administrators, and their acts |
//! | `rule` | when guests are let go |
//! | `sql`, `row` | every statement, and rows as values |
//! | `care` | examination |
//! | `grants` | what a role that serves may do |
//! | `copying` | the store as its rows, on its way to another place |
//! | `failure` | why something could not be done |
//!
//! Nothing here assumes that there is one writer. Transactions are READ COMMITTED, each statement seeing what was
//! committed before it; what decides are rows that are held and keys that are unique:
//! - Whoever changes what is a user's holds the user's row first, then looks: a statement sees what was committed before
//!   it began, not what it waited for.
//! - Whoever changes what is configured, of apps or administrators, holds the server's row: that is rare.
//! - Of two who want one id, address, identity or name, the unique key lets one have it. Such an insert is `on conflict
//!   do nothing`, since an error would end the whole transaction, and says by its count who won.
//! - Counts by day are written last, in the order of their keys, since everybody's meet there.

mod acts;
mod address;
mod admins;
mod asks;
mod bearers;
mod bind;
mod care;
mod connection;
mod copying;
mod failure;
mod grants;
mod guests;
mod listing;
mod open;
mod pool;
mod queue;
mod readers;
mod row;
mod rule;
mod sql;
#[cfg(test)]
mod tests;
mod watch;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

pub use address::{Address, AddressError, PasswordError};
use bearers::Bearers;
pub use copying::Rows;
use failure::Failure;
use guests::Guests;
pub use open::{Migrated, OpenError, Options};
use pool::Pool;
use readers::Readers;
use watch::Watch;
use writer::Writer;

use super::hand_over::store_acts;
use super::{
    AddKey, Answer, AppendLogs, BackedUp, ChangedSecret, CountGuestLogins, DeleteApiKey, DeleteUser, Deploy,
    EmailReset, Expire, Expired, Finding, Found, ImportUsers, Imported, Lease, Link, Linked, LogIn, LogOut,
    LoggedIn, MadeApiKey, MadeEmailUser, MakeApiKey, MakeEmailUser, PutAllowedIp, PutDraft, PutGuestDeletion,
    PutRedirect, PutSecret, Register, RenewToken, ResetEmail, ResetPassword, RetireKey, RevokeSessions,
    SetApiKeyDisabled, SetCustomData, SetDisabled, SetPassword, SettleEvent, Store, Touch, TrimLogs,
    UseToken,
};
use crate::model::{AllowedIpId, AppKey, CredentialId, DraftId, GroupId, SecretId, Timestamp};

/// A store in PostgreSQL. Its asks and acts are to be made within a tokio runtime.
///
/// [`Store::close`] waits until the acts that it accepted are done; dropping it does not.
pub struct Postgres {
    parts: Parts,
    /// Whether a pooler stands before it, if somebody said.
    pooler: Option<bool>,
}

/// What is put away together at the end.
struct Parts {
    writer: Arc<Writer>,
    guests: Guests,
    readers: Readers,
    bearers: Bearers,
    acts: Arc<Pool>,
    watch: Watch,
    manners: Arc<connection::Manners>,
}

impl Postgres {
    /// Connects, and sees whether the schema is one that this server can live with.
    pub async fn open(options: Options) -> std::result::Result<Postgres, OpenError> {
        open::open(options).await
    }

    /// Brings the schema to what this server knows. Several may do it at once.
    pub async fn migrate(options: &Options) -> std::result::Result<Migrated, OpenError> {
        open::migrate(options).await
    }

    /// Lets a role use the store that may not change its schema. To be done by the role that owns the schema.
    pub async fn grant(options: &Options, role: &str) -> std::result::Result<(), OpenError> {
        grants::grant(options, role).await
    }

    /// The schema that the database has; 0 for none.
    pub async fn schema(options: &Options) -> std::result::Result<u32, OpenError> {
        open::schema_of(options).await
    }

    /// The schema that this server knows.
    pub fn known() -> u32 {
        open::known()
    }
}

impl Store for Postgres {
    store_acts!();

    fn log_in(&self, act: LogIn) -> Answer<'_, LoggedIn> {
        if guests::gathers(&act) {
            return self.parts.guests.submit(act);
        }
        self.parts.writer.submit(act)
    }

    fn lease(&self, act: Lease) -> Answer<'_, bool> {
        self.parts.writer.submit(act)
    }

    fn back_up(&self, _: PathBuf) -> Answer<'_, BackedUp> {
        Box::pin(std::future::ready(Err(Failure::BackedUpElsewhere.into())))
    }

    fn examine(&self) -> Answer<'_, Vec<Finding>> {
        Box::pin(care::examine(&self.parts.manners, self.pooler))
    }

    fn engine_time(&self) -> Answer<'_, Option<Timestamp>> {
        Box::pin(care::engine_time(&self.parts.manners))
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async {
            self.parts.guests.stop().await;
            self.parts.writer.stop().await;
            self.parts.bearers.stop();
            self.parts.readers.close().await;
            self.parts.acts.close();
            self.parts.watch.stop();
            Ok(())
        })
    }
}
