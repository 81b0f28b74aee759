//! Acts on one user and its sessions.

use rusqlite::params;
use serde_json::Value;

use super::tallies::{self, Tallies};
use super::{events, identities};
use crate::model::{AppKey, Tallied, UserId};
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
        if touched > 0 {
            return Ok(());
        }
        let (guest, day) = (tallies::guest(desk, self.app, self.user)?, self.at.day());
        let Some(guest) = guest.filter(|guest| guest.is_later(day)) else { return Ok(()) };
        desk.run(sql::TOUCH_GUEST, params![self.app.0, self.user.0.0, day.0])?;
        let mut tallies = Tallies::default();
        tallies.seen(&guest, day);
        tallies::write(desk, self.app, tallies)
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
        let Some(was_guest) = delete(desk, self.app, self.user)? else { return Ok(false) };
        if was_guest {
            tallies::write(desk, self.app, Tallies::of(self.now.day(), Tallied::Deleted))?;
        }
        if let Some(event) = &self.event {
            events::keep_removal(desk, self.app, self.user, event)?;
        }
        Ok(true)
    }
}

/// Removes a user with all that is its own; says whether it was a guest, if it was there.
pub(super) fn delete(desk: &Desk, app: AppKey, user: UserId) -> Result<Option<bool>> {
    let guest = tallies::guest(desk, app, user)?;
    let deleted = row::one(desk.connection(), sql::DELETE_USER, params![app.0, user.0.0], |row| {
        row::kind(&row::Cells::new(row, "users", 0))
    })?;
    let Some(kind) = deleted else { return Ok(None) };
    delete_sessions_of(desk, app, user)?;
    let mut tallies = Tallies::default();
    match &guest {
        // It has nothing by which to log in.
        Some(guest) => tallies.left(guest),
        None => {
            tallies.went(user, kind);
            identities::forget(desk, app, user)?;
        }
    }
    tallies::write(desk, app, tallies)?;
    Ok(Some(guest.is_some()))
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
