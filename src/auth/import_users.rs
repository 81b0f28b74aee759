//! Users come from the original service: who they are comes along, but nothing by which they were let in there.

mod read;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{App, Auth, Result};
use crate::model::{CredentialId, ProviderType, UserType, anonymous_identity_id};
use crate::store::{
    Became, Claim, ImportUsers, ImportedAs, ImportedIdentity, ImportedRegistration, ImportedUser,
};
use read::NewIdentity;
pub use read::{Newcomer, Registered, Wrong};

/// Why something of a user cannot come, or not as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// An e-mail address comes without its password, which nobody but the original knew.
    Password,
    /// A guest comes, and cannot log in again: it never had anything to do that with.
    GuestLogin,
    /// An API key stays behind: its value is not in any list.
    ApiKey,
    /// The list does not say the address of an e-mail identity.
    AddressUnknown,
    /// The user has two e-mail identities; the first one comes.
    SecondAddress,
    /// The list does not say by which id its provider knows the user.
    ExternalIdUnknown,
    /// Somebody here has the identity, or its address.
    IdentityTaken,
    /// Somebody here has the address of a pending registration.
    AddressTaken,
    /// The user has no identity.
    NoIdentity,
    /// Custom data is larger than tokens can carry.
    CustomDataTooLarge,
}

impl Reason {
    /// Whether a way to log in is lost by it.
    fn is_of_an_identity(self) -> bool {
        matches!(self, Reason::AddressUnknown | Reason::SecondAddress | Reason::ExternalIdUnknown)
    }

    /// What it means, for whoever reads the report.
    pub fn meaning(self) -> &'static str {
        match self {
            Reason::Password => "passwords: each address sets one by a reset before its first login",
            Reason::GuestLogin => {
                "logins of guests: they had nothing to log in with; they expire from today on"
            }
            Reason::ApiKey => "API keys: their values are not in the list; make new ones",
            Reason::AddressUnknown => "e-mail identities whose address the list does not say",
            Reason::SecondAddress => "second e-mail identities of a user",
            Reason::ExternalIdUnknown => "identities whose id at their provider the list does not say",
            Reason::IdentityTaken => "identities that somebody here has already",
            Reason::AddressTaken => "pending registrations whose address somebody here has already",
            Reason::NoIdentity => "users without any identity",
            Reason::CustomDataTooLarge => "custom data of more than 16 KiB",
        }
    }
}

/// How many of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// They are there now.
    pub brought: u64,
    /// They were there before.
    pub already_there: u64,
    /// They are not there.
    pub not_brought: u64,
}

impl Counts {
    fn count(&mut self, became: Became) {
        match became {
            Became::Made => self.brought += 1,
            Became::Known => self.already_there += 1,
            Became::Nobody => self.not_brought += 1,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.brought += other.brought;
        self.already_there += other.already_there;
        self.not_brought += other.not_brought;
    }
}

/// What became of who came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Users who are no guests.
    pub users: Counts,
    /// Guests.
    pub guests: Counts,
    /// Registrations without a user.
    pub pending_users: Counts,
    /// Identities that were brought, by provider.
    pub identities: BTreeMap<String, u64>,
    /// What could not come, or not as it was.
    pub cannot_come: BTreeMap<Reason, u64>,
}

impl AddAssign for ImportReport {
    fn add_assign(&mut self, other: ImportReport) {
        self.users += other.users;
        self.guests += other.guests;
        self.pending_users += other.pending_users;
        for (provider, count) in other.identities {
            *self.identities.entry(provider).or_default() += count;
        }
        for (reason, count) in other.cannot_come {
            *self.cannot_come.entry(reason).or_default() += count;
        }
    }
}

impl ImportReport {
    /// What would become of a user where nobody is yet.
    pub fn foresee(&mut self, user: &Newcomer) {
        if !user.can_come() {
            return self.leave_behind(user);
        }
        let added = (0..user.identities.len()).collect();
        self.tell(user, &ImportedAs { became: Became::Made, added, taken: Vec::new() });
    }

