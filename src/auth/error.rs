//! What we refuse, closed, in the protocol's words.

use super::admin::AdminRefusal;
use super::configuration::PartRefusal;
use super::link::RefusedLink;
use crate::model::{ProviderType, Timestamp};
use crate::store;

/// A refusal, or what the machine could not do. `Display` is the text for the client, so it names no secret and no
/// inner cause; [`store`](Error::Store) failures carry their cause as the source, for the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No app has this client app id.
    #[error("cannot find app using Client App ID '{0}'")]
    AppNotFound(String),
    /// No app of the project has this `_id`; what an administrator is told.
    #[error("app not found: '{0}'")]
    AdminAppNotFound(String),
    /// What an administrator is refused.
    #[error("{0}")]
    Admin(AdminRefusal),
    /// No provider has this name.
    #[error("auth provider not found: '{0}'")]
    ProviderNotFound(String),
    /// The provider is absent from the app, or disabled.
    #[error("unauthorized")]
    ProviderDisabled(ProviderType),
    /// The same, at an account endpoint of a provider, such as `register`.
    #[error("auth provider not found: '{0}'")]
    ProviderNotServed(ProviderType),
    /// A link that is not made.
    #[error("{0}")]
    RefusedLink(RefusedLink),
    /// A wrong password, or an address that nobody has: indistinguishable.
    #[error("unauthorized")]
    InvalidPassword,
    /// A credential that is not good; why is for the log.
    #[error("unauthorized")]
    BadCredential(String),
    /// The credential is good, and its user is disabled.
    #[error("unauthorized")]
    UserDisabled,
    /// A field that a credential needs is absent.
    #[error("'{0}' is a required string")]
    MissingParameter(&'static str),
    /// The address is registered.
    #[error("name already in use")]
    NameInUse,
    /// The address is empty, too long, or no address where one is needed.
    #[error("email invalid")]
    BadEmail,
    /// The password is too short or too long.
    #[error("password must be between 6 and 128 characters")]
    BadPassword,
    /// The confirmation function said no.
    #[error("failed to confirm user \"{0}\"")]
    NotConfirmed(String),
    /// A token or token id that is none of ours by its form.
    #[error("invalid token data")]
    BadTokenData,
    /// A token that was used, lapsed, or never given.
    #[error("userpass token is expired or invalid")]
    TokenLapsed,
    /// The address was confirmed before.
    #[error("already confirmed")]
    AlreadyConfirmed,
    /// There is nothing to confirm by a function.
    #[error("cannot run confirmation for {0}: automatic confirmation is enabled")]
    ConfirmsAutomatically(String),
    /// The app confirms in another way than the one that was asked for.
    #[error("{0}")]
    OtherWay(&'static str),
    /// The reset function said no, or there is none.
    #[error("failed to reset password for user \"{0}\"")]
    NotReset(String),
    /// The mail could not be sent.
    #[error("error processing request")]
    NotMailed(String),
    /// Nobody's key, or another user's.
    #[error("API key not found")]
    ApiKeyNotFound,
    /// A name that no key may have.
    #[error("can only contain ASCII letters, numbers, underscores, and hyphens")]
    BadApiKeyName,
    /// A key without a name.
    #[error("'name' is a required string")]
    NoApiKeyName,
    /// The owner has a key of this name.
    #[error("API key with name already exists")]
    ApiKeyExists,
    /// The owner has as many keys as it may.
    #[error("no more than {0} API keys are allowed")]
    TooManyApiKeys(u32),
    /// The key that the session was opened with.
    #[error("cannot delete the API key that the session was opened with")]
    ApiKeyOpenedSession,
    /// A function threw; its message.
    #[error("{0}")]
    FunctionFailed(String),
    /// A function took too long.
    #[error("execution time limit exceeded")]
    FunctionTimeLimit,
    /// A service that has no data source.
    #[error("{0}")]
    NoRule(String),
    /// The person's address is of a domain that the provider's configuration does not list.
    #[error("unauthorized")]
    DomainNotAllowed,
    /// An identity provider that we cannot reach; which and why is for the log.
    #[error("the identity provider did not answer: try again in a moment")]
    IssuerUnavailable(String),
    /// A page that the provider's configuration does not list, to the letter.
    #[error("redirect URI is not allowed")]
    RedirectNotAllowed,
    /// Nobody waits for this return: it came before, came late, or was never begun here.
    #[error("this login is over: begin again")]
    RedirectLapsed,
    /// A link that another browser began.
    #[error("unauthorized: the link was begun in another browser, or its cookie was blocked")]
    OtherBrowser,
    /// Too many tries in a short time.
    #[error("too many tries: wait a moment")]
    TooManyTries,
    /// No `Authorization` header.
    #[error("must authenticate first")]
    MissingToken,
    /// A header without a token, where a refresh token is due.
    #[error("expected Authorization header with JWT (Bearer schema)")]
    EmptyRefreshToken,
    /// A header without a token, where an access token is due.
    #[error("unauthorized")]
    EmptyAccessToken,
    /// An access token that is none of ours, or whose session or user is gone or disabled.
    #[error("unauthorized")]
    BadAccessToken,
    /// An access token whose time is over.
    #[error("invalid session: access token expired")]
    AccessTokenExpired,
    /// A refresh token where an access token is due.
    #[error("invalid session: valid Issuer required")]
    RefreshTokenAsAccess,
    /// An access token where a refresh token is due.
    #[error("invalid refresh token: incorrect token type")]
    AccessTokenAsRefresh,
    /// A refresh token of an app of ours that the app did not sign.
    #[error("signature is invalid")]
    BadRefreshSignature,
    /// A refresh token whose session is over, or that comes from elsewhere.
    #[error("invalid session: failed to find refresh token")]
    SessionNotFound,
    /// A token of one app at the address of another.
    #[error("the token belongs to a user of another app")]
    OtherApp,
    /// Guests have no API keys.
    #[error("API keys are for users who are not anonymous")]
    NoApiKeysForGuests,
    /// A body that is no JSON object.
    #[error("bad argument: {0}")]
    BadBody(String),
    /// A body over the limit.
    #[error("the request body is larger than {limit} bytes")]
    BodyTooLarge {
        /// The limit.
        limit: usize,
    },
    /// A body that did not arrive whole or in time.
    #[error("the request body did not arrive")]
    BodyCutOff,
    /// A browser page of an origin that the app does not allow.
    #[error("origin not allowed: '{0}'")]
    OriginNotAllowed(String),
    /// No function has this name.
    #[error("function not found")]
    FunctionNotFound,
    /// A function that was called for a stream of results.
    #[error(
        "function '{0}' has one result and no stream: only `watch` of a data source streams, which is not served"
    )]
    FunctionNotStreamed(String),
    /// No service has this name.
    #[error("service not found: '{0}'")]
    ServiceNotFound(String),
    /// No secret has this name.
    #[error("no secret of this app is named '{0}'")]
    SecretNotFound(String),
    /// No secret has this id; the original's words.
    #[error("secret not found: \"{0}\"")]
    NoSecretOfId(String),
    /// Another secret has this name.
    #[error("a secret of this app is named '{0}' already")]
    SecretExists(String),
    /// No entry of the access list has this id; the original's words.
    #[error("allowed IP not found: 'ObjectID(\"{0}\")'")]
    AllowedIpNotFound(String),
    /// The client's address is not on the app's access list.
    #[error("access from this IP address is not allowed")]
    AddressNotAllowed,
    /// The app has no users with an address and a password.
    #[error("auth provider not found: 'local-userpass' is absent or disabled")]
    NoEmailUsers,
    /// A token that the app did not sign.
    #[error("signature is invalid")]
    BadSignature,
    /// No user has this id.
    #[error("user not found")]
    UserNotFound,
    /// A registration that is gone, confirmed, somebody's by now, or whose address is another's.
    #[error("no registration of this name waits for this")]
    NotPending,
    /// No signing key has this id.
    #[error("no {purpose} key of this app has the id '{id}'")]
    KeyNotFound {
        /// Which purpose.
        purpose: &'static str,
        /// The id that was asked for.
        id: String,
    },
    /// The key in use is never retired: rotate first.
    #[error("the key '{0}' is in use: rotate first, then retire it")]
    KeyInUse(String),
    /// Retiring a refresh key ends its sessions, and a guest cannot log in again.
    #[error(
        "retiring a refresh key ends every session it signed, and guests cannot log in again: say so with end_sessions"
    )]
    EndsSessions,
    /// The clock went further than is believed, so nobody is removed before an operator agreed.
    #[error(
        "the clock went from {} to {}, further than is believed: if it is right, say so with accept_clock",
        .from.rfc3339(), .to.rfc3339()
    )]
    ClockJumped {
        /// The latest time that the store knows.
        from: Timestamp,
        /// The time that the clock says.
        to: Timestamp,
    },
    /// Guests are being deleted in bulk already, or wait for it.
    #[error("a deletion of guests waits or runs already: call it off, or wait for its end")]
    GuestDeletionExists,
    /// No deletion of guests waits or runs that could be called off.
    #[error("no deletion of guests waits or runs")]
    NoGuestDeletion,
    /// An app directory whose files are not valid.
    #[error("the app directory is not valid: {0} problem(s)")]
    InvalidDirectory(usize),
    /// No backup was written, and why.
    #[error("failed to write the backup: {0}")]
    NotBackedUp(String),
    /// The store was not moved, and why.
    #[error("{0}")]
    NotMoved(String),
    /// The admin has a draft of the app.
    #[error("a draft already exists for this user")]
    DraftExists,
    /// No draft of the admin's has this id.
    #[error("draft not found")]
    DraftNotFound,
    /// No packages were uploaded for the functions.
    #[error("dependencies not found")]
    NoDependencies,
    /// No deployment that is kept has this id.
    #[error("deployment not found")]
    DeploymentNotFound,
    /// A part of an app's configuration that is asked for or changed, and is not there or not to be changed so.
    #[error("{0}")]
    Part(PartRefusal),
    /// A parameter that makes no sense.
    #[error("{0}")]
    BadParameter(String),
    /// Somebody else deployed the app at the same time.
    #[error("the app was deployed by somebody else at the same moment: try again")]
    DeployedMeanwhile,
    /// One address made more guests than it may.
    #[error("too many guest logins from this address: try again later")]
    TooManyGuests,
    /// More work than the server takes at once.
    #[error("the server is busy: try again in a moment")]
    Busy,
    /// A stored key or configuration that cannot be read: its name, never its content.
    #[error("failed to read {0}")]
    Unreadable(String),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] store::Error),
}

impl Error {
    /// Whether the server failed at it for now, which is no verdict on what was asked.
    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Error::Busy | Error::Store(_) | Error::Unreadable(_))
    }

    /// Whether the store takes nothing more here, since it moves or has moved: whoever moved it knows.
    pub fn is_held(&self) -> bool {
        matches!(self, Error::Store(store::Error::Held))
    }

    /// The real reason, for the app's administrators. Where the client is told something else, that is so that it does
    /// not learn it.
    pub fn reason(&self) -> String {
        match self {
            Error::ProviderDisabled(kind) => format!("authentication via '{kind}' is unsupported"),
            Error::InvalidPassword => "invalid username/password".to_owned(),
            Error::BadCredential(reason) | Error::NotMailed(reason) | Error::IssuerUnavailable(reason) => {
                reason.clone()
            }
            Error::UserDisabled => "the user is disabled".to_owned(),
            Error::DomainNotAllowed => "the domain of the e-mail address is not allowed".to_owned(),
            Error::RefusedLink(refused) => refused.refusal.reason(),
            Error::BadAccessToken => {
                "the access token is none of this app, or its session or user is gone or disabled".to_owned()
            }
            told => told.to_string(),
        }
    }
}
