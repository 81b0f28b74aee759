//! Rows as the model's values. A row that this server cannot have written is `Corrupt`, never a panic.

use rusqlite::types::{FromSql, ValueRef};
use rusqlite::{Connection, OptionalExtension, Params, Row};
use serde_json::{Map, Value};

use super::failure::Failure;
use crate::model::{
    AppId, AppKey, Day, DeploymentId, DeviceHash, DeviceId, DomainId, GroupId, Identity, ObjectId,
    ProviderType, Secret, Session, SessionId, Timestamp, User, UserId, UserType, anonymous_identity_id,
};
use crate::store::{AppRecord, Bearer, Error, File, KeyRecord, Result};

/// One row of a table, as far as a query returned it, with the columns of that table beginning at `from`.
pub(super) struct Cells<'a> {
    row: &'a Row<'a>,
    table: &'static str,
    from: usize,
}

impl<'a> Cells<'a> {
    pub(super) fn new(row: &'a Row<'a>, table: &'static str, from: usize) -> Cells<'a> {
        Cells { row, table, from }
    }

    pub(super) fn get<T: FromSql>(&self, column: usize) -> Result<T> {
        self.row.get(self.from + column).map_err(|error| self.corrupt(&error))
    }

    pub(super) fn object_id(&self, column: usize) -> Result<ObjectId> {
        self.get(column).map(ObjectId)
    }

    fn flag(&self, column: usize) -> Result<bool> {
        match self.get::<i64>(column)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.corrupt(&format_args!("{other} is no flag"))),
        }
    }

    /// Names the row by its first column.
    pub(super) fn corrupt(&self, what: &dyn std::fmt::Display) -> Error {
        let id = match self.row.get_ref(self.from) {
            Ok(ValueRef::Blob(bytes)) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            Ok(ValueRef::Integer(number)) => number.to_string(),
            Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
            _ => String::new(),
        };
        Error::Corrupt { table: self.table, id: format!("{id}: {what}") }
    }
}

/// The one row of a query, if there is one.
pub(super) fn one<T>(
    connection: &Connection,
    query: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut statement = connection.prepare_cached(query)?;
    statement.query_row(params, |row| Ok(read(row))).optional()?.transpose()
}

/// Every row of a query, in its order.
pub(super) fn all<T>(
    connection: &Connection,
    query: &str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// Reads `user_columns!()`.
pub(super) fn user(row: &Row<'_>) -> Result<User> {
    let cells = Cells::new(row, "users", 0);
    let id = UserId(cells.object_id(0)?);
    let guest = cells.flag(2)?;
    let kind = match cells.get::<i64>(1)? {
        0 => UserType::Normal,
        1 => UserType::Server,
        other => return Err(cells.corrupt(&format_args!("{other} is no kind of user"))),
    };
    let identities = if guest {
        let id = cells.get::<Option<String>>(5)?.unwrap_or_else(|| anonymous_identity_id(id));
        vec![Identity { id, provider: ProviderType::AnonUser }]
    } else {
        Vec::new()
    };
    let data = match cells.get::<Option<String>>(6)? {
        None => Map::new(),
        Some(json) => serde_json::from_str::<Map<String, Value>>(&json).map_err(|e| cells.corrupt(&e))?,
    };
    let last_seen = cells.get::<Option<i64>>(4)?.map(Day);
    Ok(User { id, kind, guest, disabled: cells.flag(3)?, last_seen, data, identities })
}

/// Reads the id alone.
pub(super) fn user_id(row: &Row<'_>) -> Result<UserId> {
    Cells::new(row, "users", 0).object_id(0).map(UserId)
}

/// Reads `session_columns!()`.
pub(super) fn session(row: &Row<'_>) -> Result<Session> {
    session_from(row, 0)
}

/// Reads `user_columns!(), session_columns!()`.
pub(super) fn bearer(row: &Row<'_>) -> Result<Bearer> {
    Ok(Bearer { user: user(row)?, session: session_from(row, 7)? })
}

fn session_from(row: &Row<'_>, from: usize) -> Result<Session> {
    let cells = Cells::new(row, "sessions", from);
    let provider = cells.get::<u8>(2)?;
    Ok(Session {
        id: SessionId(cells.object_id(0)?),
        user: UserId(cells.object_id(1)?),
        provider: ProviderType::from_number(provider)
            .ok_or_else(|| cells.corrupt(&format_args!("{provider} is no provider")))?,
        device: cells.get::<Option<[u8; 12]>>(3)?.map(|bytes| DeviceId(ObjectId(bytes))),
        device_details: cells.get::<Option<[u8; 16]>>(4)?.map(DeviceHash),
        expires: cells.get::<Option<i64>>(5)?.map(Timestamp),
    })
}

/// Reads `app_columns!()`; the keys are read apart.
pub(super) fn app(row: &Row<'_>) -> Result<AppRecord> {
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
    })
}

/// Reads `id, purpose, material, created`.
pub(super) fn key(row: &Row<'_>) -> Result<KeyRecord> {
    let cells = Cells::new(row, "signing_keys", 0);
    Ok(KeyRecord {
        id: cells.get(0)?,
        purpose: cells.get(1)?,
        material: Secret::new(cells.get(2)?),
        created: Timestamp(cells.get(3)?),
    })
}

/// Reads `path, bytes`.
pub(super) fn file(row: &Row<'_>) -> Result<File> {
    let cells = Cells::new(row, "deployment_files", 0);
    let bytes = cells.get::<Option<Vec<u8>>>(1)?;
    Ok(File { path: cells.get(0)?, bytes: bytes.ok_or_else(|| cells.corrupt(&"its bytes are gone"))? })
}

/// Reads the server's only row.
pub(super) fn server<T: FromSql>(connection: &Connection, query: &str) -> Result<T> {
    one(connection, query, (), |row| Cells::new(row, "server", 0).get(0))?
        .ok_or_else(|| Error::Corrupt { table: "server", id: Failure::Empty.to_string() })
}
