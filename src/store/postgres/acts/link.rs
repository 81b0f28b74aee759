//! An identity is added to the user of a session.

use super::tallies::{self, Guest, Tallies};
use super::{events, identities};
use crate::model::{Identity, ProviderType, User, UserType};
use crate::store::postgres::bind::params;
use crate::store::postgres::connection::Told;
use crate::store::postgres::failure::refuse_nul;
use crate::store::postgres::writer::{Act, Desk, Hold};
use crate::store::postgres::{row, sql};
use crate::store::{Bearer, Claim, Link, Linked, Result};

impl Act for Link {
    type Done = Linked;

    fn holds(&self) -> Hold {
        Hold::User(self.app, self.user)
    }

    async fn perform(&self, desk: &Desk) -> Result<Linked> {
        let Claim { provider, id, .. } = &self.claim;
        refuse_nul([id.as_str()])?;
        let [bearer, claimant] = desk
            .together([
                (sql::BEARER, params![self.app.0, self.user.0.0, self.session.0.0]),
                (sql::CLAIMANT, params![self.app.0, provider.number(), id]),
            ])
            .await?;
        let Some((user, guest)) = open_user(self, &bearer)? else { return Ok(Linked::Gone) };
        if user.kind == UserType::Server {
            return Ok(Linked::ServerUser);
        }
        if let Some(claimant) = claimant.rows.first().map(row::claimant).transpose()? {
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
        if let Some(guest) = guest {
            end_being_a_guest(self, desk, &user).await?;
            tallies.became_someone(&guest);
            tallies.linked(&guest, *provider, self.now);
        } else {
            desk.run(sql::TOUCH, params![self.app.0, user.id.0.0, self.now.0]).await?;
        }
        identities::claim(desk, self.app, user.id, &self.claim).await?;
        let happened = events::Happened { app: self.app, user: user.id, provider: *provider, at: self.now };
        happened.keep(desk, self.events).await?;
        tallies::write(desk, self.app, tallies);
        Ok(Linked::Linked)
    }
}

/// The user, when it is enabled and the session is open; and as the guest that it may be.
fn open_user(act: &Link, bearer: &Told) -> Result<Option<(User, Option<Guest>)>> {
    let Some(found) = bearer.rows.first() else { return Ok(None) };
    let Bearer { user, session } = row::bearer(found)?;
    let open = !user.disabled && session.expires.is_none_or(|at| at > act.now);
    if !open {
        return Ok(None);
    }
    let guest = user.guest.then(|| tallies::read(found)).transpose()?;
    Ok(Some((user, guest)))
}

/// Gives the anonymous identity its row. From here on no sweep takes the user, and its sessions end like anybody's.
async fn end_being_a_guest(act: &Link, desk: &Desk, user: &User) -> Result<()> {
    desk.together([
        (sql::BECOME_SOMEONE, params![act.app.0, user.id.0.0, act.now.0]),
        (sql::CAP_SESSIONS_OF, params![act.app.0, user.id.0.0, act.sessions_end.0]),
    ])
    .await?;
    for Identity { id, provider, data } in user.identities.iter().cloned() {
        identities::add(desk, act.app, user.id, &Claim { provider, id, data, password: None }).await?;
    }
    Ok(())
}
