//! Acts on one user and its sessions.

use rusqlite::params;

use crate::model::{AppKey, Device, UserId};
use crate::store::sqlite::failure::{is_taken, refuse_nul};
use crate::store::sqlite::writer::{Act, Desk};
use crate::store::sqlite::{row, sql};
use crate::store::{DeleteUser, Error, LogIn, LogOut, Result, RevokeSessions, SetDisabled, Taken, Touch};

impl Act for LogIn {
    type Done = ();

    fn perform(&self, desk: &mut Desk) -> Result<()> {
        if let Some(device) = &self.device_details {
            write_device(desk, self.app, device)?;
        }
        // Nearly every login is two inserts and no look: whether it was here before is asked only when its id was.
        match desk.run(sql::INSERT_GUEST, params![self.app.0, self.user.0.0]) {
            Ok(_) => self.insert_session(desk),
            Err(error) if is_taken(&error) => self.done_before(desk),
            Err(error) => Err(error.into()),
        }
    }
}

impl LogIn {
    fn insert_session(&self, desk: &Desk) -> Result<()> {
        let params = params![
            self.app.0,
            self.user.0.0,
            self.session.0.0,
            self.provider.number(),
            self.device.map(|id| id.0.0),
            self.device_details.as_ref().map(|device| device.hash.0),
        ];
        match desk.run(sql::INSERT_SESSION, params) {
            Ok(_) => Ok(()),
            Err(error) if is_taken(&error) => Err(Error::Conflict(Taken::Id)),
            Err(error) => Err(error.into()),
        }
    }

    /// Fine if the session that is there is this act's: then an answer was lost and this is the same act again.
    fn done_before(&self, desk: &Desk) -> Result<()> {
        let params = params![self.app.0, self.user.0.0, self.session.0.0];
        let session = row::one(desk.connection(), sql::SESSION, params, row::session)?;
        let same = session.is_some_and(|session| {
            session.provider == self.provider
                && session.device == self.device
                && session.device_details == self.device_details.as_ref().map(|device| device.hash)
        });
        if same { Ok(()) } else { Err(Error::Conflict(Taken::Id)) }
    }
}

fn write_device(desk: &mut Desk, app: AppKey, device: &Device) -> Result<()> {
    if desk.knows_device(app, device.hash) {
        return Ok(());
    }
    refuse_nul([device.details.as_str()])?;
    desk.run(sql::INSERT_DEVICE, params![app.0, device.hash.0, device.details])?;
    desk.remember_device(app, device.hash);
    Ok(())
}

impl Act for LogOut {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        Ok(desk.run(sql::DELETE_SESSION, params![self.app.0, self.user.0.0, self.session.0.0])? > 0)
    }
}

impl Act for Touch {
    type Done = ();

    fn perform(&self, desk: &mut Desk) -> Result<()> {
        // The day a user was made stands in its id already.
        if self.day > self.user.0.created().day() {
            desk.run(sql::TOUCH, params![self.app.0, self.user.0.0, self.day.0])?;
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
        let there = desk.run(sql::DELETE_USER, params![self.app.0, self.user.0.0])? > 0;
        if there {
            delete_sessions_of(desk, self.app, self.user)?;
        }
        Ok(there)
    }
}

pub(super) fn delete_sessions_of(desk: &Desk, app: AppKey, user: UserId) -> Result<()> {
    desk.run(sql::DELETE_SESSIONS_OF, params![app.0, user.0.0])?;
    Ok(())
}
