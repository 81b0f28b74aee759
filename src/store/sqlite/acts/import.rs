//! Users come from elsewhere.

use rusqlite::params;
use serde_json::Value;

use super::identities;
use super::tallies::{self, Tallies};
use super::users::delete_sessions_of;
use crate::model::{CredentialId, ProviderType, User, UserType};
use crate::store::sqlite::failure::{refuse_nul, unless_taken};
use crate::store::sqlite::writer::{Act, Desk};
use crate::store::sqlite::{asks, row, sql};
use crate::store::{
    Became, Claim, Credential, ImportUsers, Imported, ImportedAs, ImportedIdentity, ImportedRegistration,
    ImportedUser, NO_PASSWORD, Result,
};

impl Act for ImportUsers {
    type Done = Imported;

    fn perform(&self, desk: &mut Desk) -> Result<Imported> {
        let identities = self.users.iter().flat_map(|user| &user.identities);
        let ids = identities.clone().map(|identity| identity.claim.id.as_str());
        let emails = identities.filter_map(|identity| identity.email.as_deref());
        let registered = self.registrations.iter().map(|registration| registration.email.as_str());
        refuse_nul(ids.chain(emails).chain(registered))?;
        Ok(Imported {
            users: self.users.iter().map(|user| self.user(desk, user)).collect::<Result<_>>()?,
            registrations: self
                .registrations
                .iter()
                .map(|r| self.registration(desk, r))
                .collect::<Result<_>>()?,
        })
    }
}

/// Who has an identity that comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Nobody,
    TheUser,
    Another,
}

