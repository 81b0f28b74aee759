//! What becomes of a credential that a provider found good: log in, create, link, or refuse. The one place that
//! decides, for every provider.

use std::fmt;

use serde_json::{Map, Value};

use super::journal::note;
use super::pace::Minute;
use super::tokens::{Refreshes, Subject};
use super::{App, Auth, Caller, Error, LoggedIn, Result, device};
use crate::model::{DeviceId, LinkErrors, ObjectId, ProviderType, SessionId, Timestamp, UserId, UserType};
use crate::store::{self, Claim, Events, Link, Linked, LogIn};

/// How long a session of a user who is no guest lives: 60 days.
pub(super) const SESSION_SECS: i64 = 60 * 24 * 3600;

/// An identity that was proved.
pub(super) struct Proved {
    pub(super) claim: Claim,
    /// What a user made for it is.
    pub(super) kind: UserType,
}

impl Proved {
    /// A person's identity, with what the provider tells of the person.
    pub(super) fn person(provider: ProviderType, id: impl Into<String>, data: Map<String, Value>) -> Proved {
        let claim = Claim { provider, id: id.into(), data, password: None };
        Proved { claim, kind: UserType::Normal }
    }
}

/// Why a proved identity is not linked, or a credential not taken for a link. Said in three ways: see
/// [`LinkErrors`].
#[derive(Debug)]
pub enum LinkRefusal {
    /// The credential is anonymous.
    Anonymous,
    /// The user has an e-mail identity already.
    SecondEmail,
    /// The identity is another user's.
    Taken,
    /// API keys are not linked, and neither are server users.
    NotLinkable,
    /// The provider is absent, or disabled.
    ProviderDisabled(ProviderType),
    /// The credential is not good: the reason is for whoever holds the session.
    Credential {
        /// What is wrong with it.
        reason: String,
        /// Whether it is a password.
        password: bool,
    },
}

impl LinkRefusal {
    /// The original's text before it was masked.
    pub(super) fn reason(&self) -> String {
        match self {
            LinkRefusal::Anonymous => "linking an anonymous identity is not allowed".to_owned(),
            LinkRefusal::SecondEmail => {
                "linking a local-userpass identity is not allowed when one is already linked".to_owned()
            }
            LinkRefusal::Taken => "a user already exists with the specified provider".to_owned(),
            LinkRefusal::NotLinkable => "invalid user link request".to_owned(),
            LinkRefusal::ProviderDisabled(kind) => format!("authentication via '{kind}' is unsupported"),
            LinkRefusal::Credential { reason, .. } => reason.clone(),
        }
    }

    /// Whether the original answered 401, on which clients refresh and try again.
    fn was_masked(&self) -> bool {
        match self {
            LinkRefusal::Anonymous | LinkRefusal::SecondEmail | LinkRefusal::NotLinkable => false,
            LinkRefusal::Taken | LinkRefusal::ProviderDisabled(_) | LinkRefusal::Credential { .. } => true,
        }
    }
}

/// A refused link, in the words that the app chose.
#[derive(Debug)]
pub struct RefusedLink {
    /// Why.
    pub refusal: LinkRefusal,
    /// In which words.
    pub words: LinkErrors,
}

impl fmt::Display for RefusedLink {
    /// The text for the client. realm-web loops on a 401 whose text is exactly `unauthorized`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.words {
            LinkErrors::Exact if self.refusal.was_masked() => f.write_str("unauthorized"),
            LinkErrors::Safe if self.refusal.was_masked() => {
                write!(f, "unauthorized: {}", self.refusal.reason())
            }
            LinkErrors::Exact | LinkErrors::Safe | LinkErrors::Strict => f.write_str(&self.refusal.reason()),
        }
    }
}

/// A credential that went, or whose password was changed, between its proof and the act.
fn unproved(provider: ProviderType) -> Error {
    match provider {
        ProviderType::LocalUserpass => Error::InvalidPassword,
        _ => Error::BadCredential("the credential is gone".to_owned()),
    }
}

impl App {
    pub(super) fn refuses_link(&self, refusal: LinkRefusal) -> Error {
        Error::RefusedLink(RefusedLink { refusal, words: self.config.settings.link_errors })
    }

    /// What a login is refused for, in the words of a link: on those of a login, realm-web would ask for ever.
    pub(super) fn refused_as_link(&self, error: Error) -> Error {
        let (reason, password) = match error {
            Error::ProviderDisabled(kind) => return self.refuses_link(LinkRefusal::ProviderDisabled(kind)),
            Error::InvalidPassword => ("invalid username/password".to_owned(), true),
            Error::BadCredential(reason) => (reason, false),
            Error::DomainNotAllowed => ("the domain of the e-mail address is not allowed".to_owned(), false),
            other => return other,
        };
        self.refuses_link(LinkRefusal::Credential { reason, password })
    }
}

