//! The log, and the count of guests.

use rusqlite::params;

use crate::store::sqlite::sql;
use crate::store::sqlite::writer::{Act, Desk};
use crate::store::{AppendLogs, CountGuestLogins, Error, Result, TrimLogs};

impl Act for AppendLogs {
    type Done = ();
    const TELLS: bool = true;

    fn perform(&self, desk: &mut Desk) -> Result<()> {
        for (app, entry) in &self.entries {
            let details =
                serde_json::to_string(&entry.details).map_err(|error| Error::Unavailable(Box::new(error)))?;
            desk.run(
                sql::INSERT_LOG,
                params![
                    app.0,
                    entry.started.0,
                    entry.id.0,
                    entry.co_id.0.0,
                    entry.kind.number(),
                    entry.is_error,
                    entry.user.map(|user| user.0.0),
                    entry.completed.0,
                    entry.device.map(|device| device.0),
                    details
                ],
            )?;
        }
        Ok(())
    }
}

impl Act for TrimLogs {
    type Done = u64;

    fn perform(&self, desk: &mut Desk) -> Result<u64> {
        let removed = desk.run(sql::TRIM_LOGS, params![self.app.0, self.before.0, self.limit])?;
        Ok(u64::try_from(removed).unwrap_or(u64::MAX))
    }
}

impl Act for CountGuestLogins {
    type Done = ();
    const TELLS: bool = true;

    fn perform(&self, desk: &mut Desk) -> Result<()> {
        for (app, count) in &self.counts {
            let logins = i64::try_from(count.logins).unwrap_or(i64::MAX);
            let params = params![app.0, count.day.0, count.platform.name(), self.counter.0, logins];
            desk.run(sql::COUNT_GUEST_LOGINS, params)?;
        }
        Ok(())
    }
}
