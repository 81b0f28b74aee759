//! The first administrator, made whenever there is none; and the well-known one of development, which is never stored.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::KeyPair;
use super::session::SESSION_SECS;
use crate::auth::{Auth, Result};
use crate::model::{AdminId, ObjectId, Role, SessionId};
use crate::store::{Admin, AdminSession, MadeAdmin, MakeAdmin};

/// The address that the SDKs' tools sign in with.
pub const DEV_EMAIL: &str = "unique_user@domain.com";
/// Its password.
pub const DEV_PASSWORD: &str = "password";

/// The well-known administrator. No ObjectId of ours: they begin with a second.
pub(super) const DEV: AdminId = AdminId(ObjectId([0, 0, 0, 0, 0, 0, 0, 0, 0, b'd', b'e', b'v']));

/// Open sessions of the well-known administrator; of more the oldest end.
const MOST_DEV_SESSIONS: usize = 4096;

/// The open sessions of the well-known administrator. They end with the process.
#[derive(Default)]
pub(super) struct DevSessions(Mutex<VecDeque<SessionId>>);

impl DevSessions {
    fn with<T>(&self, act: impl FnOnce(&mut VecDeque<SessionId>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Auth {
    /// A key pair for a first administrator, who owns the server's project. It is good once
    /// [`Auth::make_first_admin`] says so.
    pub fn first_key(&self) -> Result<KeyPair> {
        let now = self.clock().now();
        self.new_key_pair(AdminId(self.dice().object_id(now)), "made at the first start")
    }

    /// Whether there is no administrator.
    pub async fn has_no_admin(&self) -> Result<bool> {
        Ok(self.store().admins().await?.is_empty())
    }

    /// Makes the first administrator with its key pair. `false` when there is one already.
    pub async fn make_first_admin(&self, pair: &KeyPair) -> Result<bool> {
        let roles = vec![(self.admins.project, Role::Owner)];
        let admin = Admin { id: pair.key.admin, email: None, hash: None, disabled: false, roles };
        let act = MakeAdmin { admin, key: Some(pair.key.clone()), only_first: true };
        Ok(self.store().make_admin(act).await? == MadeAdmin::Made)
    }

    /// Opens a session of the well-known administrator, if these are its name and password, and it is let in.
    pub(super) fn open_dev_session(&self, email: &str, password: &str) -> Option<(AdminSession, Admin)> {
        let sessions = self.admins.dev.as_ref()?;
        if email != DEV_EMAIL || password != DEV_PASSWORD {
            return None;
        }
        let id = SessionId(self.dice().object_id(self.clock().now()));
        sessions.with(|open| {
            open.truncate(MOST_DEV_SESSIONS - 1);
            open.push_front(id);
        });
        self.dev_session(id)
    }

    /// An open session of the well-known administrator.
    pub(super) fn dev_session(&self, id: SessionId) -> Option<(AdminSession, Admin)> {
        let sessions = self.admins.dev.as_ref()?;
        if !sessions.with(|open| open.contains(&id)) {
            return None;
        }
        let session = dev_session(id);
        let roles = vec![(self.admins.project, Role::Owner)];
        let admin = Admin { id: DEV, email: Some(DEV_EMAIL.to_owned()), hash: None, disabled: false, roles };
        Some((session, admin))
    }

    /// The open sessions of the well-known administrator, the oldest first.
    pub(super) fn dev_sessions(&self) -> Vec<AdminSession> {
        let Some(sessions) = &self.admins.dev else { return Vec::new() };
        sessions.with(|open| open.iter().rev().copied().map(dev_session).collect())
    }

    /// Ends a session of the well-known administrator. `true` when it was there.
    pub(super) fn end_dev_session(&self, id: SessionId) -> bool {
        let Some(sessions) = &self.admins.dev else { return false };
        sessions.with(|open| {
            let before = open.len();
            open.retain(|other| *other != id);
            open.len() < before
        })
    }
}

fn dev_session(id: SessionId) -> AdminSession {
    AdminSession { id, admin: DEV, public_key: None, expires: id.0.created().plus(SESSION_SECS) }
}