impl Auth {
    /// Logs in whoever has the identity; nobody has it: makes somebody who does.
    pub(super) async fn enter(
        &self,
        app: &App,
        proved: Proved,
        (device, device_details): (Option<DeviceId>, Option<crate::model::Device>),
    ) -> Result<LoggedIn> {
        let now = self.clock().now();
        let provider = proved.claim.provider;
        let new = UserId(self.dice().object_id(now));
        self.prepare_new_user(app, &proved, new).await?;
        let session = SessionId(self.dice().object_id(now));
        let expires = Some(now.plus(app.session_secs));
        let hash = device_details.as_ref().map(|device| device.hash);
        let act = LogIn {
            app: app.key,
            user: new,
            kind: proved.kind,
            session,
            expires,
            device,
            device_details,
            events: self.events(app, provider, now),
            identity: Some(proved.claim.clone()),
            now,
        };
        let has_events = act.events != Events::default();
        let (user, custom_data) = match self.store().log_in(act).await? {
            store::LoggedIn::In { user, custom_data, .. } => (user, custom_data),
            store::LoggedIn::Disabled => return Err(Error::UserDisabled),
            store::LoggedIn::Unproved => return Err(unproved(provider)),
        };
        note(|journal| (journal.user, journal.device) = (Some(user), hash));
        self.pace.count(app.key, now, Minute { guests: 0, others: 1 });
        if has_events {
            self.events_waiting();
        }
        let subject = Subject { user, session, device };
        let refreshes = Refreshes { provider, identity: &proved.claim.id, expires };
        Ok(LoggedIn {
            access_token: self.access_token(app, &subject, custom_data.as_ref(), now)?,
            refresh_token: self.refresh_token(app, &subject, &refreshes, now)?,
            user,
            device: device.unwrap_or(DeviceId(ObjectId::ZERO)),
        })
    }

    /// Adds a proved identity to the caller's user, whose id and session stay.
    pub(super) async fn link(&self, caller: &Caller, proved: Proved) -> Result<LoggedIn> {
        let (app, now) = (&caller.app, self.clock().now());
        let provider = proved.claim.provider;
        let act = Link {
            app: app.key,
            user: caller.user.id,
            session: caller.session.id,
            events: self.events(app, provider, now),
            claim: proved.claim,
            sessions_end: now.plus(app.session_secs),
            now,
        };
        let refusal = match self.store().link(act).await? {
            Linked::Linked | Linked::Already => return self.linked(caller, now).await,
            Linked::Taken => LinkRefusal::Taken,
            Linked::SecondEmail => LinkRefusal::SecondEmail,
            Linked::ServerUser => LinkRefusal::NotLinkable,
            Linked::Unproved => return Err(app.refused_as_link(unproved(provider))),
            Linked::Gone => return Err(Error::BadAccessToken),
        };
        Err(app.refuses_link(refusal))
    }

    /// The answer to a link: new tokens of the same session.
    async fn linked(&self, caller: &Caller, now: Timestamp) -> Result<LoggedIn> {
        self.events_waiting();
        let (app, id) = (&caller.app, caller.session.id);
        let bearer = self.store().bearer(app.key, caller.user.id, id).await?.ok_or(Error::BadAccessToken)?;
        let session = &bearer.session;
        let subject = Subject { user: bearer.user.id, session: id, device: session.device };
        let identity = bearer.user.identities.get(session.identity).map_or("", |identity| &identity.id);
        let refreshes = Refreshes { provider: session.provider, identity, expires: session.expires };
        Ok(LoggedIn {
            access_token: self.access_token(app, &subject, bearer.user.custom_data.as_ref(), now)?,
            refresh_token: self.refresh_token(app, &subject, &refreshes, now)?,
            user: bearer.user.id,
            device: session.device.unwrap_or(DeviceId(ObjectId::ZERO)),
        })
    }

    /// The device of a login's body.
    pub(super) fn device(
        &self,
        body: &Map<String, Value>,
    ) -> (Option<DeviceId>, Option<crate::model::Device>) {
        device::read(body, self.dice(), self.clock().now())
    }

    /// Ids for the events that the app's triggers wait for.
    pub(super) fn events(&self, app: &App, provider: ProviderType, now: Timestamp) -> Events {
        let id = |wanted: bool| wanted.then(|| crate::model::EventId(self.dice().object_id(now)));
        Events {
            create: id(app.behaviour.triggers.wait_for(store::Operation::Create, provider)),
            login: id(app.behaviour.triggers.wait_for(store::Operation::Login, provider)),
        }
    }
}
