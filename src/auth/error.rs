//! What we refuse, closed, in the protocol's words.

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
    /// No provider has this name.
    #[error("auth provider not found: '{0}'")]
    ProviderNotFound(String),
    /// The provider is absent from the app, or disabled.
    #[error("unauthorized")]
    ProviderDisabled(ProviderType),
    /// The same, at an account endpoint of a provider, such as `register`.
    #[error("auth provider not found: '{0}'")]
    ProviderNotServed(ProviderType),
    /// The same, for a link, where realm-web would loop on the login's answer.
    #[error("unauthorized: authentication via '{0}' is unsupported")]
    LinkProviderDisabled(ProviderType),
    /// An anonymous identity is never linked to a user. `strict` as `link_errors` says.
    #[error("linking an anonymous identity is not allowed")]
    LinkAnonymous {
        /// Whether the app wants 400 instead of the original's 500.
        strict: bool,
    },
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
    /// No service has this name.
    #[error("service not found: '{0}'")]
    ServiceNotFound(String),
    /// No user has this id.
    #[error("user not found")]
    UserNotFound,
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
    /// An app directory whose files are not valid.
    #[error("the app directory is not valid: {0} problem(s)")]
    InvalidDirectory(usize),
    /// No backup was written, and why.
    #[error("failed to write the backup: {0}")]
    NotBackedUp(String),
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
