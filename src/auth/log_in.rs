//! Logging in.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::tokens::{Presented, Subject};
use super::{App, Auth, Error, Result, device, providers};
use crate::model::{DeviceId, LinkErrors, ObjectId, ProviderType, SessionId, UserId};
use crate::store::LogIn;

/// What a client sends to log in.
pub struct Login {
    /// The provider's name, as it stands in the path.
    pub provider: String,
    /// The body: credentials and `options`.
    pub body: Map<String, Value>,
    /// The client's address, when there is one.
    pub address: Option<std::net::IpAddr>,
}

/// A login that succeeded. Durable.
pub struct LoggedIn {
    /// For requests.
    pub access_token: String,
    /// For new access tokens.
    pub refresh_token: String,
    /// Who logged in.
    pub user: UserId,
    /// On which device; all zeros when the client said nothing of one.
    pub device: DeviceId,
}

impl Auth {
    /// Logs somebody in. With `anon-user` that is always somebody new.
    pub async fn log_in(&self, app: &Arc<App>, login: Login) -> Result<LoggedIn> {
        let kind = provider_type(&login.provider)?;
        if !app.serves(kind) {
            return Err(Error::ProviderDisabled(kind));
        }
        let now = self.clock().now();
        self.guest_limit.admit(login.address, now)?;
        let guest = providers::anon_user::arrive(self.dice(), now);
        let (device, device_details) = device::read(&login.body, self.dice(), now);
        // A body of a megabyte becomes values of many, and while the store writes many logins wait.
        drop(login);
        let subject = Subject { user: guest.user, session: SessionId(self.dice().object_id(now)), device };
        // Signed before the act, so that a failing signature leaves nobody behind.
        let access_token = self.access_token(app, &subject, now)?;
        let refresh_token = self.guest_refresh_token(app, &subject, &guest.identity, now)?;
        let act = LogIn {
            app: app.key,
            user: subject.user,
            session: subject.session,
            device,
            device_details,
            provider: kind,
        };
        self.store().log_in(act).await?;
        Ok(LoggedIn {
            access_token,
            refresh_token,
            user: subject.user,
            device: device.unwrap_or(DeviceId(ObjectId::ZERO)),
        })
    }

    /// Refuses a link. Only guests can log in so far, and an anonymous identity is never linked.
    pub async fn refuse_link(&self, app: &Arc<App>, token: &Presented<'_>, provider: &str) -> Error {
        if let Err(refused) = self.access(app, token).await {
            return refused;
        }
        match provider_type(provider) {
            Err(unknown) => unknown,
            Ok(ProviderType::AnonUser) => {
                Error::LinkAnonymous { strict: app.config.settings.link_errors == LinkErrors::Strict }
            }
            Ok(kind) => Error::LinkProviderDisabled(kind),
        }
    }
}

pub(super) fn provider_type(name: &str) -> Result<ProviderType> {
    name.parse().map_err(|_| Error::ProviderNotFound(name.to_owned()))
}
