//! Acts on administrators, their keys, roles and sessions, on projects, and the audit log.

use rusqlite::params;

use crate::model::{AdminId, ObjectId, SessionId};
use crate::store::sqlite::failure::{refuse_nul, unless_taken};
use crate::store::sqlite::writer::{Act, Desk};
use crate::store::sqlite::{admins, row, sql};
use crate::store::{
    AdminKey, Error, KeyRecord, MadeAdmin, MakeAdmin, Note, OpenAdminSession, Project, Renamed, Result,
    SetRole, Taken,
};

/// How many lapsed rows go when another comes.
const SWEEP: u32 = 16;

/// Keeps the server's keys.
pub(in crate::store::sqlite) struct KeepServerKeys(pub(in crate::store::sqlite) Vec<KeyRecord>);

impl Act for KeepServerKeys {
    type Done = Vec<KeyRecord>;

    fn perform(&self, desk: &mut Desk) -> Result<Vec<KeyRecord>> {
        for key in &self.0 {
            refuse_nul([key.id.as_str()])?;
            let params = params![key.purpose, key.id, key.created.0, key.material.expose()];
            desk.run(sql::KEEP_SERVER_KEY, params)?;
        }
        row::all(desk.connection(), sql::SERVER_KEYS, (), row::key)
    }
}

impl Act for MakeAdmin {
    type Done = MadeAdmin;

    fn perform(&self, desk: &mut Desk) -> Result<MadeAdmin> {
        let admin = &self.admin;
        let hash = admin.hash.as_ref().map(|hash| hash.expose().as_str());
        refuse_nul(admin.email.as_deref().into_iter().chain(hash))?;
        if let Some(there) = admins::admin(desk.connection(), admin.id)? {
            // It was done before, whatever became of it; or another one has its id.
            let same = there.email == admin.email;
            return if same { Ok(MadeAdmin::Made) } else { Err(Error::Conflict(Taken::Id)) };
        }
        if self.only_first && desk.exists(sql::ANY_ADMIN, ())? {
            return Ok(MadeAdmin::NotFirst);
        }
        if let Some(email) = &admin.email
            && desk.exists(sql::ADMIN_EMAIL_EXISTS, [email])?
        {
            return Ok(MadeAdmin::EmailTaken);
        }
        desk.run(sql::INSERT_ADMIN, params![admin.id.0.0, admin.email, hash, admin.disabled])?;
        for (project, role) in &admin.roles {
            desk.run(sql::PUT_ROLE, params![admin.id.0.0, project.0.0, role.number()])?;
        }
        if let Some(key) = &self.key {
            insert_key(desk, key)?;
        }
        Ok(MadeAdmin::Made)
    }
}

/// Enables or disables an administrator.
pub(in crate::store::sqlite) struct SetAdminDisabled {
    pub(in crate::store::sqlite) admin: AdminId,
    pub(in crate::store::sqlite) disabled: bool,
}

impl Act for SetAdminDisabled {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        let there = desk.run(sql::SET_ADMIN_DISABLED, params![self.admin.0.0, self.disabled])? > 0;
        if self.disabled {
            desk.run(sql::DELETE_ADMIN_SESSIONS_OF, [self.admin.0.0])?;
        }
        Ok(there)
    }
}

/// Removes an administrator.
pub(in crate::store::sqlite) struct DeleteAdmin(pub(in crate::store::sqlite) AdminId);

impl Act for DeleteAdmin {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        let id = self.0.0.0;
        for statement in [sql::DELETE_ROLES_OF, sql::DELETE_ADMIN_KEYS_OF, sql::DELETE_ADMIN_SESSIONS_OF] {
            desk.run(statement, [id])?;
        }
        Ok(desk.run(sql::DELETE_ADMIN, [id])? > 0)
    }
}

impl Act for SetRole {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        let (admin, project) = (self.admin.0.0, self.project.0.0);
        if !desk.exists(sql::ADMIN_EXISTS, [admin])? || !desk.exists(sql::PROJECT_EXISTS, [project])? {
            return Ok(false);
        }
        match self.role {
            Some(role) => desk.run(sql::PUT_ROLE, params![admin, project, role.number()])?,
            None => desk.run(sql::DELETE_ROLE, params![admin, project])?,
        };
        Ok(true)
    }
}

