//! Background work that one server does for all.

use crate::store::postgres::bind::params;
use crate::store::postgres::sql;
use crate::store::postgres::writer::{Act, Desk};
use crate::store::{Lease, Result};

/// The longest that a lease is believed to last yet, in seconds. Who wrote more has a clock that is ahead, and may have
/// died long ago when that time comes.
const BELIEVED: i64 = 60;

impl Act for Lease {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let believed = self.now.plus(BELIEVED);
        let params = params![self.work, self.holder.0, self.until.0, self.now.0, believed.0];
        Ok(desk.run(sql::TAKE_LEASE, params).await? > 0)
    }
}
