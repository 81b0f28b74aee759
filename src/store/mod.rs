//! The only room that knows SQL. What may be asked, what may be done, and the laws that hold on every engine.
//!
//! **A write is a value and a store method is a whole act.** Everything variable (ids, times, hashes) is computed
//! before and travels in the act; no transaction leaves the room. That is what lets SQLite share one fsync among
//! hundreds of callers.
//!
//! The laws, each a test in `tests/it/contract` that any engine is put through:
//! - *durable*: `Ok` survives `kill -9`.
//! - *whole*: all of an act or nothing, also inside a shared commit.
//! - *detached*: dropping the future does not undo the act.
//! - *no clock, no dice*: the store makes no value.
//! - *one winner*: of two racing claims one gets [`Error::Conflict`].
//! - *again*: the same act twice is one act, so that a commit whose answer was lost can be retried.
//! - *seen*: after `Ok` every ask sees it.
//! - *same order*: pages sort bytewise.
//! - *same values*: no `now()`, triggers or sequences.

mod account;
mod admin;
pub mod copying;
mod deployment;
mod hand_over;
mod import;
mod listing;
mod log;
pub mod moving;
pub mod postgres;
mod row;
mod rule;
mod security;
pub mod sqlite;
mod standing;
mod tallies;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

pub use account::*;
pub use admin::*;
pub use deployment::*;
pub use import::*;
pub use log::*;
pub use security::*;
pub use standing::*;

use crate::model::{
    AllowedIpId, AnonymousUserExpiration, AppId, AppKey, ClientAppId, CredentialId, Day, DeploymentId,
    Device, DeviceId, DomainId, DraftId, GroupId, GuestLogins, LogQuery, ObjectId, Page, ProviderType,
    Secret, SecretId, Session, SessionId, Tally, Timestamp, User, UserId, UserType,
};

/// What the store answers, later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A result of this room.
pub type Result<T> = std::result::Result<T, Error>;

/// What the machine could not do. There is no "not found": lookups say `None`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else has it.
    #[error("{0} is taken")]
    Conflict(Taken),
    /// The engine cannot do it now: full queue, full disk, lost connection. Trying again later may succeed.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It is refused until somebody lets it: the store moves to another place, or has moved.
    #[error("the store moves to another place, and takes nothing more here")]
    Held,
    /// A row cannot be what this server wrote.
    #[error("corrupt row in {table}: {id}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// Which row, and what is wrong with it.
        id: String,
    },
}

/// What two claims raced for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The number drawn for a new app.
    AppKey,
    /// A client app id.
    ClientAppId,
    /// A user or session id, which another user or session has.
    Id,
    /// The configuration was deployed by somebody else since it was read.
    Deployment,
    /// The draft was changed, deployed or discarded since it was read, or its admin has another one.
    Draft,
}

impl std::fmt::Display for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Taken::AppKey => "the app's number",
            Taken::ClientAppId => "the client app id",
            Taken::Id => "the id",
            Taken::Deployment => "the live deployment",
            Taken::Draft => "the draft",
        })
    }
}

/// Which acts are refused while a store moves elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// None.
    Nothing,
    /// All but those that tell what happened before: entries of logs, and counts.
    ButTelling,
    /// All.
    Everything,
}

/// Why an engine holds nothing.
#[derive(Debug, thiserror::Error)]
#[error("a database moves while no server serves it")]
struct NotOurs;

/// What may be asked. Never waits behind a writer.
pub trait Ask: AskAdmins {
    /// Every app with its live configuration and keys, by client app id.
    fn apps(&self) -> Answer<'_, Vec<AppRecord>>;

    /// One app.
    fn app(&self, app: AppKey) -> Answer<'_, Option<AppRecord>>;

    /// The files of an app's live deployment, by path.
    fn files(&self, app: AppKey) -> Answer<'_, Vec<File>>;

    /// What a deployment of an app, or the snapshot of a draft, holds.
    fn snapshot(&self, app: AppKey, id: DeploymentId) -> Answer<'_, Option<SnapshotRecord>>;

    /// The deployments of an app, the newest first, at most [`DEPLOYMENTS_KEPT`].
    fn deployments(&self, app: AppKey) -> Answer<'_, Vec<DeploymentRecord>>;

