//! The store as its rows, in a database that no server serves meanwhile.

use serde_json::{Map, Value as Json};
use tokio_postgres::Row as Found;

use super::acts::told;
use super::bind::{Bind, List, borrowed, params};
use super::connection::Connection;
use super::failure::Failure;
use super::open::{self, LONG, OpenError, Options, known, schema};
use super::row::{self, Cells};
use super::sql;
use crate::store::copying::{Copying, Kind, Mark, Row, TABLES, Table, Value, parameters};
use crate::store::{Answer, Result};

// What is said of a move is in a table that is there only as long as something is said. Whoever may open the store may
// read it.
const MARKED: &str = "select 1 from pg_tables where schemaname = current_schema() and tablename = 'moving'";
const MAKE_MARK: &str = "create table moving (state bigint not null, place text collate \"C\" not null, store bytea); \
                         grant select on moving to public";
const SET_MARK: &str = "insert into moving (state, place, store) values ($1, $2, $3)";
const MARK: &str = "select state, place, store from moving";
const UNMARK: &str = "drop table if exists moving";

/// Sessions of others in the database, whoever they are; the database's own have no user.
const OTHERS: &str = "select string_agg(usename::text || coalesce(' from ' || host(client_addr), '')
                                 || coalesce(' (' || nullif(application_name, '') || ')', ''), ', ' order by pid)
                      from pg_stat_activity
                      where datname = current_database() and pid <> pg_backend_pid() and usesysid is not null";

/// How often it is looked whether sessions that end are gone, and the time between.
const LOOKS: u32 = 20;
const PAUSE: &str = "select pg_sleep(0.1)";

/// Whether we may make and lock tables.
const OWNS: &str = "select 1 from pg_tables
                    where schemaname = current_schema() and tablename = 'server' and pg_has_role(tableowner, 'usage')";

/// The table that has columns beside the common ones which are made of those.
const IDENTITIES: &str = "identities";

/// The table whose rows are the sums of what is kept in parts.
const TALLIES: &str = "tallies";
const SUMS: &str =
    "(select app, what, day, which, sum(n)::bigint as n from tallies group by app, what, day, which) as sums";

/// A store as its rows.
pub struct Rows {
    connection: Connection,
    place: String,
    /// Whether everything is one transaction, in which nobody else can write.
    held: bool,
}

impl Rows {
    /// Opens a store that is to be filled, whatever it says of a move; makes it when there is none. The role must own the
    /// schema.
    pub async fn to_fill(options: &Options) -> std::result::Result<Rows, OpenError> {
        match Rows::owned(options).await {
            Err(OpenError::Older { .. }) => {}
            opened => return opened,
        }
        open::migrate(options).await?;
        Rows::owned(options).await
    }

    /// Opens a store of which we can do everything, whatever it says of a move.
    pub async fn owned(options: &Options) -> std::result::Result<Rows, OpenError> {
        let rows = Rows::open(options).await?;
        match rows.connection.exists(OWNS, &[]).await? {
            true => Ok(rows),
            false => Err(OpenError::NotOwner { role: options.address.user().to_owned() }),
        }
    }

    /// Opens a store, whatever it says of a move.
    pub async fn open(options: &Options) -> std::result::Result<Rows, OpenError> {
        let connection = Connection::open(&options.manners(LONG)).await?;
        let schema = schema(&connection).await.map_err(|error| options.denied(error))?;
        if schema != known() {
            return Err(OpenError::Older { schema, known: known() });
        }
        Ok(Rows { connection, place: options.address.to_string(), held: false })
    }

    /// The same of a store that nobody may write to until this is dropped: its tables are locked, for which the role must
    /// own them. Refused while others are connected.
    pub async fn hold(options: &Options) -> std::result::Result<Rows, OpenError> {
        let rows = Rows { held: true, ..Rows::owned(options).await? };
        rows.refuse_others().await?;
        let tables: Vec<_> = TABLES.iter().map(|table| format!("\"{}\"", table.name)).collect();
        rows.connection.batch(&format!("begin; lock table {} in share mode", tables.join(", "))).await?;
        Ok(rows)
    }