    /// What would become of a registration where nobody is yet.
    pub fn foresee_registration(&mut self, _registered: &Registered) {
        self.tell_registration(Became::Made);
    }

    fn leave_behind(&mut self, user: &Newcomer) {
        self.users.not_brought += 1;
        self.lose(user);
    }

    fn tell(&mut self, user: &Newcomer, done: &ImportedAs) {
        let guest = is_guest(user);
        if guest { &mut self.guests } else { &mut self.users }.count(done.became);
        if guest {
            self.count(Reason::GuestLogin, 1);
        }
        for identity in done.added.iter().filter_map(|n| user.identities.get(*n)) {
            *self.identities.entry(identity.provider.as_str().to_owned()).or_default() += 1;
            if identity.email.is_some() {
                self.count(Reason::Password, 1);
            }
        }
        self.count(Reason::IdentityTaken, done.taken.len());
        self.lose(user);
    }

    fn tell_registration(&mut self, became: Became) {
        self.pending_users.count(became);
        match became {
            Became::Made => self.count(Reason::Password, 1),
            Became::Known => {}
            Became::Nobody => self.count(Reason::AddressTaken, 1),
        }
    }

    fn lose(&mut self, user: &Newcomer) {
        user.losses.iter().for_each(|reason| self.count(*reason, 1));
    }

    fn count(&mut self, reason: Reason, times: usize) {
        if times > 0 {
            *self.cannot_come.entry(reason).or_default() += times as u64;
        }
    }
}

impl Auth {
    /// Takes users and registrations in, all at once. Who is there stays as it is. No trigger is told: nobody here
    /// logged in, and none of them is new.
    pub async fn import_users(
        &self,
        app: &Arc<App>,
        users: &[Newcomer],
        registrations: &[Registered],
    ) -> Result<ImportReport> {
        let mut report = ImportReport::default();
        let (come, stay): (Vec<&Newcomer>, Vec<&Newcomer>) = users.iter().partition(|user| user.can_come());
        stay.into_iter().for_each(|user| report.leave_behind(user));
        let act = ImportUsers {
            app: app.key,
            users: come.iter().map(|user| self.imported(user)).collect(),
            registrations: registrations.iter().map(imported_registration).collect(),
            now: self.clock().now(),
        };
        let done = self.store().import_users(act).await?;
        come.into_iter().zip(&done.users).for_each(|(user, done)| report.tell(user, done));
        done.registrations.into_iter().for_each(|became| report.tell_registration(became));
        // There may be guests to wait for where there were none.
        self.changed.notify_one();
        Ok(report)
    }

    fn imported(&self, user: &Newcomer) -> ImportedUser {
        ImportedUser {
            id: user.id,
            kind: user.kind,
            disabled: user.disabled,
            last_active: user.last_active,
            custom_data: user.custom_data.clone(),
            identities: user
                .identities
                .iter()
                .map(|identity| self.imported_identity(user, identity))
                .collect(),
        }
    }

    fn imported_identity(&self, user: &Newcomer, identity: &NewIdentity) -> ImportedIdentity {
        let id = match (&identity.id, identity.provider) {
            (Some(id), _) => id.clone(),
            (None, ProviderType::AnonUser) => anonymous_identity_id(user.id),
            (None, _) => CredentialId(self.dice().object_id(self.clock().now())).to_string(),
        };
        let claim = Claim { provider: identity.provider, id, data: identity.data.clone(), password: None };
        ImportedIdentity { claim, email: identity.email.clone() }
    }
}

fn imported_registration(registered: &Registered) -> ImportedRegistration {
    let Registered { id, email, confirmed, .. } = registered;
    ImportedRegistration { id: *id, email: email.clone(), confirmed: *confirmed }
}

fn is_guest(user: &Newcomer) -> bool {
    let anonymous = |identity: &NewIdentity| identity.provider == ProviderType::AnonUser;
    user.kind == UserType::Normal && matches!(user.identities.as_slice(), [one] if anonymous(one))
}
