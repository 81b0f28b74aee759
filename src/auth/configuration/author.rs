//! Whose change it is.

use crate::auth::AdminCaller;
use crate::model::{AdminId, DeploymentId, DraftId, RequestOrigin};
use crate::store::{DraftRecord, Listed};

/// Who changes a configuration, and with what: drafts are told apart by both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Author {
    /// Who; [`AdminCaller::OWNER`] for the owner of the data.
    pub admin: AdminId,
    /// With what.
    pub origin: RequestOrigin,
}

impl Author {
    /// Whoever asks.
    pub fn of(caller: &AdminCaller) -> Author {
        Author { admin: caller.id, origin: caller.origin }
    }

    /// The owner of the data, from a command line.
    pub fn owner_of_the_data() -> Author {
        Author { admin: AdminCaller::OWNER, origin: RequestOrigin::Cli }
    }

    pub(in crate::auth) fn listed(self) -> Listed {
        Listed { admin: self.admin.0, origin: self.origin.as_str().to_owned(), name: None, draft: None }
    }

    pub(super) fn listed_as(self, draft: Option<(DraftId, DeploymentId)>, name: Option<String>) -> Listed {
        Listed { draft, name, ..self.listed() }
    }

    pub(super) fn has(self, draft: &DraftRecord) -> bool {
        draft.admin == self.admin.0 && draft.origin == self.origin.as_str()
    }
}
