//! Registrations that are nobody yet: not confirmed, or never logged in. What an administrator may do to them.

use std::sync::Arc;

use super::{App, Auth, Error, Result};
use crate::model::CredentialId;

/// A registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its id, which says when it was made.
    pub id: CredentialId,
    /// The address.
    pub email: String,
    /// Whether the address was confirmed; it waits for the first login then.
    pub confirmed: bool,
}

/// How a registration is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registration {
    /// By the address that it has.
    Email(String),
    /// By its id, also when another one has its address by now.
    Id(CredentialId),
}

impl Auth {
    /// A page of them, by ascending id.
    pub async fn pending(
        &self,
        app: &Arc<App>,
        after: Option<CredentialId>,
        limit: u32,
    ) -> Result<Vec<Pending>> {
        let pending = self.store().pending(app.key, after, limit).await?;
        let told = pending.into_iter().map(|c| Pending { id: c.id, email: c.email, confirmed: c.confirmed });
        Ok(told.collect())
    }

    /// Confirms an address in its owner's stead.
    pub async fn confirm_pending(&self, app: &Arc<App>, registration: &Registration) -> Result<()> {
        let id = match registration {
            Registration::Id(id) => *id,
            Registration::Email(email) => {
                let found = self.store().credential(app.key, email).await?.ok_or(Error::UserNotFound)?;
                if found.confirmed {
                    return Err(Error::AlreadyConfirmed);
                }
                found.id
            }
        };
        if self.store().confirm_credential(app.key, id).await? { Ok(()) } else { Err(Error::NotPending) }
    }

    /// Removes a registration; its address is free.
    pub async fn delete_pending(&self, app: &Arc<App>, registration: &Registration) -> Result<()> {
        let id = match registration {
            Registration::Id(id) => *id,
            Registration::Email(email) => {
                self.store().credential(app.key, email).await?.ok_or(Error::UserNotFound)?.id
            }
        };
        if self.store().delete_pending(app.key, id).await? { Ok(()) } else { Err(Error::NotPending) }
    }
}
