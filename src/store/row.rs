//! Rows as the model's values, on any engine. A row that this server cannot have written is `Corrupt`, never a panic.

mod cells;

pub(super) use cells::{Cell, Cells, Columns, Raw};
use serde_json::Map;

use super::{
    Admin, AdminKey, AdminSession, AllowedIp, ApiKey, AppRecord, AuditLine, Bearer, Credential,
    DeploymentRecord, DraftRecord, Event, File, KeyRecord, Logged, NamedSecret, Operation, Project, Result,
};
use crate::model::{
    AdminId, AllowedIpId, ApiKeyId, AppId, AppKey, AuditId, CredentialId, Day, DeploymentId, DeviceHash,
    DeviceId, DomainId, DraftId, EventId, GroupId, GuestLogins, Identity, LogEntry, LogType, Millis,
    ObjectId, Platform, ProviderType, RequestId, Role, Secret, SecretId, Session, SessionId, Tallied, Tally,
    Timestamp, User, UserId, UserType, anonymous_identity_id,
};

/// Reads `user_columns!`, with the identities of those who have rows of them from where the engine has them.
pub(super) fn user_with(
    cells: &Cells<'_>,
    identities: impl FnOnce(UserId) -> Result<Vec<Identity>>,
) -> Result<User> {
    let id = UserId(cells.object_id(0)?);
    let guest = cells.get(2)?;
    let kind = kind(cells)?;
    let identities = if guest {
        let id = cells.get::<Option<String>>(5)?.unwrap_or_else(|| anonymous_identity_id(id));
        vec![Identity { id, provider: ProviderType::AnonUser, data: Map::new() }]
    } else {
        identities(id)?
    };
    if identities.is_empty() {
        return Err(cells.corrupt(&"it has no identity"));
    }
    // A day or a second.
    let seen = cells.get::<Option<i64>>(4)?;
    Ok(User {
        id,
        kind,
        guest,
        disabled: cells.get(3)?,
        last_seen: seen.filter(|_| guest).map(Day),
        last_active_at: seen.filter(|_| !guest).map(Timestamp),
        custom_data: cells.json(6)?,
        identities,
    })
}

/// Reads the kind of a user, which stands behind the id.
pub(super) fn kind(cells: &Cells<'_>) -> Result<UserType> {
    match cells.get::<i64>(1)? {
        0 => Ok(UserType::Normal),
        1 => Ok(UserType::Server),
        other => Err(cells.corrupt(&format_args!("{other} is no kind of user"))),
    }
}

/// Reads `n, provider, id, data`.
pub(super) fn identity(row: &impl Columns) -> Result<Identity> {
    let cells = Cells::new(row, "identities", 0);
    let data = cells.json(3)?.unwrap_or_default();
    Ok(Identity { id: cells.get(2)?, provider: cells.get(1)?, data })
}

/// Reads the place of an identity.
pub(super) fn place(row: &impl Columns) -> Result<usize> {
    let cells = Cells::new(row, "identities", 0);
    usize::try_from(cells.get::<i64>(0)?).map_err(|error| cells.corrupt(&error))
}

/// Reads the id alone.
pub(super) fn user_id(row: &impl Columns) -> Result<UserId> {
    Cells::new(row, "users", 0).object_id(0).map(UserId)
}

/// Reads `session_columns!(), session_provider!()`.
pub(super) fn session(row: &impl Columns) -> Result<Session> {
    let cells = Cells::new(row, "sessions", 0);
    session_from(&cells, |place| match (cells.get(6)?, place) {
        (None, 0) => Ok(Some(ProviderType::AnonUser)),
        (provider, _) => Ok(provider),
    })
}

/// Reads `session_columns!()` of a session of a user.
pub(super) fn bearer_of(user: User, cells: &Cells<'_>) -> Result<Bearer> {
    let session =
        session_from(cells, |place| Ok(user.identities.get(place).map(|identity| identity.provider)))?;
    Ok(Bearer { user, session })
}

/// Reads a session whose provider is found by the place of its identity.
fn session_from(
    cells: &Cells<'_>,
    provider: impl FnOnce(usize) -> Result<Option<ProviderType>>,
) -> Result<Session> {
    let identity = cells.get::<u32>(2)? as usize;
    Ok(Session {
        id: SessionId(cells.object_id(0)?),
        user: UserId(cells.object_id(1)?),
        provider: provider(identity)?.ok_or_else(|| cells.corrupt(&"its identity is missing"))?,
        identity,
        device: cells.get::<Option<ObjectId>>(3)?.map(DeviceId),
        device_details: cells.get::<Option<[u8; 16]>>(4)?.map(DeviceHash),
        expires: cells.get::<Option<i64>>(5)?.map(Timestamp),
    })
}

/// Reads `credential_columns!()`.
pub(super) fn credential(row: &impl Columns) -> Result<Credential> {
    let cells = Cells::new(row, "credentials", 0);
    Ok(Credential {
        id: CredentialId(cells.object_id(0)?),
        email: cells.get(1)?,
        hash: Secret::new(cells.get(2)?),
        confirmed: cells.get(3)?,
        user: cells.get::<Option<ObjectId>>(4)?.map(UserId),
        blocks_until: Timestamp(cells.get(5)?),
    })
}

