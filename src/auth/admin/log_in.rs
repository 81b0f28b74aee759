//! Signing in. Whatever is wrong (no such name, another secret, disabled) looks alike and takes as long.

use std::net::IpAddr;

use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::session::SESSION_SECS;
use super::{AdminRefusal, AdminSessionCaller};
use crate::auth::limits::AdminName;
use crate::auth::sha256::sha256;
use crate::auth::{Auth, Error, Result};
use crate::model::{AdminId, Secret, SessionId};
use crate::store::{AdminKey, AdminSession, OpenAdminSession};

/// With what an administrator signs in.
pub enum AdminCredential {
    /// A key pair.
    KeyPair {
        /// The public half.
        public_key: String,
        /// The private half.
        private_key: Secret<String>,
    },
    /// An e-mail address and a password.
    Password {
        /// The address.
        email: String,
        /// The password.
        password: Secret<String>,
    },
    /// The private half of a key pair alone.
    PrivateKey(Secret<String>),
}

/// A new session.
pub struct AdminLoggedIn {
    /// The access token.
    pub access_token: String,
    /// The refresh token.
    pub refresh_token: String,
    /// The session, and whose it is.
    pub caller: AdminSessionCaller,
    /// The administrator.
    pub admin: AdminId,
}

impl Auth {
    /// Opens a session. Tries count until they succeed: a tool that signs in often is in nobody's way.
    pub async fn log_in_admin(
        &self,
        credential: AdminCredential,
        address: Option<IpAddr>,
    ) -> Result<AdminLoggedIn> {
        let now = self.clock().now();
        let name = match &credential {
            AdminCredential::KeyPair { public_key, .. } => Some(AdminName::PublicKey(public_key)),
            AdminCredential::Password { email, .. } => Some(AdminName::Email(email)),
            AdminCredential::PrivateKey(_) => None,
        };
        self.admins.tries.admit_name(name, address, now)?;
        let opened = match &credential {
            AdminCredential::KeyPair { public_key, private_key } => {
                self.by_key_pair(public_key, private_key).await
            }
            AdminCredential::Password { email, password } => self.by_password(email, password).await,
            AdminCredential::PrivateKey(key) => {
                let found = self.store().admin_key_of_hash(sha256(key.expose())).await?;
                let found = found.map(|key| (key.admin, Some(key.public_key)));
                self.open_session(found, AdminRefusal::WrongApiKey).await
            }
        }?;
        self.admins.tries.forgive(name, address, now);
        Ok(AdminLoggedIn {
            access_token: self.admin_access_token(&opened.0)?,
            refresh_token: opened.1,
            admin: opened.2,
            caller: opened.0,
        })
    }

    async fn by_key_pair(&self, public_key: &str, private_key: &Secret<String>) -> Result<Opened> {
        let found = self.store().admin_key(public_key).await?;
        let found = found.filter(|key| is_its_private_key(key, private_key));
        self.open_session(found.map(|key| (key.admin, Some(key.public_key))), AdminRefusal::WrongKey).await
    }

    async fn by_password(&self, email: &str, password: &Secret<String>) -> Result<Opened> {
        if let Some((session, admin)) = self.open_dev_session(email, password.expose()) {
            let (refresh, id) = (self.admin_refresh_token(&session)?, admin.id);
            return Ok((AdminSessionCaller::new(session, admin), refresh, id));
        }
        let admin = self.store().admin_of_email(email).await?;
        let hash = admin.as_ref().and_then(|admin| admin.hash.as_ref());
        let good = self.passwords.verify(password.expose(), hash).await?;
        let found = admin.filter(|_| good).map(|admin| (admin.id, None));
        self.open_session(found, AdminRefusal::WrongPassword).await
    }

    /// Opens a session of who was proved; the store decides whether that one may still have one.
    async fn open_session(
        &self,
        proved: Option<(AdminId, Option<String>)>,
        refusal: AdminRefusal,
    ) -> Result<Opened> {
        let Some((admin, public_key)) = proved else { return Err(Error::Admin(refusal)) };
        let now = self.clock().now();
        let id = SessionId(self.dice().object_id(now));
        let session = AdminSession { id, admin, public_key, expires: now.plus(SESSION_SECS) };
        let refresh = self.admin_refresh_token(&session)?;
        if !self.store().open_admin_session(OpenAdminSession { session, now }).await? {
            return Err(Error::Admin(refusal));
        }
        let found = self.store().admin_session(id).await?;
        let (session, who) = found.ok_or(Error::Admin(refusal))?;
        Ok((AdminSessionCaller::new(session, who), refresh, admin))
    }
}

type Opened = (AdminSessionCaller, String, AdminId);

pub(super) fn is_its_private_key(key: &AdminKey, private_key: &Secret<String>) -> bool {
    verify_slices_are_equal(&key.hash, &sha256(private_key.expose())).is_ok()
}
