//! Logging in, and linking: a provider proves the credential, `link` decides what becomes of it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::journal::note;
use super::link::{LinkRefusal, Proved};
use super::tokens::{Refreshes, Subject};
use super::{App, Auth, Caller, Error, Result, device, providers};
use crate::model::{AuthEventType, DeviceId, ObjectId, ProviderType, SessionId, UserId, UserType};
use crate::store::LogIn;

/// What a client sends to log in, or to link.
pub struct Login {
    /// The provider's name, as it stands in the path.
    pub provider: String,
    /// The body: credentials and `options`.
    pub body: Map<String, Value>,
    /// The client's address, when there is one.
    pub address: Option<std::net::IpAddr>,
}

/// A login or link that succeeded. Durable.
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
            note_device(&login.body);
            return Err(Error::ProviderDisabled(kind));
        }
        if kind == ProviderType::AnonUser {
            return self.log_in_guest(app, login).await;
        }
        // In a box, so that a guest's login, which is most of them, does not carry the room for all the others.
        Box::pin(self.log_in_person(app, kind, login)).await
    }

    async fn log_in_person(&self, app: &App, kind: ProviderType, login: Login) -> Result<LoggedIn> {
        note_device(&login.body);
        let proved = self.prove(app, kind, &login).await?;
        let device = self.device(&login.body);
        drop(login);
        self.enter(app, proved, device).await
    }

    /// Adds the identity of a credential to the caller's user. What is wrong with a link is said in the words that
    /// the app chose; that an identity is another's is said only after the credential was proved.
    pub async fn link_credential(&self, caller: &Caller, login: &Login) -> Result<LoggedIn> {
        note(|journal| journal.event = Some(AuthEventType::Other));
        let (app, kind) = (&caller.app, provider_type(&login.provider)?);
        if kind == ProviderType::AnonUser {
            return Err(app.refuses_link(LinkRefusal::Anonymous));
        }
        if !app.serves(kind) {
            return Err(app.refuses_link(LinkRefusal::ProviderDisabled(kind)));
        }
        let proved = self.prove(app, kind, login).await.map_err(|error| app.refused_as_link(error))?;
        if kind == ProviderType::ApiKey {
            return Err(app.refuses_link(LinkRefusal::NotLinkable));
        }
        self.link(caller, proved).await
    }

    /// Proves a credential, or says what is wrong with it. Who may log in with it is not looked at here.
    async fn prove(&self, app: &App, kind: ProviderType, login: &Login) -> Result<Proved> {
        match kind {
            ProviderType::LocalUserpass => providers::local_userpass::prove(self, app, login).await,
            ProviderType::ApiKey => providers::api_key::prove(self, app, login).await,
            ProviderType::CustomToken => providers::custom_token::prove(self, app, login).await,
            ProviderType::CustomFunction => providers::custom_function::prove(self, app, login).await,
            ProviderType::Google | ProviderType::Facebook | ProviderType::Apple => {
                providers::oauth2::prove(self, app, kind, login).await
            }
            ProviderType::AnonUser => Err(Error::ProviderDisabled(kind)),
        }
    }

    async fn log_in_guest(&self, app: &App, login: Login) -> Result<LoggedIn> {
        let now = self.clock().now();
        self.guest_limit.admit(login.address, now)?;
        let guest = providers::anon_user::arrive(self.dice(), now);
        self.prepare_new_guest(app, &guest).await?;
        let (device, device_details) = self.device(&login.body);
        let platform = device::platform(&login.body);
        let hash = device_details.as_ref().map(|device| device.hash);
        // A body of a megabyte becomes values of many, and while the store writes many logins wait.
        drop(login);
        let subject = Subject { user: guest.user, session: SessionId(self.dice().object_id(now)), device };
        let refreshes =
            Refreshes { provider: ProviderType::AnonUser, identity: &guest.identity, expires: None };
        // Signed before the act, so that a failing signature leaves nobody behind.
        let access_token = self.access_token(app, &subject, None, now)?;
        let refresh_token = self.refresh_token(app, &subject, &refreshes, now)?;
        let act = LogIn {
            app: app.key,
            identity: None,
            user: subject.user,
            kind: UserType::Normal,
            session: subject.session,
            expires: None,
            device,
            device_details,
            events: self.events(app, ProviderType::AnonUser, now),
            now,
        };
        let has_events = act.events != crate::store::Events::default();
        self.store().log_in(act).await?;
        if has_events {
            self.events_waiting();
        }
        let counted = !app.config.settings.log_guest_logins;
        self.logs.count_guest(app.key, now.day(), platform, subject.user);
        note(|journal| {
            (journal.user, journal.device, journal.counted) = (Some(subject.user), hash, counted);
        });
        Ok(LoggedIn {
            access_token,
            refresh_token,
            user: subject.user,
            device: device.unwrap_or(DeviceId(ObjectId::ZERO)),
        })
    }
}

/// Notes what the device says of itself, as long as nobody is known to whom it belongs.
fn note_device(body: &Map<String, Value>) {
    note(|journal| journal.told = device::details_of(body));
}

pub(super) fn provider_type(name: &str) -> Result<ProviderType> {
    name.parse().map_err(|_| Error::ProviderNotFound(name.to_owned()))
}

/// A text that a credential needs.
pub(super) fn required<'a>(body: &'a Map<String, Value>, name: &'static str) -> Result<&'a str> {
    match body.get(name) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Error::BadBody(format!("'{name}' is not a string"))),
        None => Err(Error::MissingParameter(name)),
    }
}
