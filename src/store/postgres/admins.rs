//! What may be asked of administrators, and their acts handed to the writer.

use super::bind::params;
use super::connection::Connection;
use super::{Postgres, acts, row, sql};
use crate::model::{AdminId, AuditId, GroupId, Role, SessionId};
use crate::store::hand_over::admin_acts;
use crate::store::{
    Admin, AdminKey, AdminSession, Answer, AskAdmins, AuditLine, KeepAdmins, KeyRecord, MadeAdmin, MakeAdmin,
    Note, OpenAdminSession, Project, Renamed, Result, SetRole,
};

impl AskAdmins for Postgres {
    fn projects(&self) -> Answer<'_, Vec<Project>> {
        self.point(
            move |connection| async move { row::all(&connection, sql::PROJECTS, &[], row::project).await },
        )
    }

    fn admins(&self) -> Answer<'_, Vec<Admin>> {
        self.long(move |connection| async move {
            let mut admins = row::all(&connection, sql::ADMINS, &[], row::admin).await?;
            for admin in &mut admins {
                admin.roles = roles(&connection, admin.id).await?;
            }
            Ok(admins)
        })
    }

    fn admin(&self, id: AdminId) -> Answer<'_, Option<Admin>> {
        self.point(move |connection| async move { admin(&connection, id).await })
    }

    fn admin_of_email<'a>(&'a self, email: &'a str) -> Answer<'a, Option<Admin>> {
        self.point(move |connection| async move {
            let found = row::one(&connection, sql::ADMIN_OF_EMAIL, params![email], row::admin).await?;
            with_roles(&connection, found).await
        })
    }

    fn admin_keys_of(&self, admin: AdminId) -> Answer<'_, Vec<AdminKey>> {
        self.point(move |connection| async move {
            row::all(&connection, sql::ADMIN_KEYS_OF, params![admin.0.0], row::admin_key).await
        })
    }

    fn admin_key<'a>(&'a self, public_key: &'a str) -> Answer<'a, Option<AdminKey>> {
        self.point(move |connection| async move {
            row::one(&connection, sql::ADMIN_KEY, params![public_key], row::admin_key).await
        })
    }

    fn admin_key_of_hash(&self, hash: [u8; 32]) -> Answer<'_, Option<AdminKey>> {
        self.point(move |connection| async move {
            row::one(&connection, sql::ADMIN_KEY_BY_HASH, params![hash], row::admin_key).await
        })
    }

    fn admin_session(&self, id: SessionId) -> Answer<'_, Option<(AdminSession, Admin)>> {
        self.point(move |connection| async move { session(&connection, id).await })
    }

    fn admin_sessions_of(&self, admin: AdminId) -> Answer<'_, Vec<AdminSession>> {
        self.point(move |connection| async move {
            row::all(&connection, sql::ADMIN_SESSIONS_OF, params![admin.0.0], row::admin_session).await
        })
    }

    fn audit(
        &self,
        projects: Option<Vec<GroupId>>,
        after: Option<AuditId>,
        limit: u32,
    ) -> Answer<'_, Vec<AuditLine>> {
        self.long(move |connection| async move {
            // An id is 12 bytes, so one byte of 255 more sorts behind every one that begins so late.
            let before = after.map_or(vec![0xff; 13], |id| id.0.0.to_vec());
            let ids =
                projects.map(|list| list.iter().map(|id| format!("{id}")).collect::<Vec<_>>().join(","));
            row::all(&connection, sql::AUDIT, params![before, ids, limit], row::audit_line).await
        })
    }
}

impl KeepAdmins for Postgres {
    admin_acts!();
}

pub(super) async fn admin(connection: &Connection, id: AdminId) -> Result<Option<Admin>> {
    with_roles(connection, row::one(connection, sql::ADMIN, params![id.0.0], row::admin).await?).await
}

pub(super) async fn session(connection: &Connection, id: SessionId) -> Result<Option<(AdminSession, Admin)>> {
    let session = row::one(connection, sql::ADMIN_SESSION, params![id.0.0], row::admin_session).await?;
    let Some(session) = session else { return Ok(None) };
    Ok(admin(connection, session.admin).await?.map(|admin| (session, admin)))
}

pub(super) async fn project_named(connection: &Connection, name: &str) -> Result<Option<GroupId>> {
    row::one(connection, sql::PROJECT_NAMED, params![name], row::project)
        .await
        .map(|found| found.map(|found| found.id))
}

async fn with_roles(connection: &Connection, found: Option<Admin>) -> Result<Option<Admin>> {
    let Some(admin) = found else { return Ok(None) };
    let roles = roles(connection, admin.id).await?;
    Ok(Some(Admin { roles, ..admin }))
}

async fn roles(connection: &Connection, admin: AdminId) -> Result<Vec<(GroupId, Role)>> {
    let roles = row::all(connection, sql::ROLES_OF, params![admin.0.0], row::role).await?;
    Ok(roles.into_iter().map(|(project, role)| (GroupId(project), role)).collect())
}
