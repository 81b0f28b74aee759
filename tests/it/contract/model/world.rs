//! The model: users, identities, sessions, credentials and keys as maps, and what acts do to them in the plainest
//! words.

use std::collections::BTreeMap;

use passerby::model::{
    ApiKeyId, CredentialId, Identity, ProviderType, Secret, Session, SessionId, User, UserId, UserType,
};
use passerby::store::{
    ApiKey, Claim, Credential, Expire, Link, Linked, LogIn, LoggedIn, MadeApiKey, MakeApiKey, Register,
    RenewToken, SentToken, Taken, TokenPurpose, Touch, UseToken,
};

use super::acts::{Act, Seen};
use crate::contract::given::{
    NOON, anonymous, api_key, claim, credential_of, email_claim, identity_of, key_claim, make, session_of,
    user_id, user_of,
};

/// How many addresses there are.
pub(super) const EMAILS: usize = 2;

/// How many identities of providers there are, those of credentials and keys among them.
pub(super) const CLAIMS: usize = 8;

/// How many keys there are: two of a user each.
pub(super) const KEYS: usize = 2;

/// An address.
pub(super) fn email_at(n: usize) -> &'static str {
    ["anna@example.com", "berta@example.com"][n]
}

/// An identity: two of the app's function, four of credentials, two of keys.
pub(super) fn claim_at(n: usize) -> Claim {
    match n {
        0 | 1 => claim(["x", "y"][n]),
        2..=5 => email_claim(n as u32 - 1),
        _ => key_claim(&key_at(n - 6).1),
    }
}

/// A key of one of the first two guests, with the hash of its value.
pub(super) fn key_at(n: usize) -> ([u8; 32], ApiKey) {
    let key = api_key(n as u32, user_id(NOON, n as u32 + 1));
    (make(&key).hash, key)
}

/// A user with its sessions.
#[derive(Clone, Debug, PartialEq)]
struct Person {
    user: User,
    sessions: BTreeMap<SessionId, Session>,
}

/// A credential with its tokens.
#[derive(Clone, Debug, PartialEq)]
struct Registered {
    credential: Credential,
    confirm: Option<SentToken>,
    reset: Option<SentToken>,
}

/// An app's people and what they can prove.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct World {
    people: BTreeMap<UserId, Person>,
    claims: BTreeMap<(ProviderType, String), UserId>,
    registered: BTreeMap<CredentialId, Registered>,
    emails: BTreeMap<String, CredentialId>,
    keys: BTreeMap<ApiKeyId, ApiKey>,
}

impl World {
    /// Does an act; says how it ended, as text.
    pub(super) fn perform(&mut self, act: &Act) -> String {
        match act {
            Act::LogIn(act) => ended(self.log_in(act)),
            Act::Link(act) => said(self.link(act)),
            Act::LogOut(act) => {
                let person = self.people.get_mut(&act.user);
                said(person.is_some_and(|person| person.sessions.remove(&act.session).is_some()))
            }
            Act::Touch(act) => {
                self.touch(act);
                said(())
            }
            Act::SetDisabled(act) => said(self.change(act.user, |person| {
                person.user.disabled = act.disabled;
                if act.disabled {
                    person.sessions.clear();
                }
            })),
            Act::Revoke(act) => said(self.change(act.user, |person| person.sessions.clear())),
            Act::DeleteUser(act) => said(self.delete(act.user)),
            Act::Expire(act) => said(self.expire(act)),
            Act::Register(act) => ended(self.register(act)),
            Act::Confirm(act) => said(self.confirm(act)),
            Act::ConfirmByHand(id) => {
                self.take_free_address(*id);
                said(self.confirm_if_it_has_its_address(*id))
            }
            Act::Renew(act) => said(self.renew(act)),
            Act::Reset(act) => {
                let good = |one: &Registered| one.reset.is_some_and(|token| is_good(token, &act.token));
                let found = self.registered.iter().find(|(_, one)| good(one)).map(|(id, _)| *id);
                said(found.is_some_and(|id| self.set_password(id, &act.hash)))
            }
            Act::SetPassword(act) => said(self.set_password(act.credential, &act.hash)),
            Act::DeletePending(id) => {
                let pending = self.registered.get(id).is_some_and(|one| one.credential.user.is_none());
                said(pending && self.delete_credential(*id))
            }
            Act::MakeKey(act) => said(self.make_key(act)),
            Act::SetKeyDisabled(act) => {
                let key = self.keys.get_mut(&act.id).filter(|key| act.owner == Some(key.user));
                said(key.map(|key| key.disabled = act.disabled).is_some())
            }
            Act::DeleteKey(act) => {
                let there = self.keys.get(&act.id).is_some_and(|key| act.owner == Some(key.user));
                if there {
                    self.keys.remove(&act.id);
                    self.claims.remove(&(ProviderType::ApiKey, act.id.to_string()));
                }
                said(there)
            }
        }
    }