impl Act for AdminKey {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        let there = row::one(desk.connection(), sql::ADMIN_KEY, [&self.public_key], row::admin_key)?;
        if let Some(there) = there {
            return if there == *self { Ok(true) } else { Err(Error::Conflict(Taken::Id)) };
        }
        if !desk.exists(sql::ADMIN_EXISTS, [self.admin.0.0])? {
            return Ok(false);
        }
        insert_key(desk, self).map(|()| true)
    }
}

fn insert_key(desk: &Desk, key: &AdminKey) -> Result<()> {
    refuse_nul([key.public_key.as_str(), key.name.as_str()])?;
    let AdminKey { public_key, admin, name, hash, digest, created } = key;
    let params = params![public_key, admin.0.0, name, hash, digest.expose(), created.0];
    unless_taken(desk.run(sql::INSERT_ADMIN_KEY, params))
}

/// Removes a key pair.
pub(in crate::store::sqlite) struct RevokeAdminKey(pub(in crate::store::sqlite) String);

impl Act for RevokeAdminKey {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        desk.run(sql::DELETE_ADMIN_SESSIONS_OF_KEY, [&self.0])?;
        Ok(desk.run(sql::DELETE_ADMIN_KEY, [&self.0])? > 0)
    }
}

impl Act for OpenAdminSession {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        let session = &self.session;
        desk.run(sql::DELETE_LAPSED_ADMIN_SESSIONS, params![self.now.0, SWEEP])?;
        let admin = session.admin.0.0;
        if !desk.exists(sql::ADMIN_MAY, [admin])? {
            return Ok(false);
        }
        if let Some(key) = &session.public_key
            && !desk.exists(sql::ADMIN_HAS_KEY, params![key, admin])?
        {
            return Ok(false);
        }
        if let Some((there, _)) = admins::session(desk.connection(), session.id)? {
            return if there == *session { Ok(true) } else { Err(Error::Conflict(Taken::Id)) };
        }
        let params = params![session.id.0.0, admin, session.public_key, session.expires.0];
        unless_taken(desk.run(sql::INSERT_ADMIN_SESSION, params)).map(|()| true)
    }
}

/// Ends a session.
pub(in crate::store::sqlite) struct EndAdminSession(pub(in crate::store::sqlite) SessionId);

impl Act for EndAdminSession {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        Ok(desk.run(sql::DELETE_ADMIN_SESSION, [self.0.0.0])? > 0)
    }
}

impl Act for Project {
    type Done = bool;

    fn perform(&self, desk: &mut Desk) -> Result<bool> {
        refuse_nul([self.name.as_str()])?;
        if let Some(id) = admins::project_named(desk.connection(), &self.name)? {
            return Ok(id == self.id);
        }
        unless_taken(desk.run(sql::INSERT_PROJECT, params![self.id.0.0, self.name])).map(|()| true)
    }
}

/// Gives a project another name.
pub(in crate::store::sqlite) struct RenameProject(pub(in crate::store::sqlite) Project);

impl Act for RenameProject {
    type Done = Renamed;

    fn perform(&self, desk: &mut Desk) -> Result<Renamed> {
        let Project { id, name } = &self.0;
        refuse_nul([name.as_str()])?;
        if admins::project_named(desk.connection(), name)?.is_some_and(|other| other != *id) {
            return Ok(Renamed::NameTaken);
        }
        let renamed = desk.run(sql::RENAME_PROJECT, params![id.0.0, name])? > 0;
        Ok(if renamed { Renamed::Renamed } else { Renamed::Gone })
    }
}

impl Act for Note {
    type Done = ();

    fn perform(&self, desk: &mut Desk) -> Result<()> {
        let line = &self.line;
        let texts = [&line.who, &line.what, &line.target, &line.origin].map(String::as_str);
        refuse_nul(texts.into_iter().chain(line.address.as_deref()))?;
        let (admin, project) = (line.admin.map(|id| id.0.0), line.project.map(|id| id.0.0));
        desk.run(
            sql::INSERT_AUDIT_LINE,
            params![
                line.id.0.0,
                admin,
                line.who,
                project,
                line.what,
                line.target,
                line.origin,
                line.address,
                line.status
            ],
        )?;
        desk.run(sql::FORGET_AUDIT_LINES, params![ObjectId::first_of(self.forget).0, SWEEP])?;
        Ok(())
    }
}
