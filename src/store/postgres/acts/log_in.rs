//! Somebody logs in.

use super::tallies::{self, Tallies};
use super::{events, identities};
use crate::model::{ProviderType, Session, Tallied, UserId};
use crate::store::postgres::asks::claimant;
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
        match claimant(desk.connection(), self.app, claim.provider, &claim.id).await? {
            Some(user) => known(self, desk, user, claim).await,
            None => unknown(self, desk, claim).await,
        }
    }
}

/// A guest who was alone in the end, or of whom events are kept; all others are gathered.
async fn guest(act: &LogIn, desk: &Desk) -> Result<LoggedIn> {
    write_device(act, desk).await?;
    // Nearly every login is two inserts and no look: whether it was here before is asked only when its id was.
    if desk.run(sql::INSERT_GUEST, params![act.app.0, act.user.0.0]).await? > 0 {
        open_session(act, desk, act.user, 0).await?;
        keep_events(act, desk, act.user, true).await?;
    } else {
        done_before(act, desk, act.user).await?.ok_or(Error::Conflict(Taken::Id))?;
    }
    Ok(LoggedIn::In { user: act.user, created: true, identity: 0 })
}

async fn known(act: &LogIn, desk: &Desk, id: UserId, claim: &Claim) -> Result<LoggedIn> {
    let user = identities::claimant(desk, act.app, id, claim).await?;
    if user.disabled {
        return Ok(LoggedIn::Disabled);
    }
    if let Some(session) = done_before(act, desk, id).await? {
        return Ok(LoggedIn::In { user: id, created: id == act.user, identity: session.identity });
    }
    if !identities::is_proved_still(desk, act.app, id, claim).await? {
        return Ok(LoggedIn::Unproved);
    }
    write_device(act, desk).await?;
    let identity = identities::renew(desk, act.app, &user, claim).await?;
    desk.run(sql::TOUCH, params![act.app.0, id.0.0, act.now.0]).await?;
    open_session(act, desk, id, identity).await?;
    keep_events(act, desk, id, false).await?;
    count(act, desk, claim, Tallies::default()).await?;
    Ok(LoggedIn::In { user: id, created: false, identity })
}

async fn unknown(act: &LogIn, desk: &Desk, claim: &Claim) -> Result<LoggedIn> {
    if !identities::give_proof(desk, act.app, act.user, claim).await? {
        identities::still_nobodys(desk, act.app, claim).await?;
        return Ok(LoggedIn::Unproved);
    }
    write_device(act, desk).await?;
    let tallies = identities::insert_user(desk, act.app, act.user, act.kind, Some(act.now)).await?;
    let identity = identities::claim(desk, act.app, act.user, claim).await?;
    open_session(act, desk, act.user, identity).await?;
    keep_events(act, desk, act.user, true).await?;
    count(act, desk, claim, tallies).await?;
    Ok(LoggedIn::In { user: act.user, created: true, identity })
}

async fn count(act: &LogIn, desk: &Desk, claim: &Claim, mut tallies: Tallies) -> Result<()> {
    tallies.count(act.now.day(), Tallied::LoggedIn(claim.provider));
    tallies::write(desk, act.app, tallies).await
}

fn provider(act: &LogIn) -> ProviderType {
    act.identity.as_ref().map_or(ProviderType::AnonUser, |claim| claim.provider)
}

async fn open_session(act: &LogIn, desk: &Desk, user: UserId, identity: usize) -> Result<()> {
    let params = params![
        act.app.0,
        user.0.0,
        act.session.0.0,
        identity as i64,
        act.device.map(|id| id.0.0),
        act.device_details.as_ref().map(|device| device.hash.0),
        act.expires.map(|at| at.0),
    ];
    unless_taken(desk.run(sql::INSERT_SESSION, params).await?)
}

/// The session, if it is there and this act's: then an answer was lost and this is the same act again.
async fn done_before(act: &LogIn, desk: &Desk, user: UserId) -> Result<Option<Session>> {
    let params = params![act.app.0, user.0.0, act.session.0.0];
    let Some(session) = row::one(desk.connection(), sql::SESSION, params, row::session).await? else {
        return Ok(None);
    };
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