    /// The drafts of an app, by id.
    fn drafts(&self, app: AppKey) -> Answer<'_, Vec<DraftRecord>>;

    /// How an app deploys: a JSON object, if it was ever told.
    fn deploy_config(&self, app: AppKey) -> Answer<'_, Option<String>>;

    /// Whether rows of apps that were deleted are still there.
    fn is_departing(&self) -> Answer<'_, bool>;

    /// What was last put of deletions of guests in bulk, by app.
    fn guest_deletions(&self) -> Answer<'_, Vec<(AppKey, String)>>;

    /// The directory that was imported from a canonical path.
    fn directory<'a>(&'a self, path: &'a str) -> Answer<'a, Option<DirectoryRecord>>;

    /// The project that apps belong to, made at the first start.
    fn group(&self) -> Answer<'_, Option<GroupId>>;

    /// Everything a request with a token needs, in one round trip. `None` when the session or its user is gone.
    fn bearer(&self, app: AppKey, user: UserId, session: SessionId) -> Answer<'_, Option<Bearer>>;

    /// One user.
    fn user(&self, app: AppKey, user: UserId) -> Answer<'_, Option<User>>;

    /// A page of users.
    fn users(&self, app: AppKey, page: Page) -> Answer<'_, Vec<User>>;

    /// How many users an app has.
    fn user_count(&self, app: AppKey) -> Answer<'_, u64>;

    /// A user's sessions by ascending id.
    fn sessions_of(&self, app: AppKey, user: UserId) -> Answer<'_, Vec<Session>>;

    /// What a session's device said of itself: a JSON object.
    fn device(&self, app: AppKey, hash: crate::model::DeviceHash) -> Answer<'_, Option<String>>;

    /// Guests that the policy lets go at `now`, by ascending id, after `after`, at most `limit`.
    fn expired(
        &self,
        app: AppKey,
        policy: AnonymousUserExpiration,
        now: Timestamp,
        after: Option<UserId>,
        limit: u32,
    ) -> Answer<'_, Vec<User>>;

    /// Whose identity it is.
    fn claimant<'a>(&'a self, app: AppKey, provider: ProviderType, id: &'a str)
    -> Answer<'a, Option<UserId>>;

    /// The credential that has an e-mail address now: compared byte for byte.
    fn credential<'a>(&'a self, app: AppKey, email: &'a str) -> Answer<'a, Option<Credential>>;

    /// Credentials whose user does not exist yet, by ascending id.
    fn pending(&self, app: AppKey, after: Option<CredentialId>, limit: u32) -> Answer<'_, Vec<Credential>>;

    /// The API key with a value of this SHA-256.
    fn api_key(&self, app: AppKey, hash: [u8; 32]) -> Answer<'_, Option<ApiKey>>;

    /// A user's own API keys, by ascending id; those of the app's server users when `user` is `None`.
    fn api_keys_of(&self, app: AppKey, user: Option<UserId>) -> Answer<'_, Vec<ApiKey>>;

    /// An app's secrets as they are stored, in the order in which they came.
    fn secrets(&self, app: AppKey) -> Answer<'_, Vec<NamedSecret>>;

    /// Events that are due, of every app, the oldest first.
    fn due_events(&self, now: Timestamp, limit: u32) -> Answer<'_, Vec<Event>>;

    /// Entries of an app's log.
    fn logs(&self, app: AppKey, query: LogQuery) -> Answer<'_, Vec<Logged>>;

    /// How many guests came since a day, by day and platform.
    fn guest_logins(&self, app: AppKey, since: Day) -> Answer<'_, Vec<GuestLogins>>;

    /// What was counted since a day, by ascending kind and day.
    fn tallies(&self, app: AppKey, since: Day) -> Answer<'_, Vec<Tally>>;

    /// How many are there, by day.
    fn standing(&self, app: AppKey) -> Answer<'_, Standing>;

    /// When the next event is due.
    fn next_event(&self) -> Answer<'_, Option<Timestamp>>;

