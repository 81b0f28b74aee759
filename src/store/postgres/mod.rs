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

use super::{
    AddKey, Answer, AppendLogs, BackedUp, ChangedSecret, CountGuestLogins, DeleteApiKey, DeleteUser, Deploy,
    EmailReset, Expire, Expired, Finding, Found, ImportUsers, Imported, Lease, Link, Linked, LogIn, LogOut,
    LoggedIn, MadeApiKey, MadeEmailUser, MakeApiKey, MakeEmailUser, PutAllowedIp, PutDraft, PutRedirect,
    PutSecret, Register, RenewToken, ResetEmail, ResetPassword, RetireKey, RevokeSessions, SetApiKeyDisabled,
    SetCustomData, SetDisabled, SetPassword, SettleEvent, Store, Touch, TrimLogs, UseToken,
};
use crate::model::{AllowedIpId, AppKey, CredentialId, DraftId, GroupId, SecretId, Timestamp};

/// A store in PostgreSQL. Its asks and acts are to be made within a tokio runtime.
///
/// [`Store::close`] waits until the acts that it accepted are done; dropping it does not.
pub struct Postgres {
    parts: Parts,
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
    fn found(&self, act: Found) -> Answer<'_, GroupId> {
        self.parts.writer.submit(act)
    }

    fn deploy(&self, act: Deploy) -> Answer<'_, ()> {
        match acts::Sealed::new(act) {
            Ok(act) => self.parts.writer.submit(act),
            Err(refused) => Box::pin(std::future::ready(Err(refused))),
        }
    }

    fn put_draft(&self, act: PutDraft) -> Answer<'_, ()> {
        match acts::SealedDraft::new(act) {
            Ok(act) => self.parts.writer.submit(act),
            Err(refused) => Box::pin(std::future::ready(Err(refused))),
        }
    }

    fn delete_draft(&self, app: AppKey, draft: DraftId) -> Answer<'_, bool> {
        self.parts.writer.submit(acts::DeleteDraft { app, draft })
    }

    fn set_deploy_config(&self, app: AppKey, config: String) -> Answer<'_, bool> {
        self.parts.writer.submit(acts::SetDeployConfig { app, config })
    }

    fn delete_app(&self, app: AppKey) -> Answer<'_, bool> {
        self.parts.writer.submit(acts::DeleteApp(app))
    }

    fn clear_departed(&self, limit: u32) -> Answer<'_, bool> {
        self.parts.writer.submit(acts::ClearDeparted { limit })
    }

    fn log_in(&self, act: LogIn) -> Answer<'_, LoggedIn> {
        if guests::gathers(&act) {
            return self.parts.guests.submit(act);
        }
        self.parts.writer.submit(act)
    }

    fn link(&self, act: Link) -> Answer<'_, Linked> {
        self.parts.writer.submit(act)
    }

    fn import_users(&self, act: ImportUsers) -> Answer<'_, Imported> {
        self.parts.writer.submit(act)
    }

    fn register(&self, act: Register) -> Answer<'_, bool> {
        self.parts.writer.submit(act)
    }

    fn make_email_user(&self, act: MakeEmailUser) -> Answer<'_, MadeEmailUser> {
        self.parts.writer.submit(act)
    }

    fn reset_email(&self, act: ResetEmail) -> Answer<'_, EmailReset> {
        self.parts.writer.submit(act)
    }

    fn confirm(&self, act: UseToken) -> Answer<'_, bool> {
        self.parts.writer.submit(act)
    }

    fn confirm_credential(&self, app: AppKey, credential: CredentialId) -> Answer<'_, bool> {
        self.parts.writer.submit(acts::ConfirmCredential { app, credential })
    }

    fn renew_token(&self, act: RenewToken) -> Answer<'_, bool> {
        self.parts.writer.submit(act)
    }

    fn reset_password(&self, act: ResetPassword) -> Answer<'_, bool> {
        self.parts.writer.submit(act)
    }

    fn set_password(&self, act: SetPassword) -> Answer<'_, bool> {
        self.parts.writer.submit(act)
    }

    fn delete_pending(&self, app: AppKey, credential: CredentialId) -> Answer<'_, bool> {
        self.parts.writer.submit(acts::DeletePending { app, credential })
    }

    fn make_api_key(&self, act: MakeApiKey) -> Answer<'_, MadeApiKey> {
        self.parts.writer.submit(act)
    }

    fn set_api_key_disabled(&self, act: SetApiKeyDisabled) -> Answer<'_, bool> {
        self.parts.writer.submit(act)
    }

    fn delete_api_key(&self, act: DeleteApiKey) -> Answer<'_, bool> {
        self.parts.writer.submit(act)
    }

    fn set_custom_data(&self, act: SetCustomData) -> Answer<'_, bool> {
        self.parts.writer.submit(act)
    }

    fn set_secret(&self, act: PutSecret) -> Answer<'_, ()> {
        self.parts.writer.submit(acts::SetSecret(act))
    }

    fn make_secret(&self, act: PutSecret) -> Answer<'_, bool> {
        self.parts.writer.submit(acts::MakeSecret(act))
    }

    fn change_secret(&self, act: PutSecret) -> Answer<'_, ChangedSecret> {
        self.parts.writer.submit(acts::ChangeSecret(act))
    }

    fn delete_secret(&self, app: AppKey, secret: SecretId) -> Answer<'_, bool> {
        self.parts.writer.submit(acts::DeleteSecret { app, secret })
    }

    fn allow_ip(&self, act: PutAllowedIp) -> Answer<'_, ()> {
        self.parts.writer.submit(acts::AllowIp(act))
    }

    fn change_allowed_ip(&self, act: PutAllowedIp) -> Answer<'_, bool> {
        self.parts.writer.submit(acts::ChangeAllowedIp(act))
    }

    fn disallow_ip(&self, app: AppKey, entry: AllowedIpId) -> Answer<'_, bool> {
        self.parts.writer.submit(acts::DisallowIp { app, entry })
    }

    fn set_refresh_token_seconds(&self, app: AppKey, seconds: i64) -> Answer<'_, bool> {
        self.parts.writer.submit(acts::SetRefreshTokenSeconds { app, seconds })
    }

    fn put_redirect(&self, act: PutRedirect) -> Answer<'_, ()> {
        self.parts.writer.submit(act)
    }

    fn take_redirect(&self, state: [u8; 32], now: Timestamp) -> Answer<'_, Option<String>> {
        self.parts.writer.submit(acts::TakeRedirect { state, now })
    }

    fn settle_event(&self, act: SettleEvent) -> Answer<'_, ()> {
        self.parts.writer.submit(act)
    }

    fn append_logs(&self, act: AppendLogs) -> Answer<'_, ()> {
        self.parts.writer.submit(act)
    }

    fn trim_logs(&self, act: TrimLogs) -> Answer<'_, u64> {
        self.parts.writer.submit(act)
    }

    fn count_guest_logins(&self, act: CountGuestLogins) -> Answer<'_, ()> {
        self.parts.writer.submit(act)
    }

    fn log_out(&self, act: LogOut) -> Answer<'_, bool> {
        self.parts.writer.submit(act)
    }

    fn touch(&self, act: Touch) -> Answer<'_, ()> {
        self.parts.writer.submit(act)
    }

    fn set_disabled(&self, act: SetDisabled) -> Answer<'_, bool> {
        self.parts.writer.submit(act)
    }

    fn revoke_sessions(&self, act: RevokeSessions) -> Answer<'_, bool> {
        self.parts.writer.submit(act)
    }

    fn delete_user(&self, act: DeleteUser) -> Answer<'_, bool> {
        self.parts.writer.submit(act)
    }

    fn expire(&self, act: Expire) -> Answer<'_, Expired> {
        self.parts.writer.submit(act)
    }

    fn add_key(&self, act: AddKey) -> Answer<'_, ()> {
        self.parts.writer.submit(act)
    }

    fn retire_key(&self, act: RetireKey) -> Answer<'_, bool> {
        self.parts.writer.submit(act)
    }

    fn lease(&self, act: Lease) -> Answer<'_, bool> {
        self.parts.writer.submit(act)
    }

    fn see_time(&self, now: Timestamp) -> Answer<'_, ()> {
        self.parts.writer.submit(acts::SeeTime(now))
    }

    fn back_up(&self, _: PathBuf) -> Answer<'_, BackedUp> {
        Box::pin(std::future::ready(Err(Failure::BackedUpElsewhere.into())))
    }

    fn examine(&self) -> Answer<'_, Vec<Finding>> {
        Box::pin(care::examine(&self.parts.manners))
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
