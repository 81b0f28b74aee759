//! What may be done, each act as the statements that do it. Each is a transaction.

mod admins;
mod api_keys;
mod apps;
mod credentials;
mod departure;
mod email_users;
mod events;
mod expiry;
mod identities;
mod import;
mod lease;
mod link;
mod log_in;
mod logs;
mod redirects;
mod security;
mod snapshots;
mod tallies;
mod users;

pub(super) use admins::{
    DeleteAdmin, EndAdminSession, KeepServerKeys, RenameProject, RevokeAdminKey, SetAdminDisabled,
};
pub(super) use apps::{Sealed, SeeTime};
pub(super) use credentials::{ConfirmCredential, DeletePending};
pub(super) use departure::{ClearDeparted, DeleteApp};
pub(super) use events::{Happened, Listed};
pub(super) use identities::told;
pub(super) use redirects::TakeRedirect;
pub(super) use security::{
    AllowIp, ChangeAllowedIp, ChangeSecret, DeleteSecret, DisallowIp, MakeSecret, SetRefreshTokenSeconds,
    SetSecret,
};
pub(super) use snapshots::{DeleteDraft, SealedDraft, SetDeployConfig};
