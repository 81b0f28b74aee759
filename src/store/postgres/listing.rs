//! Pages of users: what `store::listing` asks. The planner finds the indexes, since a session looks for no other plans.

use super::bind::{Bind, Params};
use super::connection::Connection;
use super::{row, sql};
use crate::model::{AppKey, Order, Page, User};
use crate::store::Result;
use crate::store::listing::{self, Dialect, Value};

/// How PostgreSQL is asked.
pub(super) const DIALECT: Dialect = Dialect {
    bound: '$',
    names_indexes: false,
    join: "join",
    user_columns: sql::USER_COLUMNS,
    told_email: "i.told_email",
    told_name: "i.told_name",
    sorted_id: "u.id || ''",
    among: ["= any (array(", "))"],
};

/// A page of an app's users.
pub(super) async fn users(view: &Connection, app: AppKey, page: &Page) -> Result<Vec<User>> {
    if page.order != Order::Status {
        return merged(view, app, page).await;
    }
    let mut found = Vec::new();
    for part in listing::by_status(page) {
        let limit = page.limit - u32::try_from(found.len()).unwrap_or(page.limit);
        found.extend(merged(view, app, &Page { limit, ..part }).await?);
    }
    Ok(found)
}

async fn merged(view: &Connection, app: AppKey, page: &Page) -> Result<Vec<User>> {
    let mut found = Vec::new();
    for query in listing::queries(&DIALECT, app, page) {
        let values: Vec<&(dyn Bind + Sync)> = query.values.iter().map(bound).collect();
        let params: Params<'_> = &values;
        for row in view.rows_once(&query.text, params).await? {
            let user = row::user(&row)?;
            found.push((page.order.value(&user), user));
        }
    }
    Ok(listing::merge(found, page))
}

fn bound(value: &Value) -> &(dyn Bind + Sync) {
    match value {
        Value::Number(number) => number,
        Value::Text(text) => text,
        Value::Bytes(bytes) => bytes,
    }
}