    fn change(&mut self, user: UserId, change: impl FnOnce(&mut Person)) -> bool {
        self.people.get_mut(&user).map(change).is_some()
    }

    fn log_in(&mut self, act: &LogIn) -> Result<LoggedIn, Taken> {
        let Some(claim) = &act.identity else {
            match self.people.get(&act.user) {
                None => self.arrive(act),
                Some(person) => {
                    done_before(person, act)?.ok_or(Taken::Id)?;
                }
            }
            return Ok(LoggedIn::In { user: act.user, created: true, identity: 0, custom_data: None });
        };
        let key = (claim.provider, claim.id.clone());
        let Some(&id) = self.claims.get(&key) else {
            if !self.is_proof_of_someone_new(claim) {
                return Ok(LoggedIn::Unproved);
            }
            if self.people.contains_key(&act.user) {
                return Err(Taken::Id);
            }
            self.arrive(act);
            self.give(claim, act.user);
            return Ok(LoggedIn::In { user: act.user, created: true, identity: 0, custom_data: None });
        };
        let is_proved = self.is_proved_still(claim);
        let person = self.people.get_mut(&id).unwrap();
        if person.user.disabled {
            return Ok(LoggedIn::Disabled);
        }
        if let Some(session) = done_before(person, act)? {
            let custom_data = person.user.custom_data.clone();
            return Ok(LoggedIn::In {
                user: id,
                created: id == act.user,
                identity: session.identity,
                custom_data,
            });
        }
        if !is_proved {
            return Ok(LoggedIn::Unproved);
        }
        let identity = renew(&mut person.user, claim);
        person.user.last_active_at = person.user.last_active_at.max(Some(act.now));
        person.sessions.insert(act.session, session_of(act, id, identity));
        Ok(LoggedIn::In { user: id, created: false, identity, custom_data: person.user.custom_data.clone() })
    }

    /// Makes the user of a login, with its first session.
    fn arrive(&mut self, act: &LogIn) {
        let sessions = BTreeMap::from([(act.session, session_of(act, act.user, 0))]);
        self.people.insert(act.user, Person { user: user_of(act), sessions });
    }

    fn is_proof_of_someone_new(&self, claim: &Claim) -> bool {
        match claim.provider {
            ProviderType::LocalUserpass => self
                .with_password(claim)
                .is_some_and(|credential| credential.confirmed && credential.user.is_none()),
            ProviderType::ApiKey => false,
            _ => true,
        }
    }

    fn is_proved_still(&self, claim: &Claim) -> bool {
        match claim.provider {
            ProviderType::LocalUserpass => self.with_password(claim).is_some(),
            ProviderType::ApiKey => {
                self.keys.values().any(|key| key.id.to_string() == claim.id && !key.disabled)
            }
            _ => true,
        }
    }

    /// The credential of a claim, if it has the claim's password.
    fn with_password(&self, claim: &Claim) -> Option<&Credential> {
        let one = self.registered.get(&claim.id.parse().ok()?)?;
        Some(&one.credential).filter(|credential| claim.password.as_ref() == Some(&credential.hash))
    }

    fn give(&mut self, claim: &Claim, user: UserId) {
        self.claims.insert((claim.provider, claim.id.clone()), user);
        if claim.provider == ProviderType::LocalUserpass {
            self.registered.get_mut(&claim.id.parse().unwrap()).unwrap().credential.user = Some(user);
        }
    }

