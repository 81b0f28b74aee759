//! The store in one SQLite file: one writing thread that shares its commits, a few connections that read.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `open` | whose file it is, its schema, its connections |
//! | `writer` | the thread, the shared commit |
//! | `acts/` | each act as its statements |
//! | `readers`, `asks` | who reads, and what may be asked |
//! | `listing` | pages of users, each along an index of its own |
//! | `admins` | what may be asked of administrators, and their acts |
//! | `rule` | when guests are let go |
//! | `sql`, `row` | every statement, and rows as values |
//! | `care` | backup and examination |
//! | `copying` | the store as its rows, on its way to another place |
//! | `failure` | why something could not be done |

mod acts;
mod admins;
mod asks;
mod care;
mod copying;
mod failure;
mod listing;
mod open;
mod readers;
mod row;
mod rule;
mod sql;
#[cfg(test)]
mod tests;
mod writer;

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

pub use copying::Rows;
use failure::Failure;
pub use open::{OpenError, Options};
use readers::Readers;
use writer::Writer;

use super::copying::Copying;
use super::{
    AddKey, Answer, AppendLogs, BackedUp, ChangedSecret, CountGuestLogins, DeleteApiKey, DeleteUser, Deploy,
    EmailReset, Expire, Expired, Finding, Found, Hold, ImportUsers, Imported, Lease, Link, Linked, LogIn,
    LogOut, LoggedIn, MadeApiKey, MadeEmailUser, MakeApiKey, MakeEmailUser, PutAllowedIp, PutDraft,
    PutRedirect, PutSecret, Register, RenewToken, ResetEmail, ResetPassword, Result, RetireKey,
    RevokeSessions, SetApiKeyDisabled, SetCustomData, SetDisabled, SetPassword, SettleEvent, Store, Touch,
    TrimLogs, UseToken,
};
use crate::model::{AllowedIpId, AppKey, CredentialId, DraftId, GroupId, SecretId, Timestamp};

/// A store in one SQLite file. Its asks and acts are to be made within a tokio runtime.
///
/// Dropping it waits until the acts that it accepted are done, as [`Store::close`] does without blocking.
pub struct Sqlite {
    path: PathBuf,
    parts: Arc<Parts>,
}

/// What is put away together at the end.
struct Parts {
    writer: Writer,
    readers: Arc<Readers>,
    /// Held until everything else is closed, and by whoever works on the file with a connection of its own.
    lock: Mutex<Option<Arc<File>>>,
    /// Held while closing, so that whoever closes second returns when the first is done.
    closing: Mutex<()>,
}

impl Sqlite {
    /// Opens the file, making it when there is none, for this process alone.
    pub fn open(options: Options) -> std::result::Result<Sqlite, OpenError> {
        let queue = options.queue;
        let opened = open::open(options)?;
        let readers = Arc::new(Readers::new(opened.point, opened.long));
        let writer = Writer::start(opened.writer, Arc::clone(&readers), queue)
            .map_err(|error| OpenError::Io(opened.path.clone(), error))?;
        let lock = Mutex::new(Some(Arc::new(opened.lock)));
        let parts = Parts { writer, readers, lock, closing: Mutex::new(()) };
        Ok(Sqlite { path: opened.path, parts: Arc::new(parts) })
    }

    /// The lock, for as long as the caller's own connection lives.
    fn share_lock(&self) -> Result<Arc<File>> {
        let lock = self.parts.lock.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(lock.clone().ok_or(Failure::Closed)?)
    }
}

impl Parts {
    /// Finishes what was accepted and closes the files. A second time it does nothing.
    fn close(&self) {
        let _closing = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = self.writer.stop();
        self.readers.close();
        if let Some(writer) = writer {
            // The log is folded into the file, so that what is left behind is one file. What fails here loses
            // nothing: the log is read at the next start.
            let folded = writer.query_row(sql::FOLD_LOG_AWAY, (), |_| Ok(()));
            if let Err(error) = folded.and_then(|()| writer.close().map_err(|(_, error)| error)) {
                tracing::warn!(%error, "failed to fold the log into the store");
            }
        }
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.parts.close();
    }
}

impl Store for Sqlite {
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

    /// The file is this process's alone, and so is all work on it.
    fn lease(&self, _: Lease) -> Answer<'_, bool> {
        Box::pin(std::future::ready(Ok(true)))
    }

    fn see_time(&self, now: Timestamp) -> Answer<'_, ()> {
        self.parts.writer.submit(acts::SeeTime(now))
    }

    fn hold(&self, hold: Hold) -> Answer<'_, ()> {
        self.parts.writer.hold(hold)
    }

    fn rows(&self) -> Answer<'_, Box<dyn Copying>> {
        let rows = self.share_lock().and_then(|lock| Rows::beside(&self.path, lock));
        Box::pin(std::future::ready(rows.map(|rows| Box::new(rows) as Box<dyn Copying>)))
    }

    fn back_up(&self, to: PathBuf) -> Answer<'_, BackedUp> {
        Box::pin(async move {
            let (lock, from) = (self.share_lock()?, self.path.clone());
            readers::elsewhere(move || {
                let done = care::back_up(&from, &to);
                drop(lock);
                done
            })
            .await
        })
    }

    fn examine(&self) -> Answer<'_, Vec<Finding>> {
        Box::pin(async move {
            let (lock, path) = (self.share_lock()?, self.path.clone());
            let how_it_writes = self.parts.writer.submit(care::HowItWrites).await;
            readers::elsewhere(move || {
                let findings = care::examine(&path, how_it_writes);
                drop(lock);
                findings
            })
            .await
        })
    }

    /// The file is on this machine.
    fn engine_time(&self) -> Answer<'_, Option<Timestamp>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn close(&self) -> Answer<'_, ()> {
        let parts = Arc::clone(&self.parts);
        readers::elsewhere(move || {
            parts.close();
            Ok(())
        })
    }
}
