//! What an issuer's answer is matched with.

use rusqlite::params;

use crate::model::Timestamp;
use crate::store::sqlite::failure::{is_taken, refuse_nul};
use crate::store::sqlite::writer::{Act, Desk};
use crate::store::sqlite::{row, sql};
use crate::store::{Error, PutRedirect, Result, Taken};

/// How many lapsed redirects go for each that comes: more than one, so that they cannot gather.
const SWEPT: u32 = 4;

impl Act for PutRedirect {
    type Done = ();

    fn perform(&self, desk: &mut Desk) -> Result<()> {
        refuse_nul([self.record.as_str()])?;
        desk.run(sql::DELETE_LAPSED_REDIRECTS, params![self.now.0, SWEPT])?;
        match desk.run(sql::INSERT_REDIRECT, params![self.state, self.record, self.until.0]) {
            Ok(_) => Ok(()),
            Err(error) if is_taken(&error) => {
                let there = row::one(desk.connection(), sql::REDIRECT, [self.state], |row| {
                    let cells = row::Cells::new(row, "redirects", 0);
                    Ok((cells.get::<String>(0)?, cells.get::<i64>(1)?))
                })?;
                let same = there.is_some_and(|there| there == (self.record.clone(), self.until.0));
                if same { Ok(()) } else { Err(Error::Conflict(Taken::Id)) }
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Takes a redirect out.
pub(in crate::store::sqlite) struct TakeRedirect {
    pub(in crate::store::sqlite) state: [u8; 32],
    pub(in crate::store::sqlite) now: Timestamp,
}

impl Act for TakeRedirect {
    type Done = Option<String>;

    fn perform(&self, desk: &mut Desk) -> Result<Option<String>> {
        row::one(desk.connection(), sql::TAKE_REDIRECT, params![self.state, self.now.0], |row| {
            row::Cells::new(row, "redirects", 0).get(0)
        })
    }
}
