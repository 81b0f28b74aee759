//! What triggers wait for.

use crate::model::{AppKey, EventId, ProviderType, Timestamp, User, UserId};
use crate::store::postgres::bind::{List, params};
use crate::store::postgres::failure::refuse_nul;
use crate::store::postgres::sql;
use crate::store::postgres::writer::{Act, Desk};
use crate::store::{Event, Events, NewEvent, Operation, Result, SettleEvent};

/// Something that happened to a user through a provider.
pub(in crate::store::postgres) struct Happened {
    pub(in crate::store::postgres) app: AppKey,
    pub(in crate::store::postgres) user: UserId,
    pub(in crate::store::postgres) provider: ProviderType,
    pub(in crate::store::postgres) at: Timestamp,
}

impl Happened {
    /// The events of it that are waited for.
    pub(in crate::store::postgres) fn events(self, wanted: Events) -> impl Iterator<Item = Event> {
        let Happened { app, user, provider, at } = self;
        [(wanted.create, Operation::Create), (wanted.login, Operation::Login)].into_iter().filter_map(
            move |(id, operation)| {
                let providers = vec![provider];
                Some(Event { id: id?, app, operation, user, providers, snapshot: None, at, tries: 0 })
            },
        )
    }

    /// Keeps the events that are waited for.
    pub(super) async fn keep(self, desk: &Desk, wanted: Events) -> Result<()> {
        keep(desk, &self.events(wanted).collect::<Vec<_>>()).await
    }
}

/// The event of a user that was removed.
fn removal(app: AppKey, user: UserId, event: NewEvent) -> Result<Event> {
    let NewEvent { id, user: snapshot, providers, at } = event;
    refuse_nul([snapshot.as_str()])?;
    let (operation, snapshot) = (Operation::Delete, Some(snapshot));
    Ok(Event { id, app, operation, user, providers, snapshot, at, tries: 0 })
}

/// Keeps the event of a user that was removed.
pub(super) async fn keep_removal(desk: &Desk, app: AppKey, user: UserId, event: &NewEvent) -> Result<()> {
    keep(desk, &[removal(app, user, event.clone())?]).await
}

/// The event of a guest that a sweep removed, under the user's own id.
pub(super) fn of_expiry(app: AppKey, user: &User, at: Timestamp) -> Result<Event> {
    let providers = user.identities.iter().map(|identity| identity.provider).collect();
    removal(app, user.id, NewEvent { id: EventId(user.id.0), user: user.shown().to_string(), providers, at })
}

/// Keeps events, if there are any.
pub(super) async fn keep(desk: &Desk, events: &[Event]) -> Result<()> {
    if !events.is_empty() {
        let Listed { apps, ids, operations, users, providers, snapshots, ats } = Listed::from(events);
        let params = params![apps, ids, operations, users, providers, snapshots, ats];
        desk.run(sql::INSERT_EVENTS, params).await?;
    }
    Ok(())
}

/// Events as a statement takes them, column by column.
pub(in crate::store::postgres) struct Listed {
    pub(in crate::store::postgres) apps: List<i32>,
    pub(in crate::store::postgres) ids: List<[u8; 12]>,
    pub(in crate::store::postgres) operations: List<u8>,
    pub(in crate::store::postgres) users: List<[u8; 12]>,
    pub(in crate::store::postgres) providers: List<Vec<u8>>,
    pub(in crate::store::postgres) snapshots: List<Option<String>>,
    pub(in crate::store::postgres) ats: List<i64>,
}

impl From<&[Event]> for Listed {
    fn from(events: &[Event]) -> Listed {
        let operation = |event: &Event| match event.operation {
            Operation::Create => 0,
            Operation::Login => 1,
            Operation::Delete => 2,
        };
        let providers = |event: &Event| event.providers.iter().map(|provider| provider.number()).collect();
        Listed {
            apps: List(events.iter().map(|event| event.app.0).collect()),
            ids: List(events.iter().map(|event| event.id.0.0).collect()),
            operations: List(events.iter().map(operation).collect()),
            users: List(events.iter().map(|event| event.user.0.0).collect()),
            providers: List(events.iter().map(providers).collect()),
            snapshots: List(events.iter().map(|event| event.snapshot.clone()).collect()),
            ats: List(events.iter().map(|event| event.at.0).collect()),
        }
    }
}

impl Act for SettleEvent {
    type Done = ();
    const SAME_AGAIN: bool = true;

    async fn perform(&self, desk: &Desk) -> Result<()> {
        match self.again {
            Some(at) => desk.run(sql::PUT_OFF_EVENT, params![self.app.0, self.id.0.0, at.0]).await?,
            None => desk.run(sql::DELETE_EVENT, params![self.app.0, self.id.0.0]).await?,
        };
        Ok(())
    }
}
