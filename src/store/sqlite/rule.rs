//! When the next guest is let go.

use rusqlite::{Connection, params};

use super::asks::after;
use super::{row, sql};
use crate::model::{AnonymousUserExpiration, AppKey, Day, ExpiryClock, Timestamp, UserId};
use crate::store::Result;
use crate::store::rule::{after_days, end};

/// The first second at which the policy lets any guest go, among those after the cursor and those who were seen.
pub(super) fn next(
    connection: &Connection,
    app: AppKey,
    policy: AnonymousUserExpiration,
    cursor: Option<UserId>,
) -> Result<Option<Timestamp>> {
    let first = |query| {
        row::one(connection, query, params![app.0, after(&cursor)], |row| {
            Ok(end(policy, row::user_id(row)?.0.created(), None))
        })
    };
    match policy.clock {
        ExpiryClock::Never => Ok(None),
        ExpiryClock::Age => {
            // Ids ascend with time, so the first guest is the oldest.
            let oldest = first(sql::FIRST_GUEST_AFTER)?.flatten();
            // Whoever was seen last before then is gone by then, also when it was brought from elsewhere that day.
            let seen = row::one(connection, sql::FIRST_SEEN_GUEST, [app.0], |row| {
                let day = row::Cells::new(row, "users", 0).get(1).map(Day)?;
                Ok(after_days(day, i64::from(policy.days)))
            })?;
            Ok(oldest.into_iter().chain(seen).min())
        }
        ExpiryClock::Inactivity => {
            let unseen = first(sql::FIRST_UNSEEN_GUEST_AFTER)?.flatten();
            let seen = row::one(connection, sql::FIRST_SEEN_GUEST, [app.0], |row| {
                let day = row::Cells::new(row, "users", 0).get(1).map(Day)?;
                Ok(end(policy, row::user_id(row)?.0.created(), Some(day)))
            })?;
            Ok(unseen.into_iter().chain(seen.flatten()).min())
        }
    }
}
