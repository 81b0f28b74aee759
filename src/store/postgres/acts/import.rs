//! Users come from elsewhere.

use crate::store::postgres::bind::params;
use serde_json::Value;

use super::tallies::{self, Tallies};
use super::users::delete_sessions_of;
use super::{credentials, identities};
use crate::model::{CredentialId, ProviderType, User, UserType};
use crate::store::postgres::failure::{Failure, refuse_nul, unless_taken};
use crate::store::postgres::writer::{Act, Desk};
use crate::store::postgres::{asks, row, sql};
use crate::store::{
    Became, Claim, Credential, ImportUsers, Imported, ImportedAs, ImportedIdentity, ImportedRegistration,
    ImportedUser, NO_PASSWORD, Result,
};

impl Act for ImportUsers {
    type Done = Imported;
    const SAME_AGAIN: bool = true;
    const LONG: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<Imported> {
        let identities = self.users.iter().flat_map(|user| &user.identities);
        let ids = identities.clone().map(|identity| identity.claim.id.as_str());
        let emails = identities.filter_map(|identity| identity.email.as_deref());
        let registered = self.registrations.iter().map(|registration| registration.email.as_str());
        refuse_nul(ids.chain(emails).chain(registered))?;
        let (mut users, mut registrations, mut tallies) = (Vec::new(), Vec::new(), Tallies::default());
        for one in &self.users {
            users.push(user(self, desk, one, &mut tallies).await?);
        }
        for one in &self.registrations {
            registrations.push(registration(self, desk, one).await?);
        }
        tallies::write(desk, self.app, tallies);
        Ok(Imported { users, registrations })
    }
}

/// Who has an identity that comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Nobody,
    TheUser,
    Another,
}

async fn user(
    act: &ImportUsers,
    desk: &Desk,
    user: &ImportedUser,
    tallies: &mut Tallies,
) -> Result<ImportedAs> {
    let known = identities::user(desk, act.app, user.id).await?;
    if let Some(identity) = only_anonymous(user) {
        let became = match known {
            Some(_) => Became::Known,
            None => make_guest(act, desk, user, identity, tallies).await?,
        };
        let added = if became == Became::Made { vec![0] } else { Vec::new() };
        return Ok(ImportedAs { became, added, taken: Vec::new() });
    }
    let mut holders = Vec::new();
    for identity in &user.identities {
        holders.push(held(act, desk, user, known.as_ref(), identity).await?);
    }
    let places = |wanted| -> Vec<usize> { (0..holders.len()).filter(|n| holders[*n] == wanted).collect() };
    let (mut added, taken) = (places(Holder::Nobody), places(Holder::Another));
    let lets_in = |n: &usize| lets_in(&user.identities[*n].claim);
    let became = match &known {
        Some(_) => Became::Known,
        // It comes whole once what is in the way is gone, and nobody could come in until then.
        None if !taken.is_empty() && !added.iter().any(lets_in) => Became::Nobody,
        None => Became::Made,
    };
    match &known {
        None if became == Became::Nobody => added.clear(),
        None => make_user(act, desk, user, tallies).await?,
        Some(known) if known.guest && added.iter().any(lets_in) => {
            added.retain(|n| user.identities[*n].claim.provider != ProviderType::AnonUser);
            end_being_a_guest(act, desk, user, known, tallies).await?;
        }
        // The one anonymous identity of a guest is the one that it has.
        Some(known) if known.guest => added.clear(),
        Some(_) => {}
    }
    for n in &added {
        add(act, desk, user, &user.identities[*n]).await?;
    }
    Ok(ImportedAs { became, added, taken })
}

async fn make_guest(
    act: &ImportUsers,
    desk: &Desk,
    user: &ImportedUser,
    identity: &Claim,
    tallies: &mut Tallies,
) -> Result<Became> {
    let day = act.now.day();
    let params = params![act.app.0, user.id.0.0, user.disabled, day.0, identity.id, custom_data(user)];
    unless_taken(desk.run(sql::INSERT_IMPORTED_GUEST, params).await?)?;
    tallies.brought(day);
    Ok(Became::Made)
}

async fn make_user(act: &ImportUsers, desk: &Desk, user: &ImportedUser, tallies: &mut Tallies) -> Result<()> {
    let kind: u8 = match user.kind {
        UserType::Normal => 0,
        UserType::Server => 1,
    };
    let last_active = user.last_active.map(|at| at.0);
    let params = params![act.app.0, user.id.0.0, user.disabled, kind, last_active, custom_data(user)];
    unless_taken(desk.run(sql::INSERT_IMPORTED_USER, params).await?)?;
    tallies.came(user.id, user.kind);
    Ok(())
}

/// A list that is newer than the one that brought the guest knows it as somebody.
async fn end_being_a_guest(
    act: &ImportUsers,
    desk: &Desk,
    user: &ImportedUser,
    guest: &User,
    tallies: &mut Tallies,
) -> Result<()> {
    let last_active = user.last_active.map(|at| at.0);
    if let Some(guest) = tallies::guest(desk, act.app, user.id).await? {
        tallies.became_someone(&guest);
    }
    desk.run(sql::BECOME_SOMEONE, params![act.app.0, user.id.0.0, last_active]).await?;
    delete_sessions_of(desk, act.app, user.id).await?;
    for identity in &guest.identities {
        let claim = Claim {
            password: None,
            provider: identity.provider,
            id: identity.id.clone(),
            data: identity.data.clone(),
        };
        identities::add(desk, act.app, user.id, &claim).await?;
    }
    Ok(())
}