    fn link(&mut self, act: &Link) -> Linked {
        let claim = &act.claim;
        let open = |person: &Person| {
            let session = person.sessions.get(&act.session);
            !person.user.disabled
                && session.is_some_and(|session| session.expires.is_none_or(|at| at > act.now))
        };
        let Some(person) = self.people.get(&act.user).filter(|person| open(person)) else {
            return Linked::Gone;
        };
        if person.user.kind == UserType::Server {
            return Linked::ServerUser;
        }
        let claimant = self.claims.get(&(claim.provider, claim.id.clone()));
        if claimant.is_some() && !self.is_proved_still(claim) {
            return Linked::Unproved;
        }
        if claimant.is_some_and(|user| *user != act.user) {
            return Linked::Taken;
        }
        if claimant.is_some() {
            renew(&mut self.people.get_mut(&act.user).unwrap().user, claim);
            return Linked::Already;
        }
        if claim.provider == ProviderType::LocalUserpass && person.user.identity(claim.provider).is_some() {
            return Linked::SecondEmail;
        }
        if !self.is_proof_of_someone_new(claim) {
            return Linked::Unproved;
        }
        self.give(claim, act.user);
        let Person { user, sessions } = self.people.get_mut(&act.user).unwrap();
        if user.guest {
            user.guest = false;
            user.last_seen = None;
            for session in sessions.values_mut() {
                session.expires =
                    Some(session.expires.map_or(act.sessions_end, |at| at.min(act.sessions_end)));
            }
        }
        user.last_active_at = user.last_active_at.max(Some(act.now));
        user.identities.push(identity_of(claim));
        Linked::Linked
    }

    fn touch(&mut self, act: &Touch) {
        self.change(act.user, |Person { user, .. }| {
            if !user.guest {
                user.last_active_at = user.last_active_at.max(Some(act.at));
            } else if act.at.day() > user.last_active() {
                user.last_seen = Some(act.at.day());
            }
        });
    }

    fn expire(&mut self, act: &Expire) -> Vec<UserId> {
        let last_day = act.now.day().0 - i64::from(act.policy.days);
        let due = |person: &Person| person.user.guest && person.user.last_active().0 < last_day;
        let gone = self.people.values().filter(|person| due(person)).map(|person| person.user.id).collect();
        for user in &gone {
            self.people.remove(user);
        }
        gone
    }

    fn delete(&mut self, user: UserId) -> bool {
        let there = self.people.remove(&user).is_some();
        self.claims.retain(|_, claimant| *claimant != user);
        self.keys.retain(|_, key| key.user != user);
        let credential = self.registered.iter().find(|(_, one)| one.credential.user == Some(user));
        if let Some(id) = credential.map(|(id, _)| *id) {
            self.delete_credential(id);
        }
        there
    }

    fn register(&mut self, act: &Register) -> Result<bool, Taken> {
        if let Some(there) = self.registered.get(&act.id) {
            return if there.credential.email == act.email { Ok(true) } else { Err(Taken::Id) };
        }
        let blocks = |id: &CredentialId| {
            let there = &self.registered[id].credential;
            there.confirmed || there.blocks_until > act.now
        };
        if self.emails.get(&act.email).is_some_and(blocks) {
            return Ok(false);
        }
        self.emails.insert(act.email.clone(), act.id);
        let one = Registered { credential: credential_of(act), confirm: act.token, reset: None };
        self.registered.insert(act.id, one);
        Ok(true)
    }

    fn confirm(&mut self, act: &UseToken) -> bool {
        let good = |one: &Registered| {
            // Its end is that of the hold on the address.
            let token = one.confirm.map(|token| SentToken { until: one.credential.blocks_until, ..token });
            token.is_some_and(|token| is_good(token, act))
        };
        let found = self.registered.iter().find(|(_, one)| good(one)).map(|(id, _)| *id);
        found.is_some_and(|id| self.confirm_if_it_has_its_address(id))
    }

    fn confirm_if_it_has_its_address(&mut self, id: CredentialId) -> bool {
        let has_it = self.is_unconfirmed_with_its_address(id);
        if has_it {
            let one = self.registered.get_mut(&id).unwrap();
            one.credential.confirmed = true;
            one.confirm = None;
        }
        has_it
    }

    fn is_unconfirmed_with_its_address(&self, id: CredentialId) -> bool {
        self.registered.get(&id).is_some_and(|one| {
            !one.credential.confirmed && self.emails.get(&one.credential.email) == Some(&id)
        })
    }

    fn take_free_address(&mut self, id: CredentialId) {
        if let Some(one) = self.registered.get(&id) {
            self.emails.entry(one.credential.email.clone()).or_insert(id);
        }
    }

    fn renew(&mut self, act: &RenewToken) -> bool {
        if act.purpose == TokenPurpose::Reset {
            let one = self.registered.get_mut(&act.credential);
            return one.map(|one| one.reset = Some(act.token)).is_some();
        }
        self.take_free_address(act.credential);
        let has_it = self.is_unconfirmed_with_its_address(act.credential);
        if has_it {
            let one = self.registered.get_mut(&act.credential).unwrap();
            one.confirm = Some(act.token);
            one.credential.blocks_until = act.token.until;
        }
        has_it
    }

