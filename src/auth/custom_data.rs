//! What an app keeps of a user: told in each new access token as `user_data`, and to functions.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{App, Auth, Error, Result};
use crate::model::UserId;
use crate::store::SetCustomData;

/// The largest document, in bytes of JSON. It travels in every request's header.
pub(super) const MOST_CUSTOM_DATA: usize = 16 * 1024;

impl Auth {
    /// Sets the document of a user, in place of the one before; `None` removes it. Tokens that are out keep what they
    /// say.
    pub async fn set_custom_data(
        &self,
        app: &Arc<App>,
        user: UserId,
        data: Option<Map<String, Value>>,
    ) -> Result<()> {
        let size = serde_json::to_string(&data).map_or(usize::MAX, |text| text.len());
        if size > MOST_CUSTOM_DATA {
            let said = format!("custom user data has at most {MOST_CUSTOM_DATA} bytes of JSON, not {size}");
            return Err(Error::BadParameter(said));
        }
        let act = SetCustomData { app: app.key, user, data };
        if self.store().set_custom_data(act).await? { Ok(()) } else { Err(Error::UserNotFound) }
    }
}
