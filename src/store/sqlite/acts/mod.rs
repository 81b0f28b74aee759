//! What may be done, each act as the statements that do it. They run on the writer's thread, in a savepoint each.

mod api_keys;
mod apps;
mod credentials;
mod events;
mod expiry;
mod identities;
mod link;
mod log_in;
mod logs;
mod redirects;
mod users;

pub(super) use apps::{Sealed, SeeTime};
pub(super) use credentials::{ConfirmCredential, DeletePending};
pub(super) use redirects::TakeRedirect;