    fn set_password(&mut self, id: CredentialId, hash: &Secret<String>) -> bool {
        let Some(one) = self.registered.get_mut(&id) else { return false };
        one.credential.hash = hash.clone();
        one.reset = None;
        if let Some(user) = one.credential.user {
            self.change(user, |person| person.sessions.clear());
        }
        true
    }

    fn delete_credential(&mut self, id: CredentialId) -> bool {
        self.emails.retain(|_, holder| *holder != id);
        self.registered.remove(&id).is_some()
    }

    fn make_key(&mut self, act: &MakeApiKey) -> MadeApiKey {
        if self.keys.contains_key(&act.key.id) {
            return MadeApiKey::Made;
        }
        let owner = self.people.get(&act.key.user).map(|person| &person.user);
        if !owner.is_some_and(|owner| !owner.guest && !owner.disabled) {
            return MadeApiKey::Gone;
        }
        self.keys.insert(act.key.id, act.key.clone());
        self.claims.insert((ProviderType::ApiKey, act.key.id.to_string()), act.key.user);
        MadeApiKey::Made
    }

    /// What is seen of it.
    pub(super) fn seen(&self) -> Seen {
        let credential = |id: &CredentialId| self.registered[id].credential.clone();
        let claimant = |claim: Claim| self.claims.get(&(claim.provider, claim.id)).copied();
        let pending = self.registered.values().map(|one| &one.credential);
        Seen {
            users: self.people.values().map(|person| person.user.clone()).collect(),
            sessions: self.people.values().flat_map(|person| person.sessions.values().cloned()).collect(),
            pending: pending.filter(|credential| credential.user.is_none()).cloned().collect(),
            emails: (0..EMAILS).map(|n| self.emails.get(email_at(n)).map(credential)).collect(),
            claimants: (0..CLAIMS).map(|n| claimant(claim_at(n))).collect(),
            keys: (0..KEYS).map(|n| self.keys.get(&key_at(n).1.id).cloned()).collect(),
        }
    }

    /// What must hold whatever was done.
    pub(super) fn is_sound(&self) -> bool {
        let guests_are_nobody = self.people.values().all(|Person { user, .. }| {
            let anonymous = [anonymous(user.id)];
            user.guest == (user.identities == anonymous) && (user.guest || user.last_seen.is_none())
        });
        let claimants_are_there = self.claims.values().all(|user| self.people.contains_key(user));
        let confirmed_have_their_address = self
            .registered
            .iter()
            .all(|(id, one)| !one.credential.confirmed || self.emails.get(&one.credential.email) == Some(id));
        guests_are_nobody && claimants_are_there && confirmed_have_their_address
    }

    /// A text that two worlds share only when they are the same.
    pub(super) fn name(&self) -> String {
        let hashes: Vec<_> = self.registered.values().map(|one| one.credential.hash.expose()).collect();
        format!("{self:?}{hashes:?}")
    }
}

/// The session, if it is this login's; an error when another login has it.
fn done_before(person: &Person, act: &LogIn) -> Result<Option<Session>, Taken> {
    let Some(session) = person.sessions.get(&act.session) else { return Ok(None) };
    let provider = act.identity.as_ref().map_or(ProviderType::AnonUser, |claim| claim.provider);
    let same = session.provider == provider && session.device == act.device;
    if same { Ok(Some(session.clone())) } else { Err(Taken::Id) }
}

/// What the provider tells takes the place of what it told; says the place.
fn renew(user: &mut User, claim: &Claim) -> usize {
    let known = |identity: &Identity| identity.provider == claim.provider && identity.id == claim.id;
    let place = user.identities.iter().position(known).unwrap_or(user.identities.len());
    match user.identities.get_mut(place) {
        Some(identity) => *identity = identity_of(claim),
        None => user.identities.push(identity_of(claim)),
    }
    place
}

fn is_good(token: SentToken, used: &UseToken) -> bool {
    token.id == used.id && token.hash == used.hash && used.now < token.until
}

fn said(done: impl std::fmt::Debug) -> String {
    format!("{done:?}")
}

fn ended<T: std::fmt::Debug>(result: Result<T, Taken>) -> String {
    result.map_or_else(|taken| format!("{taken:?}"), said)
}
