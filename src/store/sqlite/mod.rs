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
use super::hand_over::store_acts;
use super::{
    AddKey, Answer, AppendLogs, BackedUp, ChangedSecret, CountGuestLogins, DeleteApiKey, DeleteUser, Deploy,
    EmailReset, Expire, Expired, Finding, Found, Hold, ImportUsers, Imported, Lease, Link, Linked, LogIn,
    LogOut, LoggedIn, MadeApiKey, MadeEmailUser, MakeApiKey, MakeEmailUser, PutAllowedIp, PutDraft,
    PutGuestDeletion, PutRedirect, PutSecret, Register, RenewToken, ResetEmail, ResetPassword, Result,
    RetireKey, RevokeSessions, SetApiKeyDisabled, SetCustomData, SetDisabled, SetPassword, SettleEvent,
    Store, Touch, TrimLogs, UseToken,
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
    store_acts!();

    fn log_in(&self, act: LogIn) -> Answer<'_, LoggedIn> {
        self.parts.writer.submit(act)
    }

    /// The file is this process's alone, and so is all work on it.
    fn lease(&self, _: Lease) -> Answer<'_, bool> {
        Box::pin(std::future::ready(Ok(true)))
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
            let how_it_writes = self.parts.writer.look(care::HowItWrites).await;
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
