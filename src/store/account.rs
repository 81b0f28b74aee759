//! The acts by which somebody becomes someone: identities, credentials, API keys, events.

use serde_json::{Map, Value};

use crate::model::{
    ApiKeyId, AppKey, CredentialId, EventId, ProviderType, Secret, SessionId, Timestamp, UserId,
};

/// The longest text by which a row is found, in bytes: what every engine's indexes hold, with ids beside it.
pub const LONGEST_SOUGHT: usize = 2_048;

/// An identity that was proved.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Which provider proved it.
    pub provider: ProviderType,
    /// The provider's id for the person: no U+0000, at most [`LONGEST_SOUGHT`] bytes.
    pub id: String,
    /// What the provider tells of the person; takes the place of what it told before.
    pub data: Map<String, Value>,
    /// The hash that a password was found good for; `None` for every other provider. An act with a hash that is not
    /// the credential's any more is refused.
    pub password: Option<Secret<String>>,
}

/// What became of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoggedIn {
    /// A session is open.
    In {
        /// Whose.
        user: UserId,
        /// Whether the login made the user.
        created: bool,
        /// The place of the identity among the user's.
        identity: usize,
        /// The user's custom data.
        custom_data: Option<Map<String, Value>>,
    },
    /// The user is disabled; nothing changed.
    Disabled,
    /// The password's credential or the API key that proved the identity went or changed meanwhile, or refuses;
    /// nothing changed.
    Unproved,
}

/// Adds an identity to the user of a session.
#[derive(Clone, Debug)]
pub struct Link {
    /// The app.
    pub app: AppKey,
    /// The user that is extended.
    pub user: UserId,
    /// The session that does it; it must be open.
    pub session: SessionId,
    /// The identity that was proved.
    pub claim: Claim,
    /// The latest end of the user's sessions from now on, if the user was a guest until now.
    pub sessions_end: Timestamp,
    /// The events that triggers wait for.
    pub events: Events,
    /// The present.
    pub now: Timestamp,
}

/// What became of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// The identity is the user's now, and the user is no guest.
    Linked,
    /// It was the user's before; what the provider told was renewed. Also the answer when a link that was done is
    /// made again.
    Already,
    /// It is another user's.
    Taken,
    /// The user has a local-userpass identity, and may have only one.
    SecondEmail,
    /// Server users are not linked.
    ServerUser,
    /// The session or its user is gone, or disabled.
    Gone,
    /// The credential that proved the identity went or changed meanwhile; nothing changed.
    Unproved,
}

/// Ids of the events that are kept when something happened that triggers wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// When a user was made, or an identity linked.
    pub create: Option<EventId>,
    /// When a session was opened, or an identity linked.
    pub login: Option<EventId>,
}

/// What an event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A user was made, or got another identity.
    Create,
    /// Somebody logged in.
    Login,
    /// A user was removed.
    Delete,
}

/// An event with the user as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// Its id.
    pub id: EventId,
    /// The user as triggers are shown it: a JSON object.
    pub user: String,
    /// The providers of the user's identities.
    pub providers: Vec<ProviderType>,
    /// When it happened.
    pub at: Timestamp,
}

/// An event that waits for delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// The app.
    pub app: AppKey,
    /// What happened.
    pub operation: Operation,
    /// To whom.
    pub user: UserId,
    /// Through which providers.
    pub providers: Vec<ProviderType>,
    /// The user as it was, when it is gone: a JSON object.
    pub snapshot: Option<String>,
    /// When it happened.
    pub at: Timestamp,
    /// How often delivery was tried.
    pub tries: u32,
}

/// Ends an event, or puts it off.
#[derive(Clone, Copy, Debug)]
pub struct SettleEvent {
    /// The app.
    pub app: AppKey,
    /// The event.
    pub id: EventId,
    /// When delivery is tried again; `None` removes the event.
    pub again: Option<Timestamp>,
}

/// A token that was sent to somebody, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentToken {
    /// The public half.
    pub id: crate::model::ObjectId,
    /// SHA-256 of the secret half.
    pub hash: [u8; 32],
    /// When it lapses.
    pub until: Timestamp,
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenPurpose {
    /// To confirm an e-mail address.
    Confirm,
    /// To set a new password.
    Reset,
}

/// An e-mail address with its password, apart from any user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The id: that of the identity it proves.
    pub id: CredentialId,
    /// The address, byte for byte.
    pub email: String,
    /// The password's hash as a PHC string.
    pub hash: Secret<String>,
    /// Whether the address was confirmed.
    pub confirmed: bool,
    /// Whether a user has it as an identity.
    pub user: Option<UserId>,
    /// When a pending one stops blocking its address.
    pub blocks_until: Timestamp,
}

