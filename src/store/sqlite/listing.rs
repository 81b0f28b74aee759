//! Pages of users: what `store::listing` asks, along the indexes that it names.

#[cfg(test)]
mod tests;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::{row, sql};
use crate::model::{AppKey, Order, Page, User};
use crate::store::Result;
use crate::store::listing::{self, Dialect, Value};

/// How SQLite is asked. `cross join` keeps the order that is written.
const DIALECT: Dialect = Dialect {
    bound: '?',
    names_indexes: true,
    join: "cross join",
    user_columns: sql::USER_COLUMNS,
    told_email: sql::TOLD_EMAIL,
    told_name: sql::TOLD_NAME,
    sorted_id: "u.id",
    among: ["in (", ")"],
};

/// A page of an app's users.
pub(super) fn users(connection: &Connection, app: AppKey, page: &Page) -> Result<Vec<User>> {
    // One view for all walks.
    let view = connection.unchecked_transaction()?;
    if page.order != Order::Status {
        return merged(&view, app, page);
    }
    let mut found = Vec::new();
    for part in listing::by_status(page) {
        let limit = page.limit - u32::try_from(found.len()).unwrap_or(page.limit);
        found.extend(merged(&view, app, &Page { limit, ..part })?);
    }
    Ok(found)
}

fn merged(view: &Connection, app: AppKey, page: &Page) -> Result<Vec<User>> {
    let mut found = Vec::new();
    for query in listing::queries(&DIALECT, app, page) {
        let mut statement = view.prepare_cached(&query.text)?;
        let mut rows = statement.query(params_from_iter(&query.values))?;
        while let Some(row) = rows.next()? {
            let user = row::user(view, app, row)?;
            found.push((page.order.value(&user), user));
        }
    }
    Ok(listing::merge(found, page))
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Number(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
