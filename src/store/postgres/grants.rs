//! What a role that serves may do: read and write every row but the schema's number, and change no table.

use super::bind::Params;
use super::connection::Connection;
use super::open::{OpenError, Options};
use super::row::{self, Cells};
use super::sql;

/// The table whose two numbers only a migration changes.
const SERVER: &str = "server";

/// Lets a role serve. Tables that a later migration makes are its own at once, so that servers go on beside it.
pub(super) async fn grant(options: &Options, name: &str) -> Result<(), OpenError> {
    let connection = Connection::open(&options.manners(1)).await?;
    let schema = names(&connection, sql::CURRENT_SCHEMA).await?;
    let tables = names(&connection, sql::OWN_TABLES).await?;
    let columns = names(&connection, sql::OWN_COLUMNS).await?.join(", ");
    let all = tables.iter().filter(|table| **table != quoted(SERVER)).cloned().collect::<Vec<_>>().join(", ");
    let (schema, role, server) = (schema.join("."), quoted(name), quoted(SERVER));
    let rights = "select, insert, update, delete";
    // One message is one transaction: all of it or nothing, and one at a time.
    let statements = format!(
        "{}; grant usage on schema {schema} to {role}; grant {rights} on {all} to {role}; \
         grant select on {server} to {role}; grant update ({columns}) on {server} to {role}; \
         alter default privileges in schema {schema} grant {rights} on tables to {role}",
        sql::ONE_MIGRATES
    );
    let granted = connection.batch(&statements).await;
    granted.map_err(|source| OpenError::NotGranted { role: name.to_owned(), source: source.into() })
}

async fn names(connection: &Connection, query: &'static str) -> Result<Vec<String>, OpenError> {
    let none: Params<'_> = &[];
    let name = |row: &tokio_postgres::Row| Cells::new(row, "pg_class", 0).get::<String>(0);
    let names = row::all(connection, query, none, name).await?;
    Ok(names.iter().map(|name| quoted(name)).collect())
}

/// A name as SQL takes it, whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
