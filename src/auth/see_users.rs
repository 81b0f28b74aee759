//! What an administrator sees of users.

use std::sync::Arc;

use serde_json::Value;

use super::{App, Auth, Error, Result};
use crate::model::{ProviderType, Session, User, UserId};
use crate::store::Page;

/// Which users are wanted, by ascending id.
#[derive(Clone, Debug, Default)]
pub struct UserQuery {
    /// The last id of the page before.
    pub after: Option<UserId>,
    /// At most so many.
    pub limit: u32,
    /// Only disabled users, or only enabled ones.
    pub disabled: Option<bool>,
    /// Only guests, or only others.
    pub guest: Option<bool>,
    /// Only users with an identity of one of these providers.
    pub providers: Option<Vec<ProviderType>>,
}

/// A session with what its device said of itself.
#[derive(Clone, Debug)]
pub struct SeenSession {
    /// The session.
    pub session: Session,
    /// A JSON object of the fields that the SDK sent.
    pub device: Option<Value>,
}

impl Auth {
    /// One user.
    pub async fn user(&self, app: &Arc<App>, user: UserId) -> Result<User> {
        self.store().user(app.key, user).await?.ok_or(Error::UserNotFound)
    }

    /// A page of users.
    pub async fn users(&self, app: &Arc<App>, query: &UserQuery) -> Result<Vec<User>> {
        let wanted = |user: &User| match &query.providers {
            None => true,
            Some(wanted) => user.identities.iter().any(|identity| wanted.contains(&identity.provider)),
        };
        // A guest's one identity is anonymous, so whoever does not ask for those need not read past guests.
        let unasked =
            query.providers.as_ref().filter(|p| !p.contains(&ProviderType::AnonUser)).map(|_| false);
        let guest = query.guest.or(unasked);
        let mut page = Page { after: query.after, limit: query.limit, guest, disabled: query.disabled };
        let mut found = Vec::new();
        loop {
            let users = self.store().users(app.key, page).await?;
            let whole = users.len() as u64 == u64::from(page.limit);
            page.after = users.last().map(|user| user.id);
            found.extend(users.into_iter().filter(wanted));
            found.truncate(query.limit as usize);
            if !whole || found.len() as u64 == u64::from(query.limit) {
                return Ok(found);
            }
        }
    }

    /// How many users an app has.
    pub async fn user_count(&self, app: &Arc<App>) -> Result<u64> {
        Ok(self.store().user_count(app.key).await?)
    }

    /// A user's sessions, oldest first.
    pub async fn sessions_of(&self, app: &Arc<App>, user: UserId) -> Result<Vec<SeenSession>> {
        let mut seen = Vec::new();
        for session in self.store().sessions_of(app.key, user).await? {
            let details = match session.device_details {
                Some(hash) => self.store().device(app.key, hash).await?,
                None => None,
            };
            let device = details.and_then(|text| serde_json::from_str(&text).ok());
            seen.push(SeenSession { session, device });
        }
        Ok(seen)
    }
}
