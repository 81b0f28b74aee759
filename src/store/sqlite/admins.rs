//! What may be asked of administrators, and their acts handed to the writer.

use rusqlite::{Connection, params};

use super::{Sqlite, acts, row, sql};
use crate::model::{AdminId, AuditId, GroupId, ObjectId, Role, SessionId};
use crate::store::hand_over::admin_acts;
use crate::store::{
    Admin, AdminKey, AdminSession, Answer, AskAdmins, AuditLine, KeepAdmins, KeyRecord, MadeAdmin, MakeAdmin,
    Note, OpenAdminSession, Project, Renamed, Result, SetRole,
};

impl AskAdmins for Sqlite {
    fn projects(&self) -> Answer<'_, Vec<Project>> {
        self.point(|connection| row::all(connection, sql::PROJECTS, (), row::project))
    }

    fn admins(&self) -> Answer<'_, Vec<Admin>> {
        self.parts.readers.long(|connection| {
            row::all(connection, sql::ADMINS, (), |row| with_roles(connection, row::admin(row)?))
        })
    }

    fn admin(&self, id: AdminId) -> Answer<'_, Option<Admin>> {
        self.point(move |connection| admin(connection, id))
    }

    fn admin_of_email<'a>(&'a self, email: &'a str) -> Answer<'a, Option<Admin>> {
        self.point(move |connection| {
            row::one(connection, sql::ADMIN_OF_EMAIL, [email], |row| with_roles(connection, row::admin(row)?))
        })
    }

    fn admin_keys_of(&self, admin: AdminId) -> Answer<'_, Vec<AdminKey>> {
        self.point(move |connection| row::all(connection, sql::ADMIN_KEYS_OF, [admin.0.0], row::admin_key))
    }

    fn admin_key<'a>(&'a self, public_key: &'a str) -> Answer<'a, Option<AdminKey>> {
        self.point(move |connection| row::one(connection, sql::ADMIN_KEY, [public_key], row::admin_key))
    }

    fn admin_key_of_hash(&self, hash: [u8; 32]) -> Answer<'_, Option<AdminKey>> {
        self.point(move |connection| row::one(connection, sql::ADMIN_KEY_BY_HASH, [hash], row::admin_key))
    }

    fn admin_session(&self, id: SessionId) -> Answer<'_, Option<(AdminSession, Admin)>> {
        self.point(move |connection| session(connection, id))
    }

    fn admin_sessions_of(&self, admin: AdminId) -> Answer<'_, Vec<AdminSession>> {
        self.point(move |connection| {
            row::all(connection, sql::ADMIN_SESSIONS_OF, [admin.0.0], row::admin_session)
        })
    }

    fn audit(
        &self,
        projects: Option<Vec<GroupId>>,
        after: Option<AuditId>,
        limit: u32,
    ) -> Answer<'_, Vec<AuditLine>> {
        self.parts.readers.long(move |connection| {
            // An id is 12 bytes, so one byte of 255 more sorts behind every one that begins so late.
            let before = after.map_or(vec![0xff; 13], |id| id.0.0.to_vec());
            let ids =
                projects.map(|list| list.iter().map(|id| format!("{id}")).collect::<Vec<_>>().join(","));
            row::all(connection, sql::AUDIT, params![before, ids, limit], row::audit_line)
        })
    }
}

impl KeepAdmins for Sqlite {
    admin_acts!();
}

pub(super) fn admin(connection: &Connection, id: AdminId) -> Result<Option<Admin>> {
    row::one(connection, sql::ADMIN, [id.0.0], |row| with_roles(connection, row::admin(row)?))
}

pub(super) fn session(connection: &Connection, id: SessionId) -> Result<Option<(AdminSession, Admin)>> {
    let session = row::one(connection, sql::ADMIN_SESSION, [id.0.0], row::admin_session)?;
    let Some(session) = session else { return Ok(None) };
    Ok(admin(connection, session.admin)?.map(|admin| (session, admin)))
}

pub(super) fn project_named(connection: &Connection, name: &str) -> Result<Option<GroupId>> {
    row::one(connection, sql::PROJECT_NAMED, [name], row::project).map(|found| found.map(|found| found.id))
}

fn with_roles(connection: &Connection, admin: Admin) -> Result<Admin> {
    let roles: Vec<(ObjectId, Role)> = row::all(connection, sql::ROLES_OF, [admin.id.0.0], row::role)?;
    Ok(Admin { roles: roles.into_iter().map(|(project, role)| (GroupId(project), role)).collect(), ..admin })
}