/// Reads the user of a credential alone.
pub(super) fn credential_user(row: &impl Columns) -> Result<Option<UserId>> {
    let id = Cells::new(row, "credentials", 0).get::<Option<ObjectId>>(0)?;
    Ok(id.map(UserId))
}

/// Reads `api_key_columns!()`.
pub(super) fn api_key(row: &impl Columns) -> Result<ApiKey> {
    let cells = Cells::new(row, "api_keys", 0);
    Ok(ApiKey {
        id: ApiKeyId(cells.object_id(0)?),
        user: UserId(cells.object_id(1)?),
        server: cells.get(2)?,
        name: cells.get(3)?,
        disabled: cells.get(4)?,
    })
}

/// Reads `id, app, operation, user, providers, snapshot, at, tries`.
pub(super) fn event(row: &impl Columns) -> Result<Event> {
    let cells = Cells::new(row, "events", 0);
    let operation = match cells.get::<i64>(2)? {
        0 => Operation::Create,
        1 => Operation::Login,
        2 => Operation::Delete,
        other => return Err(cells.corrupt(&format_args!("{other} is no operation"))),
    };
    let numbers = cells.get::<Vec<u8>>(4)?;
    let providers = numbers.into_iter().map(ProviderType::from_number).collect::<Option<_>>();
    Ok(Event {
        id: EventId(cells.object_id(0)?),
        app: AppKey(cells.get(1)?),
        operation,
        user: UserId(cells.object_id(3)?),
        providers: providers.ok_or_else(|| cells.corrupt(&"one of its providers is none"))?,
        snapshot: cells.get(5)?,
        at: Timestamp(cells.get(6)?),
        tries: cells.get(7)?,
    })
}

/// Reads `app_columns!()`; the keys and the access list are read apart.
pub(super) fn app(row: &impl Columns) -> Result<AppRecord> {
    let cells = Cells::new(row, "apps", 0);
    let client_app_id = cells.get::<String>(2)?;
    let config = cells.get::<Option<String>>(7)?;
    Ok(AppRecord {
        key: AppKey(cells.get(0)?),
        id: AppId(cells.object_id(1)?),
        client_app_id: client_app_id.parse().map_err(|error| cells.corrupt(&error))?,
        domain_id: DomainId(cells.object_id(3)?),
        group_id: GroupId(cells.object_id(4)?),
        created: Timestamp(cells.get(5)?),
        deployment: DeploymentId(cells.object_id(6)?),
        config: config.ok_or_else(|| cells.corrupt(&"its live deployment is gone"))?,
        keys: Vec::new(),
        access_list: Vec::new(),
        refresh_token_seconds: cells.get(8)?,
    })
}

/// Reads `id, purpose, material, created`.
pub(super) fn key(row: &impl Columns) -> Result<KeyRecord> {
    let cells = Cells::new(row, "signing_keys", 0);
    Ok(KeyRecord {
        id: cells.get(0)?,
        purpose: cells.get(1)?,
        material: Secret::new(cells.get(2)?),
        created: Timestamp(cells.get(3)?),
    })
}

/// Reads `id, address, comment`.
pub(super) fn allowed_ip(row: &impl Columns) -> Result<AllowedIp> {
    let cells = Cells::new(row, "access_list", 0);
    Ok(AllowedIp { id: AllowedIpId(cells.object_id(0)?), address: cells.get(1)?, comment: cells.get(2)? })
}

/// Reads `id, name, material`.
pub(super) fn secret(row: &impl Columns) -> Result<NamedSecret> {
    let cells = Cells::new(row, "secrets", 0);
    let (name, material) = (cells.get(1)?, Secret::new(cells.get(2)?));
    Ok(NamedSecret { id: SecretId(cells.object_id(0)?), name, material })
}

/// Reads `id, created, admin, origin, name, draft`.
pub(super) fn deployment(row: &impl Columns) -> Result<DeploymentRecord> {
    let cells = Cells::new(row, "deployments", 0);
    Ok(DeploymentRecord {
        id: DeploymentId(cells.object_id(0)?),
        created: Timestamp(cells.get(1)?),
        admin: cells.object_id(2)?,
        origin: cells.get(3)?,
        name: cells.get(4)?,
        draft: cells.get::<Option<ObjectId>>(5)?.map(DraftId),
    })
}

/// Reads `id, admin, origin, created, base, snapshot`.
pub(super) fn draft(row: &impl Columns) -> Result<DraftRecord> {
    let cells = Cells::new(row, "drafts", 0);
    Ok(DraftRecord {
        id: DraftId(cells.object_id(0)?),
        admin: cells.object_id(1)?,
        origin: cells.get(2)?,
        created: Timestamp(cells.get(3)?),
        base: DeploymentId(cells.object_id(4)?),
        snapshot: DeploymentId(cells.object_id(5)?),
    })
}

