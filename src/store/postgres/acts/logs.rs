//! The log, and the count of guests.

use crate::store::postgres::bind::{List, params};
use crate::store::postgres::sql;
use crate::store::postgres::writer::{Act, Desk};
use crate::store::{AppendLogs, CountGuestLogins, Error, Result, TrimLogs};

impl Act for AppendLogs {
    type Done = ();
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<()> {
        let entries = || self.entries.iter().map(|(_, entry)| entry);
        let details = entries().map(|entry| serde_json::to_string(&entry.details));
        let details = details.collect::<std::result::Result<Vec<_>, _>>();
        let params = params![
            List(self.entries.iter().map(|(app, _)| app.0).collect()),
            List(entries().map(|entry| entry.started.0).collect()),
            List(entries().map(|entry| entry.id.0).collect()),
            List(entries().map(|entry| entry.co_id.0.0).collect()),
            List(entries().map(|entry| entry.kind.number()).collect()),
            List(entries().map(|entry| entry.is_error).collect()),
            List(entries().map(|entry| entry.user.map(|user| user.0.0)).collect()),
            List(entries().map(|entry| entry.completed.0).collect()),
            List(entries().map(|entry| entry.device.map(|device| device.0)).collect()),
            List(details.map_err(|error| Error::Unavailable(Box::new(error)))?),
        ];
        desk.run(sql::INSERT_LOGS, params).await?;
        Ok(())
    }
}

impl Act for TrimLogs {
    type Done = u64;

    async fn perform(&self, desk: &Desk) -> Result<u64> {
        let removed = desk.run(sql::TRIM_LOGS, params![self.app.0, self.before.0, self.limit]).await?;
        Ok(removed)
    }
}

impl Act for CountGuestLogins {
    type Done = ();
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<()> {
        let counts = || self.counts.iter().map(|(_, count)| count);
        let logins = counts().map(|count| i64::try_from(count.logins).unwrap_or(i64::MAX));
        let params = params![
            List(self.counts.iter().map(|(app, _)| app.0).collect()),
            List(counts().map(|count| count.day.0).collect()),
            List(counts().map(|count| count.platform.name()).collect()),
            self.counter.0,
            List(logins.collect()),
        ];
        desk.run(sql::COUNT_GUEST_LOGINS, params).await?;
        Ok(())
    }
}