    /// The first second at which the policy lets a guest go, looking only at users after the cursor (and at guests
    /// seen after the day they were made). `None` when there is no guest to wait for.
    fn next_expiry(
        &self,
        app: AppKey,
        policy: AnonymousUserExpiration,
        after: Option<UserId>,
    ) -> Answer<'_, Option<Timestamp>>;

    /// The latest time any server told the store.
    fn latest_time(&self) -> Answer<'_, Option<Timestamp>>;

    /// Whether the store can answer.
    fn ready(&self) -> Answer<'_, ()>;

    /// Whether other servers may have the store as well.
    fn is_shared(&self) -> bool;

    /// How often anybody changed what servers remember of the store: apps and their configuration, keys and secrets.
    /// Always 0 where there is no other server.
    fn changes(&self) -> Answer<'_, u64>;

    /// Waits until there are other than so many changes: for ever, where there is no other server.
    fn changed(&self, known: u64) -> Answer<'_, ()>;
}

/// What may be done. `Ok` means durable.
pub trait Store: Ask + KeepAdmins {
    /// Makes the project, if there is none, and says which one there is.
    fn found(&self, act: Found) -> Answer<'_, GroupId>;

    /// Makes a configuration live: a new app with its keys, or a new deployment of an app. Of those that were live
    /// before, the newest [`DEPLOYMENTS_KEPT`] are kept.
    fn deploy(&self, act: Deploy) -> Answer<'_, ()>;

    /// Begins a draft, or changes one.
    fn put_draft(&self, act: PutDraft) -> Answer<'_, ()>;

    /// Discards a draft. `false` when there is no such draft.
    fn delete_draft(&self, app: AppKey, draft: DraftId) -> Answer<'_, bool>;

    /// Sets how an app deploys. `false` when there is no such app.
    fn set_deploy_config(&self, app: AppKey, config: String) -> Answer<'_, bool>;

    /// Takes an app away: nobody finds it any more, and none of its ids or keys. `false` when there is no such app.
    /// What else there is of it goes with [`Store::clear_departed`].
    fn delete_app(&self, app: AppKey) -> Answer<'_, bool>;

    /// Removes at most `limit` rows of each kind of an app that was deleted. `true` when there may be more, of it or
    /// of another one.
    fn clear_departed(&self, limit: u32) -> Answer<'_, bool>;

    /// Somebody logs in: a guest, who is always new, or whoever has an identity, who may be. Opens a session.
    /// Conflict: `Id`.
    fn log_in(&self, act: LogIn) -> Answer<'_, LoggedIn>;

    /// An identity is added to the user of a session; the only act that has two homes.
    fn link(&self, act: Link) -> Answer<'_, Linked>;

    /// Users come from elsewhere, all of a batch at once, with those of their identities that nobody has. Who is there
    /// stays as it is, but for identities that it lacks.
    fn import_users(&self, act: ImportUsers) -> Answer<'_, Imported>;

    /// An e-mail address and password are registered. `false` when somebody has the address: confirmed, or pending
    /// with a token that has not lapsed.
    fn register(&self, act: Register) -> Answer<'_, bool>;

    /// Makes a user with a confirmed address and password, who never logged in.
    fn make_email_user(&self, act: MakeEmailUser) -> Answer<'_, MadeEmailUser>;

    /// Gives a user's credential another address.
    fn reset_email(&self, act: ResetEmail) -> Answer<'_, EmailReset>;

    /// Uses a confirmation token up, once. `false` when there is no such token, or it lapsed.
    fn confirm(&self, act: UseToken) -> Answer<'_, bool>;

    /// Confirms a credential without a token. `false` when it is gone, confirmed, or its address is another's now.
    fn confirm_credential(&self, app: AppKey, credential: CredentialId) -> Answer<'_, bool>;

    /// Gives a credential a new token in place of the old one of its purpose. `false` when it is gone, and for a token
    /// that confirms also when it is confirmed, or its address is another's now.
    fn renew_token(&self, act: RenewToken) -> Answer<'_, bool>;

    /// Uses a reset token up, once, and sets the password with it: all sessions of the credential's user end.
    fn reset_password(&self, act: ResetPassword) -> Answer<'_, bool>;

    /// Sets a password: all sessions of the credential's user end. `false` when the credential is gone.
    fn set_password(&self, act: SetPassword) -> Answer<'_, bool>;

