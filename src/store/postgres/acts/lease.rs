//! Background work that one server does for all.

use crate::store::postgres::bind::params;
use crate::store::postgres::sql;
use crate::store::postgres::writer::{Act, Desk};
use crate::store::{Lease, Result};

impl Act for Lease {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        let params = params![self.work, self.holder.0, self.until.0, self.now.0];
        Ok(desk.run(sql::TAKE_LEASE, params).await? > 0)
    }
}
