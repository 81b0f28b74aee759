//! What administrators are refused.

/// A refusal of an administrator. `Display` is the text for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdminRefusal {
    /// No token, none of ours, or one whose session is over or whose administrator is gone or disabled.
    #[error("invalid session")]
    InvalidSession,
    /// A wrong key pair, or one that nobody has: indistinguishable.
    #[error("failed to authenticate with MongoDB Cloud API: You are not authorized for this resource.")]
    WrongKey,
    /// A wrong password, or an address that nobody has: indistinguishable.
    #[error("invalid username/password")]
    WrongPassword,
    /// A private key that nobody has.
    #[error("invalid API key")]
    WrongApiKey,
    /// The administrator has no role in the project.
    #[error("unauthorized: you have no role in this project")]
    NoRole,
    /// The administrator may only read there.
    #[error("unauthorized: your role in this project is read-only")]
    ReadOnly,
    /// No administrator has this id or address.
    #[error("no administrator has this id or address")]
    AdminNotFound,
    /// No key pair has this public key.
    #[error("no key pair has this public key")]
    KeyNotFound,
    /// No open session has this id.
    #[error("no open session has this id")]
    SessionNotFound,
    /// No project has this id.
    #[error("no project has the id '{0}'")]
    ProjectNotFound(String),
}