    /// Removes a credential that has no user yet. `false` when there is no such one.
    fn delete_pending(&self, app: AppKey, credential: CredentialId) -> Answer<'_, bool>;

    /// Makes an API key.
    fn make_api_key(&self, act: MakeApiKey) -> Answer<'_, MadeApiKey>;

    /// Enables or disables an API key of its owner. `false` when there is no such key.
    fn set_api_key_disabled(&self, act: SetApiKeyDisabled) -> Answer<'_, bool>;

    /// Removes an API key of its owner, and with a server key its user. `false` when there is no such key.
    fn delete_api_key(&self, act: DeleteApiKey) -> Answer<'_, bool>;

    /// Sets what the app keeps of a user. `false` when there is no such user.
    fn set_custom_data(&self, act: SetCustomData) -> Answer<'_, bool>;

    /// Sets the secret of a name, which keeps the id that it has.
    fn set_secret(&self, act: PutSecret) -> Answer<'_, ()>;

    /// Makes a secret. `false` when another one has the name.
    fn make_secret(&self, act: PutSecret) -> Answer<'_, bool>;

    /// Gives the secret of an id a name and a value.
    fn change_secret(&self, act: PutSecret) -> Answer<'_, ChangedSecret>;

    /// Removes a secret. `false` when there was none.
    fn delete_secret(&self, app: AppKey, secret: SecretId) -> Answer<'_, bool>;

    /// Adds an entry to an access list.
    fn allow_ip(&self, act: PutAllowedIp) -> Answer<'_, ()>;

    /// Changes an entry of an access list. `false` when there is none of this id.
    fn change_allowed_ip(&self, act: PutAllowedIp) -> Answer<'_, bool>;

    /// Removes an entry of an access list. `false` when there was none of this id.
    fn disallow_ip(&self, app: AppKey, entry: AllowedIpId) -> Answer<'_, bool>;

    /// Says how many seconds new sessions of those who are no guests last. `false` when there is no such app.
    fn set_refresh_token_seconds(&self, app: AppKey, seconds: i64) -> Answer<'_, bool>;

    /// Keeps what a redirect to an issuer must be matched with when it comes back.
    fn put_redirect(&self, act: PutRedirect) -> Answer<'_, ()>;

    /// Takes it out again, once. `None` when it is gone, was taken, or lapsed.
    fn take_redirect(&self, state: [u8; 32], now: Timestamp) -> Answer<'_, Option<String>>;

    /// Removes events that were delivered, and puts off those that were not.
    fn settle_event(&self, act: SettleEvent) -> Answer<'_, ()>;

    /// Keeps entries of logs.
    fn append_logs(&self, act: AppendLogs) -> Answer<'_, ()>;

    /// Removes old entries of a log; says how many.
    fn trim_logs(&self, act: TrimLogs) -> Answer<'_, u64>;

    /// Notes how many guests came.
    fn count_guest_logins(&self, act: CountGuestLogins) -> Answer<'_, ()>;

    /// Ends one session. `true` when it was there.
    fn log_out(&self, act: LogOut) -> Answer<'_, bool>;

    /// Notes activity, if it is later than what is known: a guest's day, anybody else's second. Never moves
    /// backwards, and does nothing to users who are gone.
    fn touch(&self, act: Touch) -> Answer<'_, ()>;

    /// Enables or disables a user; disabling ends all its sessions. `false` when there is no such user.
    fn set_disabled(&self, act: SetDisabled) -> Answer<'_, bool>;

    /// Ends all sessions of a user. `false` when there is no such user.
    fn revoke_sessions(&self, act: RevokeSessions) -> Answer<'_, bool>;

    /// Removes a user with its identities, credentials, API keys and sessions. `false` when there was no such user.
    fn delete_user(&self, act: DeleteUser) -> Answer<'_, bool>;

    /// Removes at most `limit` guests that the policy lets go, with their sessions, deciding in the statement that
    /// deletes.
    fn expire(&self, act: Expire) -> Answer<'_, Expired>;

