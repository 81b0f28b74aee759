//! An identity is added to the user of a session.

use rusqlite::params;

use super::tallies::{self, Tallies};
use super::{events, identities};
use crate::model::{Identity, ProviderType, User, UserType};
use crate::store::sqlite::failure::refuse_nul;
use crate::store::sqlite::writer::{Act, Desk};
use crate::store::sqlite::{asks, row, sql};
use crate::store::{Claim, Link, Linked, Result};

impl Act for Link {
    type Done = Linked;

    fn perform(&self, desk: &mut Desk) -> Result<Linked> {
        let Claim { provider, id, .. } = &self.claim;
        refuse_nul([id.as_str()])?;
        let Some(user) = self.open_user(desk)? else { return Ok(Linked::Gone) };
        if user.kind == UserType::Server {
            return Ok(Linked::ServerUser);
        }
        if let Some(claimant) = asks::claimant(desk.connection(), self.app, *provider, id)? {
            // Whose it is, is told only to who has proved it.
            if !identities::is_proved_still(desk, self.app, claimant, &self.claim)? {
                return Ok(Linked::Unproved);
            }
            if claimant != user.id {
                return Ok(Linked::Taken);
            }
            identities::renew(desk, self.app, &user, &self.claim)?;
            return Ok(Linked::Already);
        }
        if *provider == ProviderType::LocalUserpass && user.identity(*provider).is_some() {
            return Ok(Linked::SecondEmail);
        }
        if !identities::give_proof(desk, self.app, user.id, &self.claim)? {
            return Ok(Linked::Unproved);
        }
        if user.guest {
            self.end_being_a_guest(desk, &user)?;
        }
        identities::claim(desk, self.app, user.id, &self.claim)?;
        desk.run(sql::TOUCH, params![self.app.0, user.id.0.0, self.now.0])?;
        let happened = events::Happened { app: self.app, user: user.id, provider: *provider, at: self.now };
        happened.keep(desk, self.events)?;
        Ok(Linked::Linked)
    }
}

impl Link {
    /// The user, when it is enabled and the session is open.
    fn open_user(&self, desk: &Desk) -> Result<Option<User>> {
        let connection = desk.connection();
        let params = params![self.app.0, self.user.0.0, self.session.0.0];
        let bearer = row::one(connection, sql::BEARER, params, |row| row::bearer(connection, self.app, row))?;
        let open = bearer
            .filter(|bearer| !bearer.user.disabled && bearer.session.expires.is_none_or(|at| at > self.now));
        Ok(open.map(|bearer| bearer.user))
    }

    /// Gives the anonymous identity its row. From here on no sweep takes the user, and its sessions end like anybody's.
    fn end_being_a_guest(&self, desk: &Desk, user: &User) -> Result<()> {
        let mut tallies = Tallies::default();
        if let Some(guest) = tallies::guest(desk, self.app, user.id)? {
            tallies.became_someone(&guest);
            tallies.linked(&guest, self.claim.provider, self.now);
        }
        tallies::write(desk, self.app, tallies)?;
        desk.run(sql::BECOME_SOMEONE, params![self.app.0, user.id.0.0, self.now.0])?;
        desk.run(sql::CAP_SESSIONS_OF, params![self.app.0, user.id.0.0, self.sessions_end.0])?;
        for Identity { id, provider, data } in user.identities.iter().cloned() {
            identities::add(desk, self.app, user.id, &Claim { provider, id, data, password: None })?;
        }
        Ok(())
    }
}
