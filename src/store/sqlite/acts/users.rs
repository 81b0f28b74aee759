//! Acts on one user and its sessions.

use rusqlite::params;
use serde_json::Value;

use super::{events, identities};
use crate::model::{AppKey, UserId};
use crate::store::sqlite::writer::{Act, Desk};
use crate::store::sqlite::{row, sql};
use crate::store::{DeleteUser, LogOut, Result, RevokeSessions, SetCustomData, SetDisabled, Touch};

impl Act for LogOut {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        Ok(desk.run(sql::DELETE_SESSION, params![self.app.0, self.user.0.0, self.session.0.0])? > 0)
    }
}

impl Act for Touch {
    type Done = ();

    fn perform(&self, desk: &mut Desk) -> Result<()> {
        let touched = desk.run(sql::TOUCH, params![self.app.0, self.user.0.0, self.at.0])?;
        // The day a guest was made stands in its id already.
        if touched == 0 && self.at.day() > self.user.0.created().day() {
            desk.run(sql::TOUCH_GUEST, params![self.app.0, self.user.0.0, self.at.day().0])?;
        }
        Ok(())
    }
}

impl Act for SetDisabled {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        let there = desk.run(sql::SET_DISABLED, params![self.app.0, self.user.0.0, self.disabled])? > 0;
        if there && self.disabled {
            delete_sessions_of(desk, self.app, self.user)?;
        }
        Ok(there)
    }
}

impl Act for RevokeSessions {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        let there = desk.exists(sql::USER_EXISTS, params![self.app.0, self.user.0.0])?;
        if there {
            delete_sessions_of(desk, self.app, self.user)?;
        }
        Ok(there)
    }
}

impl Act for DeleteUser {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        let there = delete(desk, self.app, self.user)?;
        if let Some(event) = self.event.as_ref().filter(|_| there) {
            events::keep_removal(desk, self.app, self.user, event)?;
        }
        Ok(there)
    }
}

/// Removes a user with all that is its own, if it is there.
pub(super) fn delete(desk: &Desk, app: AppKey, user: UserId) -> Result<bool> {
    let deleted = row::one(desk.connection(), sql::DELETE_USER, params![app.0, user.0.0], |row| {
        row::Cells::new(row, "users", 0).get::<bool>(0)
    })?;
    let Some(guest) = deleted else { return Ok(false) };
    delete_sessions_of(desk, app, user)?;
    // A guest has nothing by which to log in.
    if !guest {
        identities::forget(desk, app, user)?;
    }
    Ok(true)
}

impl Act for SetCustomData {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        let data = self.data.clone().map(|data| Value::Object(data).to_string());
        Ok(desk.run(sql::SET_CUSTOM_DATA, params![self.app.0, self.user.0.0, data])? > 0)
    }
}

pub(super) fn delete_sessions_of(desk: &Desk, app: AppKey, user: UserId) -> Result<()> {
    desk.run(sql::DELETE_SESSIONS_OF, params![app.0, user.0.0])?;
    Ok(())
}
