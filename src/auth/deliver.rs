//! Events on their way to the functions that wait for them: taken from where the act that caused them wrote them, so a
//! crash loses none. Delivered at least once.

use serde_json::{Value, json};

use super::journal::Journal;
use super::logs::trigger_entry;
use super::triggers::Trigger;
use super::{App, Auth, Error, Result};
use crate::model::{RequestId, Timestamp, User};
use crate::store::{Event, Operation, SettleEvent};

/// Events that are taken at once.
const BATCH: u32 = 64;
/// Tries before an event is given up.
const TRIES: u32 = 8;
/// The rest before the second try; it doubles with each.
const FIRST_REST_SECS: i64 = 2;

impl Auth {
    /// Tells whoever delivers that something may be due.
    pub fn events_waiting(&self) {
        self.events.notify_one();
    }

    /// Done when an event was kept since this was last awaited. For one waiter.
    pub async fn event_kept(&self) {
        self.events.notified().await;
    }

    /// Delivers what is due; says when something will be again.
    pub async fn deliver_events(&self) -> Result<Option<Timestamp>> {
        loop {
            let due = self.store().due_events(self.clock().now(), BATCH).await?;
            if due.is_empty() {
                return Ok(self.store().next_event().await?);
            }
            for event in due {
                self.deliver(event).await?;
            }
        }
    }

    async fn deliver(&self, event: Event) -> Result<()> {
        let settled = SettleEvent { app: event.app, id: event.id, again: None };
        let Some(app) = self.apps().into_iter().find(|app| app.key == event.app) else {
            return Ok(self.store().settle_event(settled).await?);
        };
        let triggers: Vec<Trigger> =
            app.behaviour.triggers.of(event.operation, &event.providers).cloned().collect();
        let Some(told) = self.told(&app, &event).await? else {
            return Ok(self.store().settle_event(settled).await?);
        };
        let mut failed = None;
        for trigger in triggers {
            let ran = self.pull(&app, &event, &trigger, told.clone()).await;
            failed = ran.err().or(failed);
        }
        let again = failed
            .filter(|_| event.tries + 1 < TRIES)
            .map(|_| self.clock().now().plus(FIRST_REST_SECS << event.tries.min(16)));
        Ok(self.store().settle_event(SettleEvent { again, ..settled }).await?)
    }

    /// Calls the function of a trigger, and tells of it in the app's log.
    async fn pull(&self, app: &App, event: &Event, trigger: &Trigger, told: Value) -> Result<()> {
        let began = self.clock().now_ms();
        let run = self.run_system_function(app, &trigger.function, vec![told]);
        let (ran, mut journal) = Journal::kept(run).await;
        journal.user = Some(event.user);
        let ended = self.clock().now_ms();
        let error = ran.as_ref().err().map(Error::reason);
        let id = self.dice().object_id(began.second());
        let names = (trigger.name.as_str(), trigger.function.as_str());
        let request = RequestId(event.id.0);
        self.log_by_itself(
            app,
            trigger_entry(id, request, names, (began, ended), &journal, error.as_deref()),
        );
        if let Err(error) = &ran {
            tracing::warn!(app = %app.client_app_id, function = %trigger.function, %error, "a trigger failed");
        }
        ran.map(|_| ())
    }

    /// What the function is shown: `None` when the user is gone and nobody kept what it was.
    async fn told(&self, app: &App, event: &Event) -> Result<Option<Value>> {
        let user = match &event.snapshot {
            Some(snapshot) => serde_json::from_str(snapshot).ok(),
            None if event.operation == Operation::Delete => Some(gone_guest(event)),
            None => self.store().user(app.key, event.user).await?.map(|user| user_object(&user)),
        };
        let operation = match event.operation {
            Operation::Create => "CREATE",
            Operation::Login => "LOGIN",
            Operation::Delete => "DELETE",
        };
        Ok(user.map(|user| {
            json!({
                "operationType": operation, "providers": event.providers, "user": user,
                "time": { "$date": { "$numberLong": (event.at.0 * 1000).to_string() } },
            })
        }))
    }
}

/// A user as functions and triggers see it.
pub(super) fn user_object(user: &User) -> Value {
    let identities: Vec<Value> = user
        .identities
        .iter()
        .map(|identity| json!({ "id": identity.id, "provider_type": identity.provider, "data": identity.data }))
        .collect();
    json!({
        "id": user.id, "type": user.kind, "data": user.data(None),
        "custom_data": user.custom_data.clone().unwrap_or_default(), "identities": identities,
    })
}

/// A guest that expired: its id tells everything there was.
fn gone_guest(event: &Event) -> Value {
    let identity = crate::model::anonymous_identity_id(event.user);
    json!({
        "id": event.user, "type": "normal", "data": {}, "custom_data": {},
        "identities": [{ "id": identity, "provider_type": "anon-user", "data": {} }],
    })
}
