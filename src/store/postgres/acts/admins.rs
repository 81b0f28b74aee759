//! Acts on administrators, their keys, roles and sessions, on projects, and the audit log.

use crate::model::{AdminId, ObjectId, SessionId};
use crate::store::postgres::bind::params;
use crate::store::postgres::failure::{refuse_nul, unless_taken};
use crate::store::postgres::writer::{Act, Desk, Hold};
use crate::store::postgres::{admins, row, sql};
use crate::store::{
    AdminKey, Error, KeyRecord, MadeAdmin, MakeAdmin, Note, OpenAdminSession, Project, Renamed, Result,
    SetRole, Taken,
};

/// How many lapsed rows go when another comes.
const SWEEP: u32 = 16;

/// Keeps the server's keys.
pub(in crate::store::postgres) struct KeepServerKeys(pub(in crate::store::postgres) Vec<KeyRecord>);

impl Act for KeepServerKeys {
    type Done = Vec<KeyRecord>;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Server
    }

    async fn perform(&self, desk: &Desk) -> Result<Vec<KeyRecord>> {
        for key in &self.0 {
            refuse_nul([key.id.as_str()])?;
            let params = params![key.purpose, key.id, key.created.0, key.material.expose()];
            desk.run(sql::KEEP_SERVER_KEY, params).await?;
        }
        row::all(desk.connection(), sql::SERVER_KEYS, &[], row::key).await
    }
}

impl Act for MakeAdmin {
    type Done = MadeAdmin;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Server
    }

    async fn perform(&self, desk: &Desk) -> Result<MadeAdmin> {
        let admin = &self.admin;
        let hash = admin.hash.as_ref().map(|hash| hash.expose().as_str());
        refuse_nul(admin.email.as_deref().into_iter().chain(hash))?;
        if let Some(there) = admins::admin(desk.connection(), admin.id).await? {
            // It was done before, whatever became of it; or another one has its id.
            let same = there.email == admin.email;
            return if same { Ok(MadeAdmin::Made) } else { Err(Error::Conflict(Taken::Id)) };
        }
        if self.only_first && desk.exists(sql::ANY_ADMIN, &[]).await? {
            return Ok(MadeAdmin::NotFirst);
        }
        if let Some(email) = &admin.email
            && desk.exists(sql::ADMIN_EMAIL_EXISTS, params![email]).await?
        {
            return Ok(MadeAdmin::EmailTaken);
        }
        desk.run(sql::INSERT_ADMIN, params![admin.id.0.0, admin.email, hash, admin.disabled]).await?;
        for (project, role) in &admin.roles {
            desk.run(sql::PUT_ROLE, params![admin.id.0.0, project.0.0, role.number()]).await?;
        }
        if let Some(key) = &self.key {
            insert_key(desk, key).await?;
        }
        Ok(MadeAdmin::Made)
    }
}

/// Enables or disables an administrator.
pub(in crate::store::postgres) struct SetAdminDisabled {
    pub(in crate::store::postgres) admin: AdminId,
    pub(in crate::store::postgres) disabled: bool,
}

impl Act for SetAdminDisabled {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Server
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let there = desk.run(sql::SET_ADMIN_DISABLED, params![self.admin.0.0, self.disabled]).await? > 0;
        if self.disabled {
            desk.run(sql::DELETE_ADMIN_SESSIONS_OF, params![self.admin.0.0]).await?;
        }
        Ok(there)
    }
}

/// Removes an administrator.
pub(in crate::store::postgres) struct DeleteAdmin(pub(in crate::store::postgres) AdminId);

impl Act for DeleteAdmin {
    type Done = bool;

    fn holds(&self) -> Hold {
        Hold::Server
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let id = self.0.0.0;
        for statement in [sql::DELETE_ROLES_OF, sql::DELETE_ADMIN_KEYS_OF, sql::DELETE_ADMIN_SESSIONS_OF] {
            desk.run(statement, params![id]).await?;
        }
        Ok(desk.run(sql::DELETE_ADMIN, params![id]).await? > 0)
    }
}

