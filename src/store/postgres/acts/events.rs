//! What triggers wait for.

use crate::model::{AppKey, EventId, ProviderType, Timestamp, User, UserId};
use crate::store::postgres::bind::params;
use crate::store::postgres::failure::refuse_nul;
use crate::store::postgres::sql;
use crate::store::postgres::writer::{Act, Desk};
use crate::store::{Event, Events, NewEvent, Operation, Result, SettleEvent};

/// Something that happened to a user through a provider.
pub(super) struct Happened {
    pub(super) app: AppKey,
    pub(super) user: UserId,
    pub(super) provider: ProviderType,
    pub(super) at: Timestamp,
}

impl Happened {
    /// Keeps the events that are waited for.
    pub(super) async fn keep(&self, desk: &Desk, events: Events) -> Result<()> {
        for (id, operation) in [(events.create, Operation::Create), (events.login, Operation::Login)] {
            let Some(id) = id else { continue };
            let Happened { app, user, provider, at } = *self;
            let providers = vec![provider];
            insert(desk, &Event { id, app, operation, user, providers, snapshot: None, at, tries: 0 })
                .await?;
        }
        Ok(())
    }
}

/// Keeps the event of a user that was removed.
pub(super) async fn keep_removal(desk: &Desk, app: AppKey, user: UserId, event: &NewEvent) -> Result<()> {
    let NewEvent { id, user: snapshot, providers, at } = event.clone();
    refuse_nul([snapshot.as_str()])?;
    let (operation, snapshot) = (Operation::Delete, Some(snapshot));
    insert(desk, &Event { id, app, operation, user, providers, snapshot, at, tries: 0 }).await
}

/// Keeps the event of a guest that a sweep removed, under the user's own id.
pub(super) async fn keep_expiry(desk: &Desk, app: AppKey, user: &User, at: Timestamp) -> Result<()> {
    let providers = user.identities.iter().map(|identity| identity.provider).collect();
    let event = NewEvent { id: EventId(user.id.0), user: user.shown().to_string(), providers, at };
    keep_removal(desk, app, user.id, &event).await
}

async fn insert(desk: &Desk, event: &Event) -> Result<()> {
    let Event { id, app, operation, user, providers, snapshot, at, .. } = event;
    let operation = match operation {
        Operation::Create => 0,
        Operation::Login => 1,
        Operation::Delete => 2,
    };
    let providers: Vec<u8> = providers.iter().map(|provider| provider.number()).collect();
    let params = params![app.0, id.0.0, operation, user.0.0, providers, snapshot, at.0];
    desk.run(sql::INSERT_EVENT, params).await?;
    Ok(())
}

impl Act for SettleEvent {
    type Done = ();

    async fn perform(&self, desk: &Desk) -> Result<()> {
        match self.again {
            Some(at) => desk.run(sql::PUT_OFF_EVENT, params![self.app.0, self.id.0.0, at.0]).await?,
            None => desk.run(sql::DELETE_EVENT, params![self.app.0, self.id.0.0]).await?,
        };
        Ok(())
    }
}
