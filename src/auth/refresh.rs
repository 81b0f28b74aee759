//! A new access token for a session.

use super::tokens::Subject;
use super::{Auth, Caller, Result};

impl Auth {
    /// A new access token. The refresh token stays as it is: it neither rotates nor slides.
    pub fn refresh(&self, caller: &Caller) -> Result<String> {
        let subject =
            Subject { user: caller.user.id, session: caller.session.id, device: caller.session.device };
        self.access_token(&caller.app, &subject, caller.user.custom_data.as_ref(), self.clock().now())
    }
}