/// Reads `path, bytes`.
pub(super) fn file(row: &impl Columns) -> Result<File> {
    let cells = Cells::new(row, "deployment_files", 0);
    let bytes = cells.get::<Option<Vec<u8>>>(1)?;
    Ok(File { path: cells.get(0)?, bytes: bytes.ok_or_else(|| cells.corrupt(&"its bytes are gone"))? })
}

/// Reads `id, name`.
pub(super) fn project(row: &impl Columns) -> Result<Project> {
    let cells = Cells::new(row, "projects", 0);
    Ok(Project { id: GroupId(cells.object_id(0)?), name: cells.get(1)? })
}

/// Reads `id, email, hash, disabled`; the roles are read apart.
pub(super) fn admin(row: &impl Columns) -> Result<Admin> {
    let cells = Cells::new(row, "admins", 0);
    Ok(Admin {
        id: AdminId(cells.object_id(0)?),
        email: cells.get(1)?,
        hash: cells.get::<Option<String>>(2)?.map(Secret::new),
        disabled: cells.get(3)?,
        roles: Vec::new(),
    })
}

/// Reads `project, role`.
pub(super) fn role(row: &impl Columns) -> Result<(ObjectId, Role)> {
    let cells = Cells::new(row, "roles", 0);
    let number = cells.get::<u8>(1)?;
    let role = Role::from_number(number);
    let role = role.ok_or_else(|| cells.corrupt(&format_args!("{number} is no role")))?;
    Ok((cells.object_id(0)?, role))
}

/// Reads `admin_key_columns!()`.
pub(super) fn admin_key(row: &impl Columns) -> Result<AdminKey> {
    let cells = Cells::new(row, "admin_keys", 0);
    Ok(AdminKey {
        public_key: cells.get(0)?,
        admin: AdminId(cells.object_id(1)?),
        name: cells.get(2)?,
        hash: cells.get(3)?,
        digest: Secret::new(cells.get(4)?),
        created: Timestamp(cells.get(5)?),
    })
}

/// Reads `id, admin, public_key, expires`.
pub(super) fn admin_session(row: &impl Columns) -> Result<AdminSession> {
    let cells = Cells::new(row, "admin_sessions", 0);
    Ok(AdminSession {
        id: SessionId(cells.object_id(0)?),
        admin: AdminId(cells.object_id(1)?),
        public_key: cells.get(2)?,
        expires: Timestamp(cells.get(3)?),
    })
}

/// Reads `id, admin, who, project, what, target, origin, address, status`.
pub(super) fn audit_line(row: &impl Columns) -> Result<AuditLine> {
    let cells = Cells::new(row, "audit", 0);
    let id = |column| cells.get::<Option<ObjectId>>(column);
    Ok(AuditLine {
        id: AuditId(cells.object_id(0)?),
        admin: id(1)?.map(AdminId),
        who: cells.get(2)?,
        project: id(3)?.map(GroupId),
        what: cells.get(4)?,
        target: cells.get(5)?,
        origin: cells.get(6)?,
        address: cells.get(7)?,
        status: cells.get(8)?,
    })
}

/// Reads the columns of the queries of the log.
pub(super) fn logged(row: &impl Columns) -> Result<Logged> {
    let cells = Cells::new(row, "logs", 0);
    let number = cells.get::<u8>(2)?;
    let details = cells.get::<String>(8)?;
    let entry = LogEntry {
        id: cells.object_id(0)?,
        co_id: RequestId(cells.object_id(1)?),
        kind: LogType::from_number(number)
            .ok_or_else(|| cells.corrupt(&format_args!("{number} is no type")))?,
        is_error: cells.get(3)?,
        user: cells.get::<Option<ObjectId>>(4)?.map(UserId),
        started: Millis(cells.get(5)?),
        completed: Millis(cells.get(6)?),
        device: cells.get::<Option<[u8; 16]>>(7)?.map(DeviceHash),
        details: serde_json::from_str(&details).map_err(|error| cells.corrupt(&error))?,
    };
    Ok(Logged { entry, device: cells.get(9)? })
}

/// Reads `what, day, which, n`.
pub(super) fn tally(row: &impl Columns) -> Result<Tally> {
    let cells = Cells::new(row, "tallies", 0);
    let (what, which) = (cells.get(0)?, cells.get(2)?);
    Ok(Tally {
        day: Day(cells.get(1)?),
        what: Tallied::from_numbers(what, which)
            .ok_or_else(|| cells.corrupt(&format_args!("{which} is none of these")))?,
        n: u64::try_from(cells.get::<i64>(3)?).map_err(|error| cells.corrupt(&error))?,
    })
}

/// Reads day, platform and count.
pub(super) fn guest_logins(row: &impl Columns) -> Result<GuestLogins> {
    let cells = Cells::new(row, "guest_logins", 0);
    let platform = cells.get::<String>(1)?;
    Ok(GuestLogins {
        day: Day(cells.get(0)?),
        platform: Platform::from_name(&platform)
            .ok_or_else(|| cells.corrupt(&format_args!("{platform} is no platform")))?,
        logins: u64::try_from(cells.get::<i64>(2)?).map_err(|error| cells.corrupt(&error))?,
    })
}
