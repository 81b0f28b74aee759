//! Rows of this engine: queried, and read as `store::row` reads any.

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

use super::bind::Params;
use super::connection::Connection;
use super::failure::Failure;
use crate::model::{Identity, ProviderType, User, UserId, with_causes};
pub(super) use crate::store::row::*;
use crate::store::{Bearer, Error, Result};

impl Columns for Row {
    fn raw(&self, column: usize) -> std::result::Result<Raw<'_>, String> {
        self.try_get(column).map_err(|error| with_causes(&error, ": "))
    }
}

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(
        kind: &Type,
        bytes: &'a [u8],
    ) -> std::result::Result<Raw<'a>, Box<dyn std::error::Error + Sync + Send>> {
        Ok(match *kind {
            Type::BOOL => Raw::Number(bool::from_sql(kind, bytes)?.into()),
            Type::INT2 => Raw::Number(i16::from_sql(kind, bytes)?.into()),
            Type::INT4 => Raw::Number(i32::from_sql(kind, bytes)?.into()),
            Type::INT8 => Raw::Number(i64::from_sql(kind, bytes)?),
            Type::TEXT => Raw::Text(bytes),
            Type::BYTEA => Raw::Bytes(bytes),
            _ => return Err(format!("{kind} is none of our types").into()),
        })
    }

    fn from_sql_null(_: &Type) -> std::result::Result<Raw<'a>, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The one row of a query, if there is one.
pub(super) async fn one<T>(
    connection: &Connection,
    query: &'static str,
    params: Params<'_>,
    read: impl FnOnce(&Row) -> Result<T>,
) -> Result<Option<T>> {
    connection.rows(query, params).await?.first().map(read).transpose()
}

/// Every row of a query, in its order.
pub(super) async fn all<T>(
    connection: &Connection,
    query: &'static str,
    params: Params<'_>,
    read: impl FnMut(&Row) -> Result<T>,
) -> Result<Vec<T>> {
    connection.rows(query, params).await?.iter().map(read).collect()
}

/// Reads `user_columns!`.
pub(super) fn user(row: &Row) -> Result<User> {
    user_at(row, 0)
}

/// Reads whose a claim is.
pub(super) fn claimant(row: &Row) -> Result<UserId> {
    Cells::new(row, "claims", 0).object_id(0).map(UserId)
}

/// Reads `user_columns!` behind that, unless the user is gone.
pub(super) fn user_of_claim(row: &Row) -> Result<Option<User>> {
    let is_there = Cells::new(row, "users", 1).get::<Option<i64>>(1)?.is_some();
    is_there.then(|| user_at(row, 1)).transpose()
}

/// The same, with the columns beginning at `from`.
fn user_at(row: &Row, from: usize) -> Result<User> {
    let cells = Cells::new(row, "users", from);
    user_with(&cells, |id| identities(&cells, id))
}

/// Reads the identities that came along with a user: a list of `[n, provider, id, data]`.
fn identities(cells: &Cells<'_>, user: UserId) -> Result<Vec<Identity>> {
    let corrupt =
        |what: &dyn std::fmt::Display| Error::Corrupt { table: "identities", id: format!("{user}: {what}") };
    let Some(json) = cells.get::<Option<String>>(7)? else { return Ok(Vec::new()) };
    let rows: Vec<(i64, u8, String, Option<String>)> =
        serde_json::from_str(&json).map_err(|error| corrupt(&error))?;
    let mut places = 0..;
    rows.into_iter()
        .map(|(n, provider, id, data)| {
            if places.next() != Some(n) {
                return Err(corrupt(&"a place is missing"));
            }
            let provider = ProviderType::from_number(provider)
                .ok_or_else(|| corrupt(&format_args!("{provider} is no provider")))?;
            let data = data.map(|data| serde_json::from_str(&data).map_err(|error| corrupt(&error)));
            Ok(Identity { id, provider, data: data.transpose()?.unwrap_or_default() })
        })
        .collect()
}

/// Reads `user_columns!("u.")` and `session_columns!()`.
pub(super) fn bearer(row: &Row) -> Result<Bearer> {
    bearer_at(row, 0)
}

/// The same, with the columns beginning at `from`.
pub(super) fn bearer_at(row: &Row, from: usize) -> Result<Bearer> {
    bearer_of(user_at(row, from)?, &Cells::new(row, "sessions", from + 8))
}

/// Reads which one of the gathered asks a row answers, counted from 0.
pub(super) fn place_of_ask(row: &Row) -> Result<usize> {
    Cells::new(row, "sessions", 0).get(0)
}

/// Reads the server's only row.
pub(super) async fn server<T: Cell>(connection: &Connection, query: &'static str) -> Result<T> {
    one(connection, query, &[], |row| Cells::new(row, "server", 0).get(0))
        .await?
        .ok_or_else(|| Error::Corrupt { table: "server", id: Failure::Empty.to_string() })
}
