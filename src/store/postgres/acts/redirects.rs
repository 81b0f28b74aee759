//! What an issuer's answer is matched with.

use crate::model::Timestamp;
use crate::store::postgres::bind::params;
use crate::store::postgres::failure::refuse_nul;
use crate::store::postgres::writer::{Act, Desk};
use crate::store::postgres::{row, sql};
use crate::store::{Error, PutRedirect, Result, Taken};

/// How many lapsed redirects go for each that comes: more than one, so that they cannot gather.
const SWEPT: u32 = 4;

impl Act for PutRedirect {
    type Done = ();
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<()> {
        refuse_nul([self.record.as_str()])?;
        desk.run(sql::DELETE_LAPSED_REDIRECTS, params![self.now.0, SWEPT]).await?;
        if desk.run(sql::INSERT_REDIRECT, params![self.state, self.record, self.until.0]).await? > 0 {
            return Ok(());
        }
        let there = row::one(desk.connection(), sql::REDIRECT, params![self.state], |row| {
            let cells = row::Cells::new(row, "redirects", 0);
            Ok((cells.get::<String>(0)?, cells.get::<i64>(1)?))
        })
        .await?;
        let same = there.is_some_and(|there| there == (self.record.clone(), self.until.0));
        if same { Ok(()) } else { Err(Error::Conflict(Taken::Id)) }
    }
}

/// Takes a redirect out.
pub(in crate::store::postgres) struct TakeRedirect {
    pub(in crate::store::postgres) state: [u8; 32],
    pub(in crate::store::postgres) now: Timestamp,
}

impl Act for TakeRedirect {
    type Done = Option<String>;

    async fn perform(&self, desk: &Desk) -> Result<Option<String>> {
        row::one(desk.connection(), sql::TAKE_REDIRECT, params![self.state, self.now.0], |row| {
            row::Cells::new(row, "redirects", 0).get(0)
        })
        .await
    }
}