    /// Says how far a deletion of guests in bulk is. False when something else was put meanwhile, or the app is gone.
    fn put_guest_deletion(&self, act: PutGuestDeletion) -> Answer<'_, bool>;

    /// Adds a signing key, retiring none.
    fn add_key(&self, act: AddKey) -> Answer<'_, ()>;

    /// Removes a signing key. `false` when there was no such key.
    fn retire_key(&self, act: RetireKey) -> Answer<'_, bool>;

    /// Takes a piece of background work, or keeps it, until a time; `false` when another server has it at `now`.
    fn lease(&self, act: Lease) -> Answer<'_, bool>;

    /// Remembers `now` as the latest time seen, if it is later than what is known.
    fn see_time(&self, now: Timestamp) -> Answer<'_, ()>;

    /// Refuses acts from now on, or takes them again; done when those that were accepted before are done. Asks go on.
    /// `Unavailable` where other servers may act.
    fn hold(&self, _: Hold) -> Answer<'_, ()> {
        Box::pin(std::future::ready(Err(Error::Unavailable(Box::new(NotOurs)))))
    }

    /// The store as its rows, to be read while it is used. `Unavailable` where other servers may act.
    fn rows(&self) -> Answer<'_, Box<dyn copying::Copying>> {
        Box::pin(std::future::ready(Err(Error::Unavailable(Box::new(NotOurs)))))
    }

    /// Writes a consistent copy of everything to a new file, while writes go on. `Unavailable` when the file exists.
    fn back_up(&self, to: PathBuf) -> Answer<'_, BackedUp>;

    /// What an operator should know of the engine: name and finding, with whether it is well.
    fn examine(&self) -> Answer<'_, Vec<Finding>>;

    /// The second on the clock of the engine's own machine; `None` when that is this machine.
    fn engine_time(&self) -> Answer<'_, Option<Timestamp>>;

    /// Ends the engine: what was accepted is done, then its files are closed. Later acts are `Unavailable`.
    fn close(&self) -> Answer<'_, ()>;
}

/// An app with what is live of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRecord {
    /// The store's number for it.
    pub key: AppKey,
    /// `_id`.
    pub id: AppId,
    /// The id clients know.
    pub client_app_id: ClientAppId,
    /// The id in tokens.
    pub domain_id: DomainId,
    /// The project.
    pub group_id: GroupId,
    /// When the app was made.
    pub created: Timestamp,
    /// The live deployment.
    pub deployment: DeploymentId,
    /// The live configuration, as JSON of `model::AppConfig`.
    pub config: String,
    /// Its signing keys, oldest first.
    pub keys: Vec<KeyRecord>,
    /// From where clients may come, in the order in which it was listed.
    pub access_list: Vec<AllowedIp>,
    /// How many seconds new sessions of those who are no guests last, if somebody said so.
    pub refresh_token_seconds: Option<i64>,
}

/// A signing key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// Which key of its purpose.
    pub id: String,
    /// What it is for: see `auth::keys`.
    pub purpose: u8,
    /// The key's bytes, sealed with the master key when there is one.
    pub material: Secret<Vec<u8>>,
    /// When it was made.
    pub created: Timestamp,
}

/// A file of an app directory that is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Relative, with `/`.
    pub path: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Which app a directory became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryRecord {
    /// The app.
    pub app: AppKey,
    /// What tells whether its content is the one that was imported last.
    pub content: Vec<u8>,
}

/// What a request with a token needs to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Bearer {
    /// The user.
    pub user: User,
    /// The session.
    pub session: Session,
}

/// Makes the project.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The id it gets if there is none.
    pub group_id: GroupId,
    /// The present.
    pub now: Timestamp,
}

/// What a new app needs beside its configuration.
#[derive(Clone, Debug)]
pub struct NewApp {
    /// `_id`.
    pub id: AppId,
    /// The id clients know.
    pub client_app_id: ClientAppId,
    /// The id in tokens.
    pub domain_id: DomainId,
    /// The project.
    pub group_id: GroupId,
    /// Its first signing keys.
    pub keys: Vec<KeyRecord>,
    /// From where clients may come at first.
    pub access_list: Vec<AllowedIp>,
}

