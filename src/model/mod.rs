//! Words of the domain: ids, time, chance, apps and their configuration, users, identities, sessions, claims.
//!
//! Pure: no I/O, no async, nothing of ours below it. What is parsed here is trusted everywhere else.

mod admin;
mod causes;
mod chance;
mod claims;
mod config;
mod hex;
mod id;
mod json;
mod log;
mod millis;
mod network;
mod page;
mod secret;
mod tally;
mod time;
mod user;

pub use admin::{RequestOrigin, Role};
pub use causes::with_causes;
pub use chance::Dice;
pub use claims::{AccessClaims, IdentityClaim, RefreshClaims};
pub use config::{
    AccessTokenSettings, AnonymousUserExpiration, AppConfig, CompatSettings, ExpiryClock, Format, LinkErrors,
    PACKAGE_ARCHIVES, Provider, ProviderType, Settings, TokenForm, default_location,
};
pub use hex::{hex, unhex};
pub use id::{
    AdminId, AllowedIpId, ApiKeyId, AppId, AppKey, AuditId, BadId, ClientAppId, CredentialId, DeploymentId,
    DeviceId, DomainId, DraftId, EventId, GroupId, ObjectId, ProviderId, RequestId, SecretId, SessionId,
    UserId,
};
pub use json::{BadJson, read_json};
pub use log::{AuthEvent, AuthEventType, GuestLogins, LogDetails, LogEntry, LogQuery, LogType, Platform};
pub use millis::{BadDate, Millis};
pub use network::{BadNetwork, Network};
pub use page::{Order, Page, Span};
pub use secret::{Secret, check_secret, check_secret_name};
pub use tally::{RETURNS, Tallied, Tally, Wait};
pub use time::{Clock, DAY, Day, Timestamp};
pub use user::{Device, DeviceHash, Identity, Session, User, UserType, anonymous_identity_id};
