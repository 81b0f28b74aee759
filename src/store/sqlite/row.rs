//! Rows of this engine: queried, and read as `store::row` reads any.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Params, Row};

use super::failure::Failure;
use super::sql;
use crate::model::{AppKey, GuestLogins, Identity, ObjectId, Role, Session, Tally, User, UserId};
use crate::store::row::{self, Cell, Columns, Raw, bearer_of, user_with};
pub(super) use crate::store::row::{Cells, admin, kind, user_id};
use crate::store::{
    AdminKey, AdminSession, AllowedIp, ApiKey, AppRecord, AuditLine, Bearer, Credential, DeploymentRecord,
    DraftRecord, Error, Event, File, KeyRecord, Logged, NamedSecret, Project, Result,
};

impl Columns for Row<'_> {
    fn raw(&self, column: usize) -> std::result::Result<Raw<'_>, String> {
        match self.get_ref(column).map_err(|error| error.to_string())? {
            ValueRef::Null => Ok(Raw::Null),
            ValueRef::Integer(number) => Ok(Raw::Number(number)),
            ValueRef::Real(number) => Err(format!("{number} is no whole number")),
            ValueRef::Text(text) => Ok(Raw::Text(text)),
            ValueRef::Blob(bytes) => Ok(Raw::Bytes(bytes)),
        }
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

/// Readers that are handed to queries by name. There they meet rows of any lifetime, which no name of a generic function
/// reads.
macro_rules! readers {
    ($($name:ident -> $value:ty),* $(,)?) => {
        $(
            pub(super) fn $name(row: &Row<'_>) -> Result<$value> {
                row::$name(row)
            }
        )*
    };
}

readers! {
    identity -> Identity,
    place -> usize,
    session -> Session,
    credential -> Credential,
    credential_user -> Option<UserId>,
    api_key -> ApiKey,
    event -> Event,
    app -> AppRecord,
    key -> KeyRecord,
    allowed_ip -> AllowedIp,
    secret -> NamedSecret,
    deployment -> DeploymentRecord,
    draft -> DraftRecord,
    file -> File,
    project -> Project,
    role -> (ObjectId, Role),
    admin_key -> AdminKey,
    admin_session -> AdminSession,
    audit_line -> AuditLine,
    logged -> Logged,
    tally -> Tally,
    guest_logins -> GuestLogins,
}

/// Reads `user_columns!` of an app, and the identities of those who have rows of them. That is another query, but
/// not another view: the one that returned this row is still open.
pub(super) fn user(connection: &Connection, app: AppKey, row: &Row<'_>) -> Result<User> {
    user_with(&Cells::new(row, "users", 0), |id| identities_of(connection, app, id))
}

fn identities_of(connection: &Connection, app: AppKey, user: UserId) -> Result<Vec<Identity>> {
    let mut places = 0..;
    all(connection, sql::IDENTITIES_OF, rusqlite::params![app.0, user.0.0], |row| {
        let cells = Cells::new(row, "identities", 0);
        if places.next() != Some(cells.get::<i64>(0)?) {
            return Err(cells.corrupt(&format_args!("a place of {user} is missing")));
        }
        identity(row)
    })
}

/// Reads `user_columns!("u.")` and `session_columns!()` of an app.
pub(super) fn bearer(connection: &Connection, app: AppKey, row: &Row<'_>) -> Result<Bearer> {
    bearer_of(user(connection, app, row)?, &Cells::new(row, "sessions", 7))
}

/// Reads the server's only row.
pub(super) fn server<T: Cell>(connection: &Connection, query: &str) -> Result<T> {
    one(connection, query, (), |row| Cells::new(row, "server", 0).get(0))?
        .ok_or_else(|| Error::Corrupt { table: "server", id: Failure::Empty.to_string() })
}