async fn held(
    act: &ImportUsers,
    desk: &Desk,
    user: &ImportedUser,
    known: Option<&User>,
    identity: &ImportedIdentity,
) -> Result<Holder> {
    let Claim { provider, id, .. } = &identity.claim;
    let has =
        known.is_some_and(|known| known.identities.iter().any(|i| i.provider == *provider && i.id == *id));
    if has {
        return Ok(Holder::TheUser);
    }
    if !lets_in(&identity.claim) {
        return Ok(Holder::Nobody);
    }
    if asks::claimant(desk.connection(), act.app, *provider, id).await?.is_some() {
        return Ok(Holder::Another);
    }
    match &identity.email {
        Some(email) => address_held(act, desk, user, known, id, email).await,
        None if *provider == ProviderType::LocalUserpass => Ok(Holder::Another),
        None => Ok(Holder::Nobody),
    }
}

/// Who has the address of an identity that nobody has.
async fn address_held(
    act: &ImportUsers,
    desk: &Desk,
    user: &ImportedUser,
    known: Option<&User>,
    id: &str,
    email: &str,
) -> Result<Holder> {
    let Ok(id) = id.parse::<CredentialId>() else { return Ok(Holder::Another) };
    let there = of_address(act, desk, email).await?;
    if known.is_some_and(|known| known.identity(ProviderType::LocalUserpass).is_some()) {
        let own = there.is_some_and(|credential| credential.user == Some(user.id));
        return Ok(if own { Holder::TheUser } else { Holder::Another });
    }
    match (there, credential(act, desk, id).await?) {
        // It was brought while it waited for its first login.
        (Some(there), Some(own)) if there.id == own.id && own.user.is_none() => Ok(Holder::Nobody),
        (_, Some(_)) => Ok(Holder::Another),
        (Some(there), None) if blocks(act, &there) => Ok(Holder::Another),
        (_, None) => Ok(Holder::Nobody),
    }
}

/// Gives a user an identity that nobody has.
async fn add(act: &ImportUsers, desk: &Desk, user: &ImportedUser, identity: &ImportedIdentity) -> Result<()> {
    let claim = &identity.claim;
    if !lets_in(claim) {
        identities::add(desk, act.app, user.id, claim).await?;
        return Ok(());
    }
    if let (Some(email), Ok(id)) = (&identity.email, claim.id.parse::<CredentialId>()) {
        let given = desk.run(sql::GIVE_IMPORTED_CREDENTIAL, params![act.app.0, id.0.0, user.id.0.0]).await?;
        if given == 0 {
            let user = Some(user.id.0.0);
            let params = params![act.app.0, id.0.0, email, NO_PASSWORD, true, user, act.now.0];
            take_address(act, desk, email, id).await?;
            unless_taken(desk.run(sql::INSERT_IMPORTED_CREDENTIAL, params).await?)?;
        }
    }
    identities::claim(desk, act.app, user.id, claim).await?;
    Ok(())
}

async fn registration(act: &ImportUsers, desk: &Desk, registration: &ImportedRegistration) -> Result<Became> {
    let ImportedRegistration { id, email, confirmed } = registration;
    if let Some(there) = credential(act, desk, *id).await? {
        return Ok(if there.email == *email { Became::Known } else { Became::Nobody });
    }
    // One that is not confirmed proves nothing, and takes no address from anybody.
    if of_address(act, desk, email).await?.is_some_and(|there| !confirmed || blocks(act, &there)) {
        return Ok(Became::Nobody);
    }
    let nobody = None::<[u8; 12]>;
    take_address(act, desk, email, *id).await?;
    let params = params![act.app.0, id.0.0, email, NO_PASSWORD, confirmed, nobody, act.now.0];
    unless_taken(desk.run(sql::INSERT_IMPORTED_CREDENTIAL, params).await?)?;
    Ok(Became::Made)
}

/// Takes an address that was free a moment ago. Whoever took it meanwhile has it, and the act looks again.
async fn take_address(act: &ImportUsers, desk: &Desk, email: &str, id: CredentialId) -> Result<()> {
    let is_taken = credentials::take_address(desk, act.app, email, id, act.now).await?;
    if is_taken { Ok(()) } else { Err(Failure::Raced.into()) }
}

async fn credential(act: &ImportUsers, desk: &Desk, id: CredentialId) -> Result<Option<Credential>> {
    row::one(desk.connection(), sql::CREDENTIAL, params![act.app.0, id.0.0], row::credential).await
}

async fn of_address(act: &ImportUsers, desk: &Desk, email: &str) -> Result<Option<Credential>> {
    row::one(desk.connection(), sql::CREDENTIAL_OF_ADDRESS, params![act.app.0, email], row::credential).await
}

/// Whether a credential keeps its address from others.
fn blocks(act: &ImportUsers, there: &Credential) -> bool {
    there.confirmed || there.blocks_until > act.now
}

/// The anonymous identity of somebody who is a guest.
fn only_anonymous(user: &ImportedUser) -> Option<&Claim> {
    match user.identities.as_slice() {
        [one] if one.claim.provider == ProviderType::AnonUser && user.kind == UserType::Normal => {
            Some(&one.claim)
        }
        _ => None,
    }
}

/// Whether somebody can log in with an identity that was brought.
fn lets_in(claim: &Claim) -> bool {
    !matches!(claim.provider, ProviderType::AnonUser | ProviderType::ApiKey)
}

fn custom_data(user: &ImportedUser) -> Option<String> {
    user.custom_data.clone().map(|data| Value::Object(data).to_string())
}
