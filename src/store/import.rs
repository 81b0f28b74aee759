//! The act by which users come who were made elsewhere.

use serde_json::{Map, Value};

use super::Claim;
use crate::model::{AppKey, CredentialId, Timestamp, UserId, UserType};

/// The hash of a credential that has no password: no password is the one of it. Whoever has the address sets one by a
/// reset.
pub const NO_PASSWORD: &str = "";

/// Takes in users who were made elsewhere.
#[derive(Clone, Debug)]
pub struct ImportUsers {
    /// The app.
    pub app: AppKey,
    /// Who comes.
    pub users: Vec<ImportedUser>,
    /// Which addresses wait for their first login.
    pub registrations: Vec<ImportedRegistration>,
    /// The present: the expiry clock of guests starts on its day.
    pub now: Timestamp,
}

/// A user who comes.
#[derive(Clone, Debug)]
pub struct ImportedUser {
    /// The id; it says when the user was made.
    pub id: UserId,
    /// What the user is.
    pub kind: UserType,
    /// Whether logins are refused.
    pub disabled: bool,
    /// The last activity elsewhere, of anybody but a guest.
    pub last_active: Option<Timestamp>,
    /// What the app keeps of the user.
    pub custom_data: Option<Map<String, Value>>,
    /// At least one, in their order, none twice. Exactly one anonymous one makes a normal user a guest.
    pub identities: Vec<ImportedIdentity>,
}

/// An identity that comes along. Anonymous ones and API keys let nobody log in.
#[derive(Clone, Debug)]
pub struct ImportedIdentity {
    /// The identity.
    pub claim: Claim,
    /// The address of a local-userpass identity, whose id is that of the credential.
    pub email: Option<String>,
}

/// An address that was registered elsewhere and has no user.
#[derive(Clone, Debug)]
pub struct ImportedRegistration {
    /// The id of the credential.
    pub id: CredentialId,
    /// The address.
    pub email: String,
    /// Whether it was confirmed. One that was not blocks nobody.
    pub confirmed: bool,
}

/// What became of who came, each in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The users.
    pub users: Vec<ImportedAs>,
    /// The registrations.
    pub registrations: Vec<Became>,
}

/// What became of a user who came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedAs {
    /// What became of it.
    pub became: Became,
    /// The places of the identities that were added.
    pub added: Vec<usize>,
    /// The places of the identities that somebody else has.
    pub taken: Vec<usize>,
}

/// What became of one who came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// It is there now.
    Made,
    /// It was there before.
    Known,
    /// Somebody else has all by which it could have logged in, so it is not there.
    Nobody,
}
