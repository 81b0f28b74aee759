//! Whoever asks, and what that one may.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::AdminRefusal;
use crate::auth::{Error, Result};
use crate::model::{AdminId, GroupId, ObjectId, RequestOrigin, Role, SessionId};
use crate::store::Admin;

/// What a request wants of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To see.
    Read,
    /// To change.
    Write,
}

/// An administrator who asks, or the owner of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminCaller {
    /// Who it is; [`AdminCaller::OWNER`] at the socket.
    pub id: AdminId,
    /// What people call it: an e-mail address, a public key, or `the owner of the data`.
    pub display: String,
    /// With what it asks.
    pub origin: RequestOrigin,
    /// From where; nobody knows at the socket.
    pub address: Option<IpAddr>,
    /// The session in which it asks, if it signed in.
    pub session: Option<SessionId>,
    /// Roles by project; `None` for the owner of the data, who may everything everywhere.
    roles: Option<BTreeMap<GroupId, Role>>,
}

impl AdminCaller {
    /// The id that stands for whoever can open the socket: the owner of the data, who is no administrator of ours.
    pub const OWNER: AdminId = AdminId(ObjectId::ZERO);

    /// Whoever can open the socket.
    pub fn owner_of_the_data(origin: RequestOrigin) -> AdminCaller {
        let display = "the owner of the data".to_owned();
        AdminCaller { id: AdminCaller::OWNER, display, origin, address: None, session: None, roles: None }
    }

    /// An administrator.
    pub(super) fn new(
        admin: Admin,
        display: String,
        origin: RequestOrigin,
        address: Option<IpAddr>,
    ) -> AdminCaller {
        let roles = Some(admin.roles.into_iter().collect());
        AdminCaller { id: admin.id, display, origin, address, session: None, roles }
    }

    /// The same, in a session.
    pub(super) fn in_session(self, session: SessionId) -> AdminCaller {
        AdminCaller { session: Some(session), ..self }
    }

    /// The projects that it owns; `None` for all there are and will be.
    pub(super) fn owned_projects(&self) -> Option<Vec<GroupId>> {
        let roles = self.roles.as_ref()?;
        Some(roles.iter().filter(|(_, role)| **role == Role::Owner).map(|(project, _)| *project).collect())
    }

    /// Whether it is the owner of the data.
    pub fn owns_the_data(&self) -> bool {
        self.roles.is_none()
    }

    /// Its role in a project. The owner of the data has one in projects that do not exist, too.
    pub fn role_in(&self, group: GroupId) -> Option<Role> {
        match &self.roles {
            None => Some(Role::Owner),
            Some(roles) => roles.get(&group).copied(),
        }
    }

    /// Refuses what its role in a project does not allow.
    pub fn check(&self, group: GroupId, access: Access) -> Result<()> {
        match (self.role_in(group), access) {
            (Some(Role::Owner), _) | (Some(Role::ReadOnly), Access::Read) => Ok(()),
            (Some(Role::ReadOnly), Access::Write) => Err(Error::Admin(AdminRefusal::ReadOnly)),
            (None, _) => Err(Error::Admin(AdminRefusal::NoRole)),
        }
    }
}