    async fn refuse_others(&self) -> std::result::Result<(), OpenError> {
        match self.others().await? {
            None => Ok(()),
            Some(others) => Err(OpenError::InUse { others }),
        }
    }

    async fn others(&self) -> Result<Option<String>> {
        let who = |row: &Found| Cells::new(row, "pg_stat_activity", 0).get::<Option<String>>(0);
        Ok(row::one(&self.connection, OTHERS, &[], who).await?.flatten())
    }

    async fn write_mark(&self, mark: Option<Mark>) -> Result<()> {
        if !self.held {
            // Whoever begins to use the store holds that row too, and looks at the mark.
            self.connection.batch(sql::BEGIN_WITH_SERVER).await?;
        }
        self.connection.batch(UNMARK).await?;
        if let Some(mark) = mark {
            self.connection.batch(MAKE_MARK).await?;
            let (state, place, store) = mark.write();
            self.connection.run_once(SET_MARK, params![state, place, store]).await?;
        }
        if self.held {
            // From then on others can write: there must be none, since who is connected already does not look at the mark.
            self.refuse_others().await.map_err(|error| crate::store::Error::Unavailable(Box::new(error)))?;
        }
        Ok(self.connection.batch("commit").await?)
    }
}

impl Copying for Rows {
    fn page<'a>(
        &'a self,
        table: &'static Table,
        after: Option<&'a [Value]>,
        limit: u32,
    ) -> Answer<'a, Vec<Row>> {
        let (names, key) = (table.names(), table.key_names());
        let past = match after {
            Some(_) => format!("where ({key}) > ({})", parameters('$', table.key)),
            None => String::new(),
        };
        let query = format!("select {names} from {} {past} order by {key} limit {limit}", source(table));
        Box::pin(async move {
            let after: Vec<_> = after.unwrap_or_default().iter().map(bound).collect();
            let params = borrowed(&after);
            let rows = self.connection.rows_once(&query, &params).await?;
            rows.iter().map(|row| read(table, row)).collect()
        })
    }

    fn count(&self, table: &'static Table) -> Answer<'_, u64> {
        let query = format!("select count(*) from {}", source(table));
        Box::pin(async move { number(&self.connection.rows_once(&query, &[]).await?, table.name) })
    }

    fn add(&self, table: &'static Table, rows: Vec<Row>) -> Answer<'_, ()> {
        let name = table.name;
        let (mut names, mut lists) = (table.names(), columns(table.columns.len(), table, &rows));
        if name == IDENTITIES {
            names.push_str(", told_email, told_name");
            lists.extend(["email", "name"].map(|what| derived(&rows, what)));
        }
        let values = parameters('$', lists.len());
        // Only what must be unique may be passed over: any other constraint is an error.
        let statement = match table.stays() {
            // Whoever remembers what is configured has to read it again.
            true => format!(
                "update {name} set ({names}, changes) = (select *, changes + 1 from unnest({values}))"
            ),
            false => format!(
                "insert into \"{name}\" ({names}) select * from unnest({values}) on conflict do nothing"
            ),
        };
        Box::pin(self.write(statement, lists, rows))
    }

    fn remove(&self, table: &'static Table, rows: Vec<Row>) -> Answer<'_, ()> {
        let (key, values) = (table.key_names(), parameters('$', table.key));
        let statement =
            format!("delete from \"{}\" where ({key}) in (select * from unnest({values}))", table.name);
        let lists = columns(table.key, table, &rows);
        Box::pin(self.write(statement, lists, Vec::new()))
    }

    fn mark(&self) -> Answer<'_, Option<Mark>> {
        Box::pin(mark(&self.connection))
    }

    fn set_mark(&self, mark: Option<Mark>) -> Answer<'_, ()> {
        Box::pin(self.write_mark(mark))
    }

    fn is_alone(&self) -> Answer<'_, bool> {
        Box::pin(async move {
            for _ in 0..LOOKS {
                if self.others().await?.is_none() {
                    return Ok(true);
                }
                self.connection.rows(PAUSE, &[]).await?;
            }
            Ok(false)
        })
    }

    fn place(&self) -> &str {
        &self.place
    }
}