/// Somebody logs in.
#[derive(Clone, Debug)]
pub struct LogIn {
    /// The app.
    pub app: AppKey,
    /// The identity that was proved; `None` for a guest.
    pub identity: Option<Claim>,
    /// The user that is made when nobody has the identity.
    pub user: UserId,
    /// What the user is, if it is made.
    pub kind: UserType,
    /// The session that is opened.
    pub session: SessionId,
    /// When it ends by itself; `None` for a guest's.
    pub expires: Option<Timestamp>,
    /// The device's id, if it said so.
    pub device: Option<DeviceId>,
    /// What the device said of itself.
    pub device_details: Option<Device>,
    /// The events that triggers wait for.
    pub events: Events,
    /// The present.
    pub now: Timestamp,
}

/// Ends one session.
#[derive(Clone, Copy, Debug)]
pub struct LogOut {
    /// The app.
    pub app: AppKey,
    /// Whose session.
    pub user: UserId,
    /// Which one.
    pub session: SessionId,
}

/// Notes activity.
#[derive(Clone, Copy, Debug)]
pub struct Touch {
    /// The app.
    pub app: AppKey,
    /// Who was active.
    pub user: UserId,
    /// When. A guest's is kept as its day.
    pub at: Timestamp,
}

/// Enables or disables a user.
#[derive(Clone, Copy, Debug)]
pub struct SetDisabled {
    /// The app.
    pub app: AppKey,
    /// Whom.
    pub user: UserId,
    /// The new state.
    pub disabled: bool,
}

/// Ends all sessions of a user.
#[derive(Clone, Copy, Debug)]
pub struct RevokeSessions {
    /// The app.
    pub app: AppKey,
    /// Whose.
    pub user: UserId,
}

/// Removes a user.
#[derive(Clone, Debug)]
pub struct DeleteUser {
    /// The app.
    pub app: AppKey,
    /// Whom.
    pub user: UserId,
    /// The event that triggers wait for, with the user as it was.
    pub event: Option<NewEvent>,
    /// The present.
    pub now: Timestamp,
}

/// Removes guests that the policy lets go.
#[derive(Clone, Copy, Debug)]
pub struct Expire {
    /// The app.
    pub app: AppKey,
    /// The policy.
    pub policy: AnonymousUserExpiration,
    /// The present, against which the policy is read.
    pub now: Timestamp,
    /// Users up to this one were looked at before and need no second look, except guests with a day of activity. To
    /// be forgotten when the policy changes.
    pub after: Option<UserId>,
    /// At most so many are removed, and at most sixteen times so many rows are looked at.
    pub limit: u32,
    /// Whether a DELETE event is kept of each, under the user's id.
    pub events: bool,
}

/// Says of the deletion of an app's guests in bulk what stands in the place of what was read.
#[derive(Clone, Debug)]
pub struct PutGuestDeletion {
    /// The app.
    pub app: AppKey,
    /// What was read.
    pub was: Option<String>,
    /// What becomes of it; `None`: as if there had been none. Nothing happens when this stands there already.
    pub becomes: Option<String>,
}

/// What a bite of expiry did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// Who was removed.
    pub removed: Vec<UserId>,
    /// The cursor for the next bite.
    pub after: Option<UserId>,
    /// Whether more may be waiting now.
    pub more: bool,
}

/// Adds a signing key.
#[derive(Clone, Debug)]
pub struct AddKey {
    /// The app.
    pub app: AppKey,
    /// The key.
    pub key: KeyRecord,
}

/// Removes a signing key.
#[derive(Clone, Debug)]
pub struct RetireKey {
    /// The app.
    pub app: AppKey,
    /// The key's purpose.
    pub purpose: u8,
    /// The key's id.
    pub id: String,
}

/// Takes a piece of background work.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// Which work.
    pub work: &'static str,
    /// Which server takes it.
    pub holder: ObjectId,
    /// The present.
    pub now: Timestamp,
    /// Until when nobody else takes it; the present to give it back.
    pub until: Timestamp,
}

/// A finished backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// Its size in bytes.
    pub bytes: u64,
}

/// One thing an operator should know.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// What was looked at.
    pub name: String,
    /// What was found.
    pub finding: String,
    /// Whether that is well.
    pub well: bool,
}
