//! Administrators: who they are, what they may, and what they did.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `caller` | whoever asks, and what that one may |

mod caller;
mod refusal;

pub use caller::{Access, AdminCaller};
pub use refusal::AdminRefusal;

use std::net::IpAddr;

use super::{Auth, Error, Result};
use crate::model::RequestOrigin;

impl Auth {
    /// The administrator behind an access token.
    pub async fn admin(
        &self,
        token: Option<&str>,
        origin: RequestOrigin,
        address: Option<IpAddr>,
    ) -> Result<AdminCaller> {
        let _ = (token, origin, address);
        Err(Error::Admin(AdminRefusal::InvalidSession))
    }
}