impl Rows {
    /// Runs a statement for many rows at once.
    async fn write(
        &self,
        statement: String,
        lists: Vec<Box<dyn Bind + Send + Sync>>,
        rows: Vec<Row>,
    ) -> Result<()> {
        let nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
        if rows.iter().flatten().any(nul) {
            return Err(Failure::Nul.into());
        }
        drop(rows);
        let params = borrowed(&lists);
        self.connection.run_once(&statement, &params).await?;
        Ok(())
    }
}

/// What a table's rows are read from.
fn source(table: &Table) -> String {
    if table.name == TALLIES { SUMS.to_owned() } else { format!("\"{}\"", table.name) }
}

/// What a database says of a move.
pub(super) async fn mark(connection: &Connection) -> Result<Option<Mark>> {
    if !connection.exists(MARKED, &[]).await? {
        return Ok(None);
    }
    let rows = connection.rows(MARK, &[]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let cells = Cells::new(row, "moving", 0);
    Ok(Some(Mark::read((cells.get(0)?, cells.get(1)?, cells.get(2)?))))
}

fn number(rows: &[Found], table: &'static str) -> Result<u64> {
    let number = rows.first().map_or(Ok(0), |row| Cells::new(row, table, 0).get::<i64>(0))?;
    Ok(u64::try_from(number).unwrap_or_default())
}

fn read(table: &'static Table, row: &Found) -> Result<Row> {
    let cells = Cells::new(row, table.name, 0);
    let value = |(number, kind): (usize, Kind)| {
        let value = match kind {
            Kind::Number => cells.get::<Option<i64>>(number)?.map(Value::Number),
            Kind::Text => cells.get::<Option<String>>(number)?.map(Value::Text),
            Kind::Bytes => cells.get::<Option<Vec<u8>>>(number)?.map(Value::Bytes),
        };
        Ok(value.unwrap_or(Value::Null))
    };
    table.columns.iter().map(|column| column.kind).enumerate().map(value).collect()
}

/// A value of a key, which is never null.
fn bound(value: &Value) -> Box<dyn Bind + Send + Sync> {
    match value {
        Value::Null => Box::new(None::<i64>),
        Value::Number(number) => Box::new(*number),
        Value::Text(text) => Box::new(text.clone()),
        Value::Bytes(bytes) => Box::new(bytes.clone()),
    }
}

/// The first columns of rows, each as one list.
fn columns(number: usize, table: &Table, rows: &[Row]) -> Vec<Box<dyn Bind + Send + Sync>> {
    let columns = table.columns.iter().take(number).enumerate();
    columns.map(|(number, column)| column_of(rows, number, column.kind)).collect()
}

fn column_of(rows: &[Row], number: usize, kind: Kind) -> Box<dyn Bind + Send + Sync> {
    let values = rows.iter().map(|row| row.get(number));
    match kind {
        Kind::Number => Box::new(List(
            values
                .map(|value| match value {
                    Some(Value::Number(number)) => Some(*number),
                    _ => None,
                })
                .collect(),
        )),
        Kind::Text => Box::new(List(
            values
                .map(|value| match value {
                    Some(Value::Text(text)) => Some(text.clone()),
                    _ => None,
                })
                .collect(),
        )),
        Kind::Bytes => Box::new(List(
            values
                .map(|value| match value {
                    Some(Value::Bytes(bytes)) => Some(bytes.clone()),
                    _ => None,
                })
                .collect(),
        )),
    }
}

/// What identities' data, their last column, tells of something.
fn derived(rows: &[Row], what: &str) -> Box<dyn Bind + Send + Sync> {
    let tells = |row: &Row| match row.last() {
        Some(Value::Text(data)) => told(&serde_json::from_str::<Map<String, Json>>(data).ok()?, what),
        _ => None,
    };
    Box::new(List(rows.iter().map(tells).collect()))
}
