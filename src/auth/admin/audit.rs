//! Who did what, when, from where. Lines are kept for 400 days.

use super::AdminCaller;
use crate::auth::{Auth, Result};
use crate::model::{AuditId, DAY, GroupId};
use crate::store::{AuditLine, Note};

const KEPT_DAYS: i64 = 400;
/// What is kept of a path.
const LONGEST_TARGET: usize = 512;

/// An act of an administrator.
pub struct AuditEntry<'a> {
    /// The project that it concerned.
    pub project: Option<GroupId>,
    /// Method and path pattern: what kind of act it was.
    pub what: String,
    /// The path without its query.
    pub target: &'a str,
    /// The status of the answer.
    pub status: u16,
}

impl Auth {
    /// Writes an act down.
    pub async fn note(&self, admin: &AdminCaller, entry: AuditEntry<'_>) -> Result<()> {
        let now = self.clock().now();
        let kept = entry.target.chars().filter(|c| !c.is_control()).take(LONGEST_TARGET);
        let line = AuditLine {
            id: AuditId(self.dice().object_id(now)),
            admin: (!admin.owns_the_data()).then_some(admin.id),
            who: admin.display.clone(),
            project: entry.project,
            what: entry.what,
            target: kept.collect(),
            origin: admin.origin.as_str().to_owned(),
            address: admin.address.map(|address| address.to_string()),
            status: entry.status,
        };
        Ok(self.store().note(Note { line, forget: now.plus(-KEPT_DAYS * DAY) }).await?)
    }

    /// What was done in the projects that the caller owns, the newest first, after a line.
    pub async fn audit(
        &self,
        admin: &AdminCaller,
        after: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditLine>> {
        Ok(self.store().audit(admin.owned_projects(), after, limit).await?)
    }
}
