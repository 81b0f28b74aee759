//! What protects an app and is no part of its configuration: secrets, who may come, how long sessions last.

use crate::model::{AllowedIpId, AppKey, Secret, SecretId};

/// A named secret, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSecret {
    /// The id, which says when it came.
    pub id: SecretId,
    /// Its name: no other secret of the app has it.
    pub name: String,
    /// Its value, sealed.
    pub material: Secret<Vec<u8>>,
}

/// Writes a secret.
#[derive(Clone, Debug)]
pub struct PutSecret {
    /// The app.
    pub app: AppKey,
    /// The secret.
    pub secret: NamedSecret,
}

/// What became of a changed secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangedSecret {
    /// It has the new name and value.
    Changed,
    /// Another one has the name; nothing changed.
    NameTaken,
    /// No secret has this id.
    Gone,
}

/// From where an app's clients may come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedIp {
    /// The id, which says when it was listed.
    pub id: AllowedIpId,
    /// An address, or a network such as `192.0.2.0/24`.
    pub address: String,
    /// What somebody noted about it.
    pub comment: String,
}

/// Writes an entry of an access list.
#[derive(Clone, Debug)]
pub struct PutAllowedIp {
    /// The app.
    pub app: AppKey,
    /// The entry.
    pub entry: AllowedIp,
}
