//! Acts on one user and its sessions.

use crate::store::postgres::bind::params;
use serde_json::Value;

use super::tallies::{self, Tallies};
use super::{events, identities};
use crate::model::{AppKey, Tallied, UserId};
use crate::store::postgres::writer::{Act, Desk, Hold};
use crate::store::postgres::{row, sql};
use crate::store::{DeleteUser, LogOut, Result, RevokeSessions, SetCustomData, SetDisabled, Touch};

impl Act for LogOut {
    type Done = bool;

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        Ok(desk.run(sql::DELETE_SESSION, params![self.app.0, self.user.0.0, self.session.0.0]).await? > 0)
    }
}

impl Act for Touch {
    type Done = ();
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::User(self.app, self.user)
    }

    async fn perform(&self, desk: &Desk) -> Result<()> {
        let touched = desk.run(sql::TOUCH, params![self.app.0, self.user.0.0, self.at.0]).await?;
        if touched > 0 {
            return Ok(());
        }
        let (guest, day) = (tallies::guest(desk, self.app, self.user).await?, self.at.day());
        let Some(guest) = guest.filter(|guest| guest.is_later(day)) else { return Ok(()) };
        desk.run(sql::TOUCH_GUEST, params![self.app.0, self.user.0.0, day.0]).await?;
        let mut tallies = Tallies::default();
        tallies.seen(&guest, day);
        tallies::write(desk, self.app, tallies);
        Ok(())
    }
}

impl Act for SetDisabled {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let there = desk.run(sql::SET_DISABLED, params![self.app.0, self.user.0.0, self.disabled]).await? > 0;
        if there && self.disabled {
            delete_sessions_of(desk, self.app, self.user).await?;
        }
        Ok(there)
    }
}

impl Act for RevokeSessions {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::User(self.app, self.user)
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let there = desk.exists(sql::USER_EXISTS, params![self.app.0, self.user.0.0]).await?;
        if there {
            delete_sessions_of(desk, self.app, self.user).await?;
        }
        Ok(there)
    }
}

impl Act for DeleteUser {
    type Done = bool;

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let Some((was_guest, mut tallies)) = delete(desk, self.app, self.user).await? else {
            return Ok(false);
        };
        if was_guest {
            tallies.count(self.now.day(), Tallied::Deleted);
        }
        if let Some(event) = &self.event {
            events::keep_removal(desk, self.app, self.user, event).await?;
        }
        tallies::write(desk, self.app, tallies);
        Ok(true)
    }
}

/// Removes a user with all that is its own; says whether it was a guest, if it was there, and what is to be counted.
pub(super) async fn delete(desk: &Desk, app: AppKey, user: UserId) -> Result<Option<(bool, Tallies)>> {
    let key = params![app.0, user.0.0];
    let [_, guest, deleted, _] = desk
        .together([
            (sql::LOCK_USER, key),
            (sql::GUEST, key),
            (sql::DELETE_USER, key),
            (sql::DELETE_SESSIONS_OF, key),
        ])
        .await?;
    let guest = guest.rows.first().map(tallies::read).transpose()?;
    let Some(deleted) = deleted.rows.first() else { return Ok(None) };
    let kind = row::kind(&row::Cells::new(deleted, "users", 0))?;
    let mut tallies = Tallies::default();
    match &guest {
        // It has nothing by which to log in.
        Some(guest) => tallies.left(guest),
        None => {
            tallies.went(user, kind);
            identities::forget(desk, app, user).await?;
        }
    }
    Ok(Some((guest.is_some(), tallies)))
}

impl Act for SetCustomData {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let data = self.data.clone().map(|data| Value::Object(data).to_string());
        Ok(desk.run(sql::SET_CUSTOM_DATA, params![self.app.0, self.user.0.0, data]).await? > 0)
    }
}

pub(super) async fn delete_sessions_of(desk: &Desk, app: AppKey, user: UserId) -> Result<()> {
    desk.run(sql::DELETE_SESSIONS_OF, params![app.0, user.0.0]).await?;
    Ok(())
}
