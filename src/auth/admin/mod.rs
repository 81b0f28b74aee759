//! Administrators: who they are, what they may, and what they did.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `caller` | whoever asks, and what that one may |
//! | `log_in` | signing in with a key pair, a password or a private key |
//! | `session` | tokens, and who is behind them |
//! | `digest` | HTTP digest authentication, for the few paths of Atlas |
//! | `own_sessions` | an administrator's own open sessions |
//! | `keys` | key pairs: made, listed, revoked |
//! | `people` | administrators, their roles, and projects |
//! | `bootstrap` | the first administrator, and the well-known one of development |
//! | `audit` | who did what |

mod audit;
mod bootstrap;
mod caller;
mod digest;
mod keys;
mod log_in;
mod own_sessions;
mod people;
mod refusal;
mod session;

pub use audit::AuditEntry;
pub use bootstrap::{DEV_EMAIL, DEV_PASSWORD};
pub use caller::{Access, AdminCaller};
pub use digest::{DigestClaim, DigestRefusal, REALM};
pub use keys::KeyPair;
pub use log_in::{AdminCredential, AdminLoggedIn};
pub use own_sessions::SeenAdminSession;
pub use people::{NewAdmin, SeenAdmin};
pub use refusal::AdminRefusal;
pub use session::{AdminProfile, AdminSessionCaller};

use super::limits::Tries;
use super::{Error, Parts, Result};
use crate::model::GroupId;

/// What the stories of administrators need beside what all need.
pub(super) struct Administration {
    signing: session::SigningKeys,
    /// The server's own project.
    project: GroupId,
    dev: Option<bootstrap::DevSessions>,
    tries: Tries,
    nonces: digest::Nonces,
}

impl Administration {
    pub(super) async fn open(parts: &Parts) -> Result<Administration> {
        let project = parts.store.group().await?;
        let signing = session::SigningKeys::open(parts).await?;
        Ok(Administration {
            nonces: digest::Nonces::new(signing.derived(b"nonces of digest authentication")),
            signing,
            project: project.ok_or_else(|| Error::Unreadable("the server's project".to_owned()))?,
            dev: parts.dev_admin.then(bootstrap::DevSessions::default),
            tries: Tries::of_passwords(parts.password_logins_per_minute),
        })
    }
}
