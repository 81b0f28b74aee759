//! Administrators and what they may; projects.

use super::{AdminRefusal, KeyPair};
use crate::auth::{Auth, Error, Result};
use crate::model::{AdminId, GroupId, Role, Secret, Timestamp};
use crate::store::{Admin, AdminKey, MadeAdmin, MakeAdmin, Project, Renamed, SetRole};

const LONGEST_NAME: usize = 128;
/// Passwords of administrators, in characters.
const PASSWORD: std::ops::RangeInclusive<usize> = 8..=128;

/// An administrator to be made.
pub struct NewAdmin {
    /// The address; without one it signs in with key pairs only.
    pub email: Option<String>,
    /// The password, which needs an address.
    pub password: Option<Secret<String>>,
    /// What it may.
    pub role: Role,
    /// Where; in the server's own project when there is none.
    pub projects: Vec<GroupId>,
}

/// An administrator as the owner of the data sees it.
pub struct SeenAdmin {
    /// Its id.
    pub id: AdminId,
    /// Its address.
    pub email: Option<String>,
    /// Whether it can sign in with a password.
    pub password: bool,
    /// Whether it is kept out.
    pub disabled: bool,
    /// Its roles by ascending project.
    pub roles: Vec<(GroupId, Role)>,
    /// Its key pairs: public key, name, and when each was made.
    pub keys: Vec<(String, String, Timestamp)>,
}

impl SeenAdmin {
    fn of(admin: Admin, keys: Vec<AdminKey>) -> SeenAdmin {
        SeenAdmin {
            id: admin.id,
            email: admin.email,
            password: admin.hash.is_some(),
            disabled: admin.disabled,
            roles: admin.roles,
            keys: keys.into_iter().map(|key| (key.public_key, key.name, key.created)).collect(),
        }
    }
}

impl Auth {
    /// Makes an administrator.
    pub async fn make_admin(&self, new: NewAdmin) -> Result<SeenAdmin> {
        let NewAdmin { email, password, role, mut projects } = new;
        check(email.as_deref(), password.as_ref())?;
        if projects.is_empty() {
            projects.push(self.admins.project);
        }
        projects.sort_unstable();
        projects.dedup();
        let known = self.projects().await?;
        if let Some(unknown) = projects.iter().find(|id| !known.iter().any(|project| project.id == **id)) {
            return Err(Error::Admin(AdminRefusal::ProjectNotFound(unknown.to_string())));
        }
        let hash = match &password {
            Some(password) => Some(self.passwords.hash(self.dice(), password.expose()).await?),
            None => None,
        };
        let id = AdminId(self.dice().object_id(self.clock().now()));
        let roles = projects.into_iter().map(|project| (project, role)).collect();
        let admin = Admin { id, email, hash, disabled: false, roles };
        let act = MakeAdmin { admin: admin.clone(), key: None, only_first: false };
        match self.store().make_admin(act).await? {
            MadeAdmin::EmailTaken => Err(Error::NameInUse),
            MadeAdmin::Made | MadeAdmin::NotFirst => Ok(SeenAdmin::of(admin, Vec::new())),
        }
    }

    /// Every administrator, the oldest first.
    pub async fn admins(&self) -> Result<Vec<SeenAdmin>> {
        let mut seen = Vec::new();
        for admin in self.store().admins().await? {
            let keys = self.store().admin_keys_of(admin.id).await?;
            seen.push(SeenAdmin::of(admin, keys));
        }
        Ok(seen)
    }

    /// An administrator by its id, its e-mail address or the public key of one of its key pairs.
    pub async fn admin_named(&self, name: &str) -> Result<AdminId> {
        let found = match name.parse() {
            Ok(id) => self.store().admin(id).await?.map(|admin| admin.id),
            Err(_) => match self.store().admin_key(name).await? {
                Some(key) => Some(key.admin),
                None => self.store().admin_of_email(name).await?.map(|admin| admin.id),
            },
        };
        found.ok_or(Error::Admin(AdminRefusal::AdminNotFound))
    }

