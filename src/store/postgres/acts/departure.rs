//! How an app goes: at once for everybody who looks for it, and then in bites.

use super::snapshots::delete_snapshot;
use crate::model::AppKey;
use crate::store::Result;
use crate::store::postgres::bind::params;
use crate::store::postgres::writer::{Act, Desk, Hold};
use crate::store::postgres::{row, sql};

/// What there is of an app beside its snapshots.
const BITES: [&str; 17] = [
    sql::CLEAR_DRAFTS,
    sql::CLEAR_KEYS,
    sql::CLEAR_DIRECTORIES,
    sql::CLEAR_DEVICES,
    sql::CLEAR_USERS,
    sql::CLEAR_SESSIONS,
    sql::CLEAR_IDENTITIES,
    sql::CLEAR_CLAIMS,
    sql::CLEAR_CREDENTIALS,
    sql::CLEAR_EMAILS,
    sql::CLEAR_API_KEYS,
    sql::CLEAR_SECRETS,
    sql::CLEAR_ACCESS_LIST,
    sql::CLEAR_EVENTS,
    sql::CLEAR_LOGS,
    sql::CLEAR_GUEST_LOGINS,
    sql::CLEAR_TALLIES,
];

/// Takes an app away. Its directories are forgotten at once, so that one of them may become an app again.
pub(in crate::store::postgres) struct DeleteApp(pub(in crate::store::postgres) AppKey);

impl Act for DeleteApp {
    type Done = bool;

    fn holds(&self) -> Hold {
        Hold::Remembered
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        if desk.run(sql::DELETE_APP, params![self.0.0]).await? == 0 {
            return Ok(false);
        }
        desk.run(sql::DEPART, params![self.0.0]).await?;
        desk.run(sql::CLEAR_DIRECTORIES, params![self.0.0, i64::MAX]).await?;
        Ok(true)
    }
}

/// A bite of what is left of an app that was taken away.
pub(in crate::store::postgres) struct ClearDeparted {
    pub(in crate::store::postgres) limit: u32,
}

impl Act for ClearDeparted {
    type Done = bool;
    const SAME_AGAIN: bool = true;
    const LONG: bool = true;

    /// A file that goes may come again with a deployment meanwhile.
    fn holds(&self) -> Hold {
        Hold::Server
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let app = row::one(desk.connection(), sql::DEPARTED, &[], |row| {
            row::Cells::new(row, "departed", 0).get(0).map(AppKey)
        })
        .await?;
        let Some(app) = app else { return Ok(false) };
        let limit = self.limit.max(1);
        let mut left = false;
        for bite in BITES {
            left |= desk.run(bite, params![app.0, limit]).await? >= u64::from(limit);
        }
        let snapshot = row::one(desk.connection(), sql::A_SNAPSHOT, params![app.0], |row| {
            row::Cells::new(row, "deployments", 0).object_id(0)
        })
        .await?;
        if let Some(snapshot) = snapshot {
            delete_snapshot(desk, app, snapshot).await?;
            left = true;
        }
        if !left {
            desk.run(sql::CLEARED, params![app.0]).await?;
        }
        Ok(left || desk.exists(sql::DEPARTED, &[]).await?)
    }
}