impl Act for SetRole {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Server
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let (admin, project) = (self.admin.0.0, self.project.0.0);
        if !desk.exists(sql::ADMIN_EXISTS, params![admin]).await?
            || !desk.exists(sql::PROJECT_EXISTS, params![project]).await?
        {
            return Ok(false);
        }
        match self.role {
            Some(role) => desk.run(sql::PUT_ROLE, params![admin, project, role.number()]).await?,
            None => desk.run(sql::DELETE_ROLE, params![admin, project]).await?,
        };
        Ok(true)
    }
}

impl Act for AdminKey {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Server
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let there =
            row::one(desk.connection(), sql::ADMIN_KEY, params![&self.public_key], row::admin_key).await?;
        if let Some(there) = there {
            return if there == *self { Ok(true) } else { Err(Error::Conflict(Taken::Id)) };
        }
        if !desk.exists(sql::ADMIN_EXISTS, params![self.admin.0.0]).await? {
            return Ok(false);
        }
        insert_key(desk, self).await.map(|()| true)
    }
}

async fn insert_key(desk: &Desk, key: &AdminKey) -> Result<()> {
    refuse_nul([key.public_key.as_str(), key.name.as_str()])?;
    let AdminKey { public_key, admin, name, hash, digest, created } = key;
    let params = params![public_key, admin.0.0, name, hash, digest.expose(), created.0];
    unless_taken(desk.run(sql::INSERT_ADMIN_KEY, params).await?)
}

/// Removes a key pair.
pub(in crate::store::postgres) struct RevokeAdminKey(pub(in crate::store::postgres) String);

impl Act for RevokeAdminKey {
    type Done = bool;

    fn holds(&self) -> Hold {
        Hold::Server
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        desk.run(sql::DELETE_ADMIN_SESSIONS_OF_KEY, params![&self.0]).await?;
        Ok(desk.run(sql::DELETE_ADMIN_KEY, params![&self.0]).await? > 0)
    }
}

impl Act for OpenAdminSession {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Server
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let session = &self.session;
        desk.run(sql::DELETE_LAPSED_ADMIN_SESSIONS, params![self.now.0, SWEEP]).await?;
        let admin = session.admin.0.0;
        if !desk.exists(sql::ADMIN_MAY, params![admin]).await? {
            return Ok(false);
        }
        if let Some(key) = &session.public_key
            && !desk.exists(sql::ADMIN_HAS_KEY, params![key, admin]).await?
        {
            return Ok(false);
        }
        if let Some((there, _)) = admins::session(desk.connection(), session.id).await? {
            return if there == *session { Ok(true) } else { Err(Error::Conflict(Taken::Id)) };
        }
        let params = params![session.id.0.0, admin, session.public_key, session.expires.0];
        unless_taken(desk.run(sql::INSERT_ADMIN_SESSION, params).await?).map(|()| true)
    }
}

/// Ends a session.
pub(in crate::store::postgres) struct EndAdminSession(pub(in crate::store::postgres) SessionId);

impl Act for EndAdminSession {
    type Done = bool;

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        Ok(desk.run(sql::DELETE_ADMIN_SESSION, params![self.0.0.0]).await? > 0)
    }
}

impl Act for Project {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Server
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        refuse_nul([self.name.as_str()])?;
        if let Some(id) = admins::project_named(desk.connection(), &self.name).await? {
            return Ok(id == self.id);
        }
        unless_taken(desk.run(sql::INSERT_PROJECT, params![self.id.0.0, self.name]).await?).map(|()| true)
    }
}

/// Gives a project another name.
pub(in crate::store::postgres) struct RenameProject(pub(in crate::store::postgres) Project);

impl Act for RenameProject {
    type Done = Renamed;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Server
    }

    async fn perform(&self, desk: &Desk) -> Result<Renamed> {
        let Project { id, name } = &self.0;
        refuse_nul([name.as_str()])?;
        if admins::project_named(desk.connection(), name).await?.is_some_and(|other| other != *id) {
            return Ok(Renamed::NameTaken);
        }
        let renamed = desk.run(sql::RENAME_PROJECT, params![id.0.0, name]).await? > 0;
        Ok(if renamed { Renamed::Renamed } else { Renamed::Gone })
    }
}

impl Act for Note {
    type Done = ();
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<()> {
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
        )
        .await?;
        desk.run(sql::FORGET_AUDIT_LINES, params![ObjectId::first_of(self.forget).0, SWEEP]).await?;
        Ok(())
    }
}