    /// Makes a key pair of an administrator; without one of the oldest who is let in, and if there is none, of a new one.
    pub async fn make_key_of(&self, name: Option<&str>, key_name: &str) -> Result<KeyPair> {
        let admin = match name {
            Some(name) => self.admin_named(name).await?,
            None => match self.store().admins().await?.into_iter().find(|admin| !admin.disabled) {
                Some(admin) => admin.id,
                None => {
                    let new =
                        NewAdmin { email: None, password: None, role: Role::Owner, projects: Vec::new() };
                    self.make_admin(new).await?.id
                }
            },
        };
        self.make_admin_key(admin, key_name).await
    }

    /// Keeps an administrator out, or lets it in again. Disabling ends its sessions.
    pub async fn set_admin_disabled(&self, admin: AdminId, disabled: bool) -> Result<()> {
        found(self.store().set_admin_disabled(admin, disabled).await?)
    }

    /// Removes an administrator with its keys and sessions.
    pub async fn delete_admin(&self, admin: AdminId) -> Result<()> {
        found(self.store().delete_admin(admin).await?)
    }

    /// Gives an administrator a role in a project, or takes it away.
    pub async fn set_role(&self, admin: AdminId, project: GroupId, role: Option<Role>) -> Result<()> {
        match self.store().set_role(SetRole { admin, project, role }).await? {
            true => Ok(()),
            false => Err(Error::Admin(AdminRefusal::ProjectNotFound(project.to_string()))),
        }
    }

    /// Every project, the oldest first.
    pub async fn projects(&self) -> Result<Vec<Project>> {
        Ok(self.store().projects().await?)
    }

    /// Makes a project.
    pub async fn make_project(&self, name: &str) -> Result<Project> {
        check_project(name)?;
        let id = GroupId(self.dice().object_id(self.clock().now()));
        let project = Project { id, name: name.to_owned() };
        match self.store().make_project(project.clone()).await? {
            true => Ok(project),
            false => Err(Error::NameInUse),
        }
    }

    /// Gives a project another name.
    pub async fn rename_project(&self, id: GroupId, name: &str) -> Result<()> {
        check_project(name)?;
        match self.store().rename_project(Project { id, name: name.to_owned() }).await? {
            Renamed::Renamed => Ok(()),
            Renamed::NameTaken => Err(Error::NameInUse),
            Renamed::Gone => Err(Error::Admin(AdminRefusal::ProjectNotFound(id.to_string()))),
        }
    }
}

fn found(there: bool) -> Result<()> {
    if there { Ok(()) } else { Err(Error::Admin(AdminRefusal::AdminNotFound)) }
}

fn check(email: Option<&str>, password: Option<&Secret<String>>) -> Result<()> {
    let is_address = |email: &str| {
        let halves = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
        halves && email.len() <= LONGEST_NAME && !email.chars().any(|c| c.is_control() || c.is_whitespace())
    };
    if email.is_some_and(|email| !is_address(email)) {
        return Err(Error::BadEmail);
    }
    match password {
        Some(_) if email.is_none() => {
            Err(Error::BadParameter("`password`: it needs an e-mail address to sign in with".to_owned()))
        }
        Some(password) if !PASSWORD.contains(&password.expose().chars().count()) => {
            Err(Error::BadParameter("`password`: an administrator's has 8 to 128 characters".to_owned()))
        }
        _ => Ok(()),
    }
}

fn check_project(name: &str) -> Result<()> {
    let fits = (1..=LONGEST_NAME).contains(&name.len()) && !name.chars().any(char::is_control);
    let rule = "`name`: a project's has 1 to 128 bytes, and no control characters";
    if fits { Ok(()) } else { Err(Error::BadParameter(rule.to_owned())) }
}
