//! What an administrator sees of users.

use std::sync::Arc;

use serde_json::Value;

use super::{App, Auth, Error, Result};
use crate::model::{Order, Page, Session, User, UserId};

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
    pub async fn users(&self, app: &Arc<App>, mut page: Page) -> Result<Vec<User>> {
        page.providers.sort_unstable_by_key(|provider| provider.number());
        page.providers.dedup();
        Ok(self.store().users(app.key, page).await?)
    }

    /// What a page that follows a user goes on from, when nobody said: what the user has its place by.
    pub async fn place(&self, app: &Arc<App>, user: UserId, order: Order) -> Result<i64> {
        if order == Order::Id {
            return Ok(0);
        }
        let last = self.store().user(app.key, user).await?;
        last.map(|last| order.value(&last)).ok_or_else(|| {
            Error::BadParameter("`after`: that user is gone: give the sorted value before the id".to_owned())
        })
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
