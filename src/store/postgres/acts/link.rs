//! An identity is added to the user of a session.

use super::tallies::{self, Tallies};
use super::{events, identities};
use crate::model::{Identity, ProviderType, User, UserType};
use crate::store::postgres::bind::params;
use crate::store::postgres::failure::refuse_nul;
use crate::store::postgres::writer::{Act, Desk, Hold};
use crate::store::postgres::{asks, row, sql};
use crate::store::{Claim, Link, Linked, Result};

impl Act for Link {
    type Done = Linked;

    fn holds(&self) -> Hold {
        Hold::User(self.app, self.user)
    }

    async fn perform(&self, desk: &Desk) -> Result<Linked> {
        let Claim { provider, id, .. } = &self.claim;
        refuse_nul([id.as_str()])?;
        let Some(user) = open_user(self, desk).await? else { return Ok(Linked::Gone) };
        if user.kind == UserType::Server {
            return Ok(Linked::ServerUser);
        }
        if let Some(claimant) = asks::claimant(desk.connection(), self.app, *provider, id).await? {
            // Whose it is, is told only to who has proved it.
            if !identities::is_proved_still(desk, self.app, claimant, &self.claim).await? {
                return Ok(Linked::Unproved);
            }
            if claimant != user.id {
                return Ok(Linked::Taken);
            }
            identities::renew(desk, self.app, &user, &self.claim).await?;
            return Ok(Linked::Already);
        }
        if *provider == ProviderType::LocalUserpass && user.identity(*provider).is_some() {
            return Ok(Linked::SecondEmail);
        }
        if !identities::give_proof(desk, self.app, user.id, &self.claim).await? {
            identities::still_nobodys(desk, self.app, &self.claim).await?;
            return Ok(Linked::Unproved);
        }
        let mut tallies = Tallies::default();
        if user.guest {
            end_being_a_guest(self, desk, &user, &mut tallies).await?;
        }
        identities::claim(desk, self.app, user.id, &self.claim).await?;
        desk.run(sql::TOUCH, params![self.app.0, user.id.0.0, self.now.0]).await?;
        let happened = events::Happened { app: self.app, user: user.id, provider: *provider, at: self.now };
        happened.keep(desk, self.events).await?;
        tallies::write(desk, self.app, tallies).await?;
        Ok(Linked::Linked)
    }
}

/// The user, when it is enabled and the session is open.
async fn open_user(act: &Link, desk: &Desk) -> Result<Option<User>> {
    let connection = desk.connection();
    let params = params![act.app.0, act.user.0.0, act.session.0.0];
    let bearer = row::one(connection, sql::BEARER, params, row::bearer).await?;
    let open =
        bearer.filter(|bearer| !bearer.user.disabled && bearer.session.expires.is_none_or(|at| at > act.now));
    Ok(open.map(|bearer| bearer.user))
}

/// Gives the anonymous identity its row. From here on no sweep takes the user, and its sessions end like anybody's.
async fn end_being_a_guest(act: &Link, desk: &Desk, user: &User, tallies: &mut Tallies) -> Result<()> {
    if let Some(guest) = tallies::guest(desk, act.app, user.id).await? {
        tallies.became_someone(&guest);
        tallies.linked(&guest, act.claim.provider, act.now);
    }
    desk.run(sql::BECOME_SOMEONE, params![act.app.0, user.id.0.0, act.now.0]).await?;
    desk.run(sql::CAP_SESSIONS_OF, params![act.app.0, user.id.0.0, act.sessions_end.0]).await?;
    for Identity { id, provider, data } in user.identities.iter().cloned() {
        identities::add(desk, act.app, user.id, &Claim { provider, id, data, password: None }).await?;
    }
    Ok(())
}
