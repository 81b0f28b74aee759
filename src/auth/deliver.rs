//! Events on their way to the functions that wait for them: taken from where the act that caused them wrote them, so a
//! crash loses none. Delivered at least once: while the server runs, a trigger that has run is not called again for the
//! sake of another that failed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::journal::Journal;
use super::logs::trigger_entry;
use super::triggers::Trigger;
use super::{App, Auth, Error, Result};
use crate::model::{AppKey, EventId, RequestId, Timestamp, User};
use crate::store::{self, Event, Operation, SettleEvent};

/// Events that are taken at once.
const BATCH: u32 = 64;
/// Tries before an event is given up.
const TRIES: u32 = 8;
/// The rest before the second try; it doubles with each.
const FIRST_REST_SECS: i64 = 2;
/// How long the event of an app waits that cannot be read here.
const UNREAD_REST_SECS: i64 = 600;
/// Events of which it is known what ran. Beyond that it is forgotten, and all of their triggers are called again.
const MOST_KNOWN: usize = 10_000;

/// The triggers that have run for events which are tried again for the sake of others.
#[derive(Default)]
pub(super) struct Pulled(Mutex<HashMap<(AppKey, EventId), Vec<Trigger>>>);

impl Pulled {
    fn of(&self, event: &Event) -> Vec<Trigger> {
        self.known().get(&(event.app, event.id)).cloned().unwrap_or_default()
    }

    fn keep(&self, event: &Event, triggers: Vec<Trigger>) {
        let mut known = self.known();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert((event.app, event.id), triggers);
    }

    fn forget(&self, event: &Event) {
        self.known().remove(&(event.app, event.id));
    }

    fn known(&self) -> MutexGuard<'_, HashMap<(AppKey, EventId), Vec<Trigger>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
            // Another server may have kept it, for a trigger or an app that this one has not read yet.
            self.catch_up().await?;
            for event in due {
                self.deliver(event).await?;
            }
        }
    }

    async fn deliver(&self, event: Event) -> Result<()> {
        let again = self.call_triggers(&event).await?;
        self.store().settle_event(SettleEvent { app: event.app, id: event.id, again }).await?;
        if again.is_none() {
            self.pulled.forget(&event);
        }
        Ok(())
    }

    /// Calls the triggers of an event that have not run for it; says when that is to be tried again.
    async fn call_triggers(&self, event: &Event) -> Result<Option<Timestamp>> {
        let Some(app) = self.apps().into_iter().find(|app| app.key == event.app) else {
            // Kept until somebody can read the app; of one that was deleted nothing is left.
            let unread = self.is_unread(event.app);
            return Ok(unread.then(|| self.clock().now().plus(UNREAD_REST_SECS)));
        };
        let told = match self.told(&app, event).await {
            Ok(Some(told)) => told,
            Ok(None) => return Ok(None),
            // Whoever cannot be read must not keep everybody else's events waiting.
            Err(Error::Store(error @ store::Error::Corrupt { .. })) => {
                tracing::error!(app = %app.client_app_id, %error, "an event cannot be told");
                return Ok(self.again(event));
            }
            Err(error) => return Err(error),
        };
        let mut ran = self.pulled.of(event);
        let waiting = app.behaviour.triggers.of(event.operation, &event.providers);
        let waiting: Vec<Trigger> = waiting.filter(|trigger| !ran.contains(trigger)).cloned().collect();
        let mut failed = Vec::new();
        for trigger in waiting {
            match self.pull(&app, event, &trigger, told.clone()).await {
                Ok(()) => ran.push(trigger),
                Err(_) => failed.push(trigger),
            }
        }
        let again = self.again(event).filter(|_| !failed.is_empty());
        if again.is_none() {
            return Ok(None);
        }
        // Triggers that nothing tells apart are called again together, rather than one of them never.
        ran.retain(|trigger| !failed.contains(trigger));
        self.pulled.keep(event, ran);
        Ok(again)
    }

    /// When what failed is tried again: `None` when it has been often enough.
    fn again(&self, event: &Event) -> Option<Timestamp> {
        let rest = FIRST_REST_SECS << event.tries.min(16);
        (event.tries + 1 < TRIES).then(|| self.clock().now().plus(rest))
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