impl ImportUsers {
    fn user(&self, desk: &Desk, user: &ImportedUser) -> Result<ImportedAs> {
        let known = identities::user(desk, self.app, user.id)?;
        if let Some(identity) = only_anonymous(user) {
            let became = match known {
                Some(_) => Became::Known,
                None => self.make_guest(desk, user, identity)?,
            };
            let added = if became == Became::Made { vec![0] } else { Vec::new() };
            return Ok(ImportedAs { became, added, taken: Vec::new() });
        }
        let held = user.identities.iter().map(|identity| self.held(desk, user, known.as_ref(), identity));
        let held = held.collect::<Result<Vec<Holder>>>()?;
        let places = |wanted| -> Vec<usize> { (0..held.len()).filter(|n| held[*n] == wanted).collect() };
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
            None => self.make_user(desk, user)?,
            Some(known) if known.guest && added.iter().any(lets_in) => {
                added.retain(|n| user.identities[*n].claim.provider != ProviderType::AnonUser);
                self.end_being_a_guest(desk, user, known)?;
            }
            // The one anonymous identity of a guest is the one that it has.
            Some(known) if known.guest => added.clear(),
            Some(_) => {}
        }
        for n in &added {
            self.add(desk, user, &user.identities[*n])?;
        }
        Ok(ImportedAs { became, added, taken })
    }

    fn make_guest(&self, desk: &Desk, user: &ImportedUser, identity: &Claim) -> Result<Became> {
        let day = self.now.day();
        let params = params![self.app.0, user.id.0.0, user.disabled, day.0, identity.id, custom_data(user)];
        unless_taken(desk.run(sql::INSERT_IMPORTED_GUEST, params))?;
        let mut tallies = Tallies::default();
        tallies.brought(day);
        tallies::write(desk, self.app, tallies)?;
        Ok(Became::Made)
    }

    fn make_user(&self, desk: &Desk, user: &ImportedUser) -> Result<()> {
        let kind = match user.kind {
            UserType::Normal => 0,
            UserType::Server => 1,
        };
        let last_active = user.last_active.map(|at| at.0);
        let params = params![self.app.0, user.id.0.0, user.disabled, kind, last_active, custom_data(user)];
        unless_taken(desk.run(sql::INSERT_IMPORTED_USER, params))?;
        let mut tallies = Tallies::default();
        tallies.came(user.id, user.kind);
        tallies::write(desk, self.app, tallies)
    }

    /// A list that is newer than the one that brought the guest knows it as somebody.
    fn end_being_a_guest(&self, desk: &Desk, user: &ImportedUser, guest: &User) -> Result<()> {
        let last_active = user.last_active.map(|at| at.0);
        let mut tallies = Tallies::default();
        if let Some(guest) = tallies::guest(desk, self.app, user.id)? {
            tallies.became_someone(&guest);
        }
        tallies::write(desk, self.app, tallies)?;
        desk.run(sql::BECOME_SOMEONE, params![self.app.0, user.id.0.0, last_active])?;
        delete_sessions_of(desk, self.app, user.id)?;
        for identity in &guest.identities {
            let claim = Claim {
                password: None,
                provider: identity.provider,
                id: identity.id.clone(),
                data: identity.data.clone(),
            };
            identities::add(desk, self.app, user.id, &claim)?;
        }
        Ok(())
    }

    fn held(
        &self,
        desk: &Desk,
        user: &ImportedUser,
        known: Option<&User>,
        identity: &ImportedIdentity,
    ) -> Result<Holder> {
        let Claim { provider, id, .. } = &identity.claim;
        let has = known
            .is_some_and(|known| known.identities.iter().any(|i| i.provider == *provider && i.id == *id));
        if has {
            return Ok(Holder::TheUser);
        }
        if !lets_in(&identity.claim) {
            return Ok(Holder::Nobody);
        }
        if asks::claimant(desk.connection(), self.app, *provider, id)?.is_some() {
            return Ok(Holder::Another);
        }
        match &identity.email {
            Some(email) => self.address_held(desk, user, known, id, email),
            None if *provider == ProviderType::LocalUserpass => Ok(Holder::Another),
            None => Ok(Holder::Nobody),
        }
    }

    /// Who has the address of an identity that nobody has.
    fn address_held(
        &self,
        desk: &Desk,
        user: &ImportedUser,
        known: Option<&User>,
        id: &str,
        email: &str,
    ) -> Result<Holder> {
        let Ok(id) = id.parse::<CredentialId>() else { return Ok(Holder::Another) };
        let there = self.of_address(desk, email)?;
        if known.is_some_and(|known| known.identity(ProviderType::LocalUserpass).is_some()) {
            let own = there.is_some_and(|credential| credential.user == Some(user.id));
            return Ok(if own { Holder::TheUser } else { Holder::Another });
        }
        match (there, self.credential(desk, id)?) {
            // It was brought while it waited for its first login.
            (Some(there), Some(own)) if there.id == own.id && own.user.is_none() => Ok(Holder::Nobody),
            (_, Some(_)) => Ok(Holder::Another),
            (Some(there), None) if self.blocks(&there) => Ok(Holder::Another),
            (_, None) => Ok(Holder::Nobody),
        }
    }

    /// Gives a user an identity that nobody has.
    fn add(&self, desk: &Desk, user: &ImportedUser, identity: &ImportedIdentity) -> Result<()> {
        let claim = &identity.claim;
        if !lets_in(claim) {
            identities::add(desk, self.app, user.id, claim)?;
            return Ok(());
        }
        if let (Some(email), Ok(id)) = (&identity.email, claim.id.parse::<CredentialId>()) {
            let given = desk.run(sql::GIVE_IMPORTED_CREDENTIAL, params![self.app.0, id.0.0, user.id.0.0])?;
            if given == 0 {
                let user = Some(user.id.0.0);
                let params = params![self.app.0, id.0.0, email, NO_PASSWORD, true, user, self.now.0];
                desk.run(sql::TAKE_ADDRESS, params![self.app.0, email, id.0.0, self.now.0])?;
                desk.run(sql::INSERT_IMPORTED_CREDENTIAL, params)?;
            }
        }
        identities::claim(desk, self.app, user.id, claim)?;
        Ok(())
    }

    fn registration(&self, desk: &Desk, registration: &ImportedRegistration) -> Result<Became> {
        let ImportedRegistration { id, email, confirmed } = registration;
        if let Some(there) = self.credential(desk, *id)? {
            return Ok(if there.email == *email { Became::Known } else { Became::Nobody });
        }
        // One that is not confirmed proves nothing, and takes no address from anybody.
        if self.of_address(desk, email)?.is_some_and(|there| !confirmed || self.blocks(&there)) {
            return Ok(Became::Nobody);
        }
        let nobody = None::<[u8; 12]>;
        desk.run(sql::TAKE_ADDRESS, params![self.app.0, email, id.0.0, self.now.0])?;
        let params = params![self.app.0, id.0.0, email, NO_PASSWORD, confirmed, nobody, self.now.0];
        desk.run(sql::INSERT_IMPORTED_CREDENTIAL, params)?;
        Ok(Became::Made)
    }

    fn credential(&self, desk: &Desk, id: CredentialId) -> Result<Option<Credential>> {
        row::one(desk.connection(), sql::CREDENTIAL, params![self.app.0, id.0.0], row::credential)
    }

    fn of_address(&self, desk: &Desk, email: &str) -> Result<Option<Credential>> {
        row::one(desk.connection(), sql::CREDENTIAL_OF_ADDRESS, params![self.app.0, email], row::credential)
    }

    /// Whether a credential keeps its address from others.
    fn blocks(&self, there: &Credential) -> bool {
        there.confirmed || there.blocks_until > self.now
    }
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
