//! Somebody logs in.

use rusqlite::params;

use super::tallies::{self, Tallies};
use super::{events, identities};
use crate::model::{AppKey, Device, ProviderType, Session, Tallied, UserId};
use crate::store::sqlite::asks::claimant;
use crate::store::sqlite::failure::{is_taken, refuse_nul, unless_taken};
use crate::store::sqlite::writer::{Act, Desk};
use crate::store::sqlite::{row, sql};
use crate::store::{Claim, Error, Events, LogIn, LoggedIn, Result, Taken};

impl Act for LogIn {
    type Done = LoggedIn;

    fn perform(&self, desk: &mut Desk) -> Result<LoggedIn> {
        let Some(claim) = &self.identity else { return self.guest(desk) };
        refuse_nul([claim.id.as_str()])?;
        match claimant(desk.connection(), self.app, claim.provider, &claim.id)? {
            Some(user) => self.known(desk, user, claim),
            None => self.unknown(desk, claim),
        }
    }
}

impl LogIn {
    fn guest(&self, desk: &mut Desk) -> Result<LoggedIn> {
        self.write_device(desk)?;
        // Nearly every login is two inserts and no look: whether it was here before is asked only when its id was.
        match desk.run(sql::INSERT_GUEST, params![self.app.0, self.user.0.0]) {
            Ok(_) => {
                self.open_session(desk, self.user, 0)?;
                self.keep_events(desk, self.user, true)?;
            }
            Err(error) if is_taken(&error) => {
                self.done_before(desk, self.user)?.ok_or(Error::Conflict(Taken::Id))?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(LoggedIn::In { user: self.user, created: true, identity: 0, custom_data: None })
    }

    fn known(&self, desk: &mut Desk, id: UserId, claim: &Claim) -> Result<LoggedIn> {
        let user = identities::claimant(desk, self.app, id, claim)?;
        if user.disabled {
            return Ok(LoggedIn::Disabled);
        }
        if let Some(session) = self.done_before(desk, id)? {
            return Ok(LoggedIn::In {
                user: id,
                created: id == self.user,
                identity: session.identity,
                custom_data: user.custom_data,
            });
        }
        if !identities::is_proved_still(desk, self.app, id, claim)? {
            return Ok(LoggedIn::Unproved);
        }
        self.write_device(desk)?;
        let identity = identities::renew(desk, self.app, &user, claim)?;
        desk.run(sql::TOUCH, params![self.app.0, id.0.0, self.now.0])?;
        self.open_session(desk, id, identity)?;
        self.count(desk, claim)?;
        self.keep_events(desk, id, false)?;
        Ok(LoggedIn::In { user: id, created: false, identity, custom_data: user.custom_data })
    }

    fn unknown(&self, desk: &mut Desk, claim: &Claim) -> Result<LoggedIn> {
        if !identities::give_proof(desk, self.app, self.user, claim)? {
            return Ok(LoggedIn::Unproved);
        }
        self.write_device(desk)?;
        identities::insert_user(desk, self.app, self.user, self.kind, Some(self.now))?;
        let identity = identities::claim(desk, self.app, self.user, claim)?;
        self.open_session(desk, self.user, identity)?;
        self.count(desk, claim)?;
        self.keep_events(desk, self.user, true)?;
        Ok(LoggedIn::In { user: self.user, created: true, identity, custom_data: None })
    }

    fn count(&self, desk: &Desk, claim: &Claim) -> Result<()> {
        tallies::write(desk, self.app, Tallies::of(self.now.day(), Tallied::LoggedIn(claim.provider)))
    }

    fn provider(&self) -> ProviderType {
        self.identity.as_ref().map_or(ProviderType::AnonUser, |claim| claim.provider)
    }

    fn open_session(&self, desk: &Desk, user: UserId, identity: usize) -> Result<()> {
        let params = params![
            self.app.0,
            user.0.0,
            self.session.0.0,
            identity as i64,
            self.device.map(|id| id.0.0),
            self.device_details.as_ref().map(|device| device.hash.0),
            self.expires.map(|at| at.0),
        ];
        unless_taken(desk.run(sql::INSERT_SESSION, params))
    }

    /// The session, if it is there and this act's: then an answer was lost and this is the same act again.
    fn done_before(&self, desk: &Desk, user: UserId) -> Result<Option<Session>> {
        let params = params![self.app.0, user.0.0, self.session.0.0];
        let Some(session) = row::one(desk.connection(), sql::SESSION, params, row::session)? else {
            return Ok(None);
        };
        let same = session.provider == self.provider()
            && session.device == self.device
            && session.device_details == self.device_details.as_ref().map(|device| device.hash);
        if same { Ok(Some(session)) } else { Err(Error::Conflict(Taken::Id)) }
    }

    fn keep_events(&self, desk: &Desk, user: UserId, created: bool) -> Result<()> {
        let create = self.events.create.filter(|_| created);
        let happened = events::Happened { app: self.app, user, provider: self.provider(), at: self.now };
        happened.keep(desk, Events { create, ..self.events })
    }

    fn write_device(&self, desk: &mut Desk) -> Result<()> {
        self.device_details.as_ref().map_or(Ok(()), |device| write_device(desk, self.app, device))
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
