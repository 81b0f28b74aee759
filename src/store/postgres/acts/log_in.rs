//! Somebody logs in.

use super::identities::Claimant;
use super::tallies::{self, Tallies};
use super::{events, identities};
use crate::model::{ProviderType, Session, Tallied, UserId};
use crate::store::postgres::bind::params;
use crate::store::postgres::failure::{refuse_nul, unless_taken};
use crate::store::postgres::writer::{Act, Desk};
use crate::store::postgres::{row, sql};
use crate::store::{Claim, Error, Events, LogIn, LoggedIn, Result, Taken};

impl Act for LogIn {
    type Done = LoggedIn;
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<LoggedIn> {
        let Some(claim) = &self.identity else { return guest(self, desk).await };
        refuse_nul([claim.id.as_str()])?;
        match identities::claimant(desk, self.app, claim, self.session).await? {
            Some(claimant) => known(self, desk, claimant, claim).await,
            None => unknown(self, desk, claim).await,
        }
    }
}

/// A guest who was alone in the end, or whose device PostgreSQL cannot hold; all others are gathered.
async fn guest(act: &LogIn, desk: &Desk) -> Result<LoggedIn> {
    write_device(act, desk).await?;
    // Nearly every login is two inserts and no look: whether it was here before is asked only when its id was.
    if desk.run(sql::INSERT_GUEST, params![act.app.0, act.user.0.0]).await? > 0 {
        open_session(act, desk, act.user, 0).await?;
        keep_events(act, desk, act.user, true).await?;
    } else {
        let params = params![act.app.0, act.user.0.0, act.session.0.0];
        let there = row::one(desk.connection(), sql::SESSION, params, row::session).await?;
        done_before(act, there)?.ok_or(Error::Conflict(Taken::Id))?;
    }
    Ok(LoggedIn::In { user: act.user, created: true, identity: 0, custom_data: None })
}

async fn known(act: &LogIn, desk: &Desk, claimant: Claimant, claim: &Claim) -> Result<LoggedIn> {
    let Claimant { user, session } = claimant;
    let id = user.id;
    if user.disabled {
        return Ok(LoggedIn::Disabled);
    }
    if let Some(session) = done_before(act, session)? {
        return Ok(LoggedIn::In {
            user: id,
            created: id == act.user,
            identity: session.identity,
            custom_data: user.custom_data,
        });
    }
    if !identities::is_proved_still(desk, act.app, id, claim).await? {
        return Ok(LoggedIn::Unproved);
    }
    write_device(act, desk).await?;
    let identity = identities::renew(desk, act.app, &user, claim).await?;
    open_session(act, desk, id, identity).await?;
    keep_events(act, desk, id, false).await?;
    count(act, desk, claim, Tallies::default());
    Ok(LoggedIn::In { user: id, created: false, identity, custom_data: user.custom_data })
}

async fn unknown(act: &LogIn, desk: &Desk, claim: &Claim) -> Result<LoggedIn> {
    if !identities::give_proof(desk, act.app, act.user, claim).await? {
        identities::still_nobodys(desk, act.app, claim).await?;
        return Ok(LoggedIn::Unproved);
    }
    write_device(act, desk).await?;
    let tallies = identities::make(desk, act.app, (act.user, act.kind), Some(act.now), claim).await?;
    open_session(act, desk, act.user, 0).await?;
    keep_events(act, desk, act.user, true).await?;
    count(act, desk, claim, tallies);
    Ok(LoggedIn::In { user: act.user, created: true, identity: 0, custom_data: None })
}

fn count(act: &LogIn, desk: &Desk, claim: &Claim, mut tallies: Tallies) {
    tallies.count(act.now.day(), Tallied::LoggedIn(claim.provider));
    tallies::write(desk, act.app, tallies);
}

fn provider(act: &LogIn) -> ProviderType {
    act.identity.as_ref().map_or(ProviderType::AnonUser, |claim| claim.provider)
}

/// Opens the session, and notes the activity of whoever is no guest.
async fn open_session(act: &LogIn, desk: &Desk, user: UserId, identity: usize) -> Result<()> {
    let session = params![
        act.app.0,
        user.0.0,
        act.session.0.0,
        identity as i64,
        act.device.map(|id| id.0.0),
        act.device_details.as_ref().map(|device| device.hash.0),
        act.expires.map(|at| at.0),
    ];
    let touch = params![act.app.0, user.0.0, act.now.0];
    let [_, opened] = desk.together([(sql::TOUCH, touch), (sql::INSERT_SESSION, session)]).await?;
    unless_taken(opened.changed)
}

/// The session, if it is there and this act's: then an answer was lost and this is the same act again.
fn done_before(act: &LogIn, there: Option<Session>) -> Result<Option<Session>> {
    let Some(session) = there else { return Ok(None) };
    let same = session.provider == provider(act)
        && session.device == act.device
        && session.device_details == act.device_details.as_ref().map(|device| device.hash);
    if same { Ok(Some(session)) } else { Err(Error::Conflict(Taken::Id)) }
}

async fn keep_events(act: &LogIn, desk: &Desk, user: UserId, created: bool) -> Result<()> {
    let create = act.events.create.filter(|_| created);
    let happened = events::Happened { app: act.app, user, provider: provider(act), at: act.now };
    happened.keep(desk, Events { create, ..act.events }).await
}

async fn write_device(act: &LogIn, desk: &Desk) -> Result<()> {
    let Some(device) = &act.device_details else { return Ok(()) };
    if desk.devices().knows(act.app, device.hash) {
        return Ok(());
    }
    refuse_nul([device.details.as_str()])?;
    desk.run(sql::INSERT_DEVICE, params![act.app.0, device.hash.0, device.details]).await?;
    Ok(())
}