/// Registers an address and password.
#[derive(Clone, Debug)]
pub struct Register {
    /// The app.
    pub app: AppKey,
    /// The id it gets.
    pub id: CredentialId,
    /// The address.
    pub email: String,
    /// The password's hash.
    pub hash: Secret<String>,
    /// The token that confirms it; `None` when it is confirmed at once.
    pub token: Option<SentToken>,
    /// The present.
    pub now: Timestamp,
}

/// Makes a user with a confirmed address and password.
#[derive(Clone, Debug)]
pub struct MakeEmailUser {
    /// The app.
    pub app: AppKey,
    /// The user.
    pub user: UserId,
    /// The credential, which is confirmed and the user's.
    pub credential: CredentialId,
    /// The address.
    pub email: String,
    /// The password's hash.
    pub hash: Secret<String>,
    /// The event that triggers wait for.
    pub events: Events,
    /// The present.
    pub now: Timestamp,
}

/// What became of making a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeEmailUser {
    /// The user is there.
    Made,
    /// Somebody has the address: confirmed, or pending with a token that has not lapsed.
    Taken,
}

/// Gives a user another address.
#[derive(Clone, Debug)]
pub struct ResetEmail {
    /// The app.
    pub app: AppKey,
    /// Whose.
    pub user: UserId,
    /// The new address.
    pub email: String,
    /// The present.
    pub now: Timestamp,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailReset {
    /// The user logs in with the new address.
    Reset,
    /// Somebody has the address.
    Taken,
    /// The user has no address to change.
    NoEmail,
    /// There is no such user.
    Gone,
}

/// Uses a token up.
#[derive(Clone, Copy, Debug)]
pub struct UseToken {
    /// The app.
    pub app: AppKey,
    /// The public half.
    pub id: crate::model::ObjectId,
    /// SHA-256 of the secret half.
    pub hash: [u8; 32],
    /// The present.
    pub now: Timestamp,
}

/// Gives a credential a new token.
#[derive(Clone, Copy, Debug)]
pub struct RenewToken {
    /// The app.
    pub app: AppKey,
    /// The credential.
    pub credential: CredentialId,
    /// What it is for.
    pub purpose: TokenPurpose,
    /// The token.
    pub token: SentToken,
}

/// Uses a reset token up and sets the password.
#[derive(Clone, Debug)]
pub struct ResetPassword {
    /// The token.
    pub token: UseToken,
    /// The new password's hash.
    pub hash: Secret<String>,
}

/// Sets a password.
#[derive(Clone, Debug)]
pub struct SetPassword {
    /// The app.
    pub app: AppKey,
    /// The credential.
    pub credential: CredentialId,
    /// The new password's hash.
    pub hash: Secret<String>,
}

/// An API key, without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The id: that of the identity it proves.
    pub id: ApiKeyId,
    /// Who logs in with it: its owner, or a server user of its own.
    pub user: UserId,
    /// Whether it is a server key.
    pub server: bool,
    /// Its name.
    pub name: String,
    /// Whether logins with it are refused.
    pub disabled: bool,
}

/// Makes an API key.
#[derive(Clone, Debug)]
pub struct MakeApiKey {
    /// The app.
    pub app: AppKey,
    /// The key. A server key's user is made with it.
    pub key: ApiKey,
    /// SHA-256 of its value.
    pub hash: [u8; 32],
    /// How many its owner, or the app for server keys, may have.
    pub limit: u32,
    /// The event of a new server user.
    pub events: Events,
    /// The present.
    pub now: Timestamp,
}

/// What became of making an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeApiKey {
    /// It is there.
    Made,
    /// The owner has one of this name.
    NameTaken,
    /// The owner has as many as it may.
    TooMany,
    /// The owner is gone, disabled, or a guest.
    Gone,
}

/// Enables or disables an API key.
#[derive(Clone, Copy, Debug)]
pub struct SetApiKeyDisabled {
    /// The app.
    pub app: AppKey,
    /// Whose it is; `None` for server keys.
    pub owner: Option<UserId>,
    /// The key.
    pub id: ApiKeyId,
    /// The new state.
    pub disabled: bool,
}

/// Removes an API key.
#[derive(Clone, Copy, Debug)]
pub struct DeleteApiKey {
    /// The app.
    pub app: AppKey,
    /// Whose it is; `None` for server keys.
    pub owner: Option<UserId>,
    /// The key.
    pub id: ApiKeyId,
}

/// Sets what the app keeps of a user.
#[derive(Clone, Debug)]
pub struct SetCustomData {
    /// The app.
    pub app: AppKey,
    /// Of whom.
    pub user: UserId,
    /// The document; `None` removes it.
    pub data: Option<Map<String, Value>>,
}

/// Keeps what a redirect must be matched with.
#[derive(Clone, Debug)]
pub struct PutRedirect {
    /// SHA-256 of the state that goes to the issuer.
    pub state: [u8; 32],
    /// What is kept: JSON.
    pub record: String,
    /// When it lapses.
    pub until: Timestamp,
    /// The present.
    pub now: Timestamp,
}
