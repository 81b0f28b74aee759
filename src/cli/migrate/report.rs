//! What is told of a migration.

use serde::Serialize;

use crate::auth::{Counts, ImportReport};
use crate::cli::print;
use crate::model::ClientAppId;

/// What became of everything.
#[derive(Serialize)]
pub(super) struct Migrated {
    /// Null when a dry run meets an app that has no id yet.
    pub(super) client_app_id: Option<ClientAppId>,
    pub(super) created: bool,
    pub(super) changed: bool,
    pub(super) dry_run: bool,
    #[serde(flatten)]
    pub(super) report: ImportReport,
    pub(super) warnings: Vec<String>,
}

impl Migrated {
    pub(super) fn print(&self, json: bool) {
        if json {
            return print::json(self);
        }
        self.warnings.iter().for_each(|warning| print::warning(warning));
        let app = self.client_app_id.as_ref().map_or("a new app", ClientAppId::as_str);
        print::out(&match (self.dry_run, self.created, self.changed) {
            (true, ..) => format!("Nothing was done. What would come to {app}, if nobody is there yet:\n\n"),
            (false, true, _) => format!("Migrated {app}: a new app.\n\n"),
            (false, false, true) => format!("Migrated {app}: its configuration changed.\n\n"),
            (false, false, false) => format!("Migrated {app}: its configuration was there.\n\n"),
        });
        print::out(&self.tables());
        print::note("Sessions cannot come: everybody logs in again.");
    }

    fn tables(&self) -> String {
        let ImportReport { users, guests, pending_users, identities, cannot_come } = &self.report;
        let row = |who: &str, counts: &Counts| {
            let Counts { brought, already_there, not_brought } = counts;
            [who.to_owned(), brought.to_string(), already_there.to_string(), not_brought.to_string()]
        };
        let who = [row("users", users), row("guests", guests), row("pending users", pending_users)];
        let mut text = print::table(["WHO", "BROUGHT", "ALREADY THERE", "NOT BROUGHT"], who.into());
        if !identities.is_empty() {
            let rows = identities.iter().map(|(provider, count)| [provider.clone(), count.to_string()]);
            text.push('\n');
            text.push_str(&print::table(["IDENTITIES", "BROUGHT"], rows.collect()));
        }
        if !cannot_come.is_empty() {
            let rows =
                cannot_come.iter().map(|(reason, count)| [count.to_string(), reason.meaning().to_owned()]);
            text.push('\n');
            text.push_str(&print::table(["CANNOT COME", "WHAT"], rows.collect()));
        }
        text
    }
}
