//! Administrators: what may be asked of them, and what may be done.

use super::{Answer, KeyRecord};
use crate::model::{AdminId, AuditId, GroupId, Role, Secret, SessionId, Timestamp};

/// What may be asked of administrators.
pub trait AskAdmins: Send + Sync {
    /// Every project by ascending id, the server's own first.
    fn projects(&self) -> Answer<'_, Vec<Project>>;

    /// Every administrator by ascending id.
    fn admins(&self) -> Answer<'_, Vec<Admin>>;

    /// One administrator.
    fn admin(&self, admin: AdminId) -> Answer<'_, Option<Admin>>;

    /// The administrator who has an e-mail address: compared byte for byte.
    fn admin_of_email<'a>(&'a self, email: &'a str) -> Answer<'a, Option<Admin>>;

    /// The key pairs of an administrator, by public key.
    fn admin_keys_of(&self, admin: AdminId) -> Answer<'_, Vec<AdminKey>>;

    /// The key pair of a public key.
    fn admin_key<'a>(&'a self, public_key: &'a str) -> Answer<'a, Option<AdminKey>>;

    /// The key pair whose private key has this SHA-256.
    fn admin_key_of_hash(&self, hash: [u8; 32]) -> Answer<'_, Option<AdminKey>>;

    /// An open session with its administrator, in one round trip.
    fn admin_session(&self, session: SessionId) -> Answer<'_, Option<(AdminSession, Admin)>>;

    /// The sessions of an administrator that have not ended, also those that lapsed, by ascending id.
    fn admin_sessions_of(&self, admin: AdminId) -> Answer<'_, Vec<AdminSession>>;

    /// Lines of the audit log, the newest first, after a line: those of the projects, or all when there are none named.
    fn audit(
        &self,
        projects: Option<Vec<GroupId>>,
        after: Option<AuditId>,
        limit: u32,
    ) -> Answer<'_, Vec<AuditLine>>;
}

/// What may be done with administrators.
pub trait KeepAdmins: AskAdmins {
    /// Keeps keys of purposes that have none yet, and answers the keys of all purposes.
    fn keep_server_keys(&self, keys: Vec<KeyRecord>) -> Answer<'_, Vec<KeyRecord>>;

    /// Makes an administrator.
    fn make_admin(&self, act: MakeAdmin) -> Answer<'_, MadeAdmin>;

    /// Enables or disables an administrator; disabling ends all its sessions. `false` when there is no such one.
    fn set_admin_disabled(&self, admin: AdminId, disabled: bool) -> Answer<'_, bool>;

    /// Removes an administrator with its keys, roles and sessions. `false` when there was no such one.
    fn delete_admin(&self, admin: AdminId) -> Answer<'_, bool>;

    /// Gives an administrator a role in a project, or takes it away. `false` when one of them is not there.
    fn set_role(&self, act: SetRole) -> Answer<'_, bool>;

    /// Makes a key pair. `false` when the administrator is gone. Conflict: `Id`, for a public key that somebody has.
    fn make_admin_key(&self, key: AdminKey) -> Answer<'_, bool>;

    /// Removes a key pair and ends the sessions that it opened. `false` when there was no such one.
    fn revoke_admin_key(&self, public_key: String) -> Answer<'_, bool>;

    /// Opens a session. `false` when the administrator is gone or disabled, or the key pair is gone.
    fn open_admin_session(&self, act: OpenAdminSession) -> Answer<'_, bool>;

    /// Ends a session. `true` when it was there.
    fn end_admin_session(&self, session: SessionId) -> Answer<'_, bool>;

    /// Makes a project. `false` when another one has the name.
    fn make_project(&self, project: Project) -> Answer<'_, bool>;

    /// Gives a project another name.
    fn rename_project(&self, project: Project) -> Answer<'_, Renamed>;

    /// Writes a line of the audit log, and forgets some of those that are older than `forget`.
    fn note(&self, act: Note) -> Answer<'_, ()>;
}

/// A project of apps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: GroupId,
    /// Its name, which no other project has.
    pub name: String,
}

/// An administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Its id.
    pub id: AdminId,
    /// Its e-mail address.
    pub email: Option<String>,
    /// A hash of its password.
    pub hash: Option<Secret<String>>,
    /// Whether it is kept out.
    pub disabled: bool,
    /// Its roles, by ascending project.
    pub roles: Vec<(GroupId, Role)>,
}

/// A key pair of an administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminKey {
    /// The public half, by which the pair is known.
    pub public_key: String,
    /// Whose it is.
    pub admin: AdminId,
    /// What people call it.
    pub name: String,
    /// SHA-256 of the private half.
    pub hash: [u8; 32],
    /// What digest authentication is checked with, sealed.
    pub digest: Secret<Vec<u8>>,
    /// When it was made.
    pub created: Timestamp,
}

/// An open session of an administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminSession {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub admin: AdminId,
    /// The key pair that opened it; `None` for a password.
    pub public_key: Option<String>,
    /// When it ends by itself.
    pub expires: Timestamp,
}

/// Makes an administrator.
#[derive(Clone, Debug)]
pub struct MakeAdmin {
    /// The administrator.
    pub admin: Admin,
    /// Its first key pair.
    pub key: Option<AdminKey>,
    /// Whether it is made only if there is no administrator yet.
    pub only_first: bool,
}

/// What became of a new administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeAdmin {
    /// It is there.
    Made,
    /// Another one has its e-mail address.
    EmailTaken,
    /// There is an administrator already.
    NotFirst,
}

/// Gives or takes a role.
#[derive(Clone, Copy, Debug)]
pub struct SetRole {
    /// Whose.
    pub admin: AdminId,
    /// Where.
    pub project: GroupId,
    /// Which; `None` for none.
    pub role: Option<Role>,
}

/// Opens a session.
#[derive(Clone, Debug)]
pub struct OpenAdminSession {
    /// The session.
    pub session: AdminSession,
    /// The present, up to which other sessions have lapsed.
    pub now: Timestamp,
}

/// What became of a project's new name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renamed {
    /// It has it.
    Renamed,
    /// Another project has it.
    NameTaken,
    /// There is no such project.
    Gone,
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Its id, which tells the second.
    pub id: AuditId,
    /// Who; `None` for the owner of the data.
    pub admin: Option<AdminId>,
    /// What people call them.
    pub who: String,
    /// The project that it concerned.
    pub project: Option<GroupId>,
    /// Method and path pattern.
    pub what: String,
    /// The path as it was.
    pub target: String,
    /// With what: `CLI`, `UI` or `Admin API`.
    pub origin: String,
    /// From where.
    pub address: Option<String>,
    /// The status of the answer.
    pub status: u16,
}

/// Writes a line of the audit log.
#[derive(Clone, Debug)]
pub struct Note {
    /// The line.
    pub line: AuditLine,
    /// Older lines are forgotten, some at a time.
    pub forget: Timestamp,
}
