//! The ask that every request with a token makes, gathered: whoever has come meanwhile is one query.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot};

use super::bind::{List, params};
use super::connection::Manners;
use super::pool::{Shared, rest, within};
use super::queue::Queue;
use super::writer::REST;
use super::{row, sql};
use crate::model::{AppKey, SessionId, UserId};
use crate::store::{Answer, Bearer, Error, Result};

/// How many asks share one query at most.
const BATCH: usize = 512;

/// An ask and whoever waits for it.
struct Job {
    app: AppKey,
    user: UserId,
    session: SessionId,
    reply: oneshot::Sender<Result<Option<Bearer>>>,
}

/// Where asks gather.
pub(super) struct Bearers(Queue<Job>);

impl Bearers {
    /// Starts to gather, on `connections` connections at once, with room for `queue` asks that wait.
    pub(super) fn start(manners: &Arc<Manners>, connections: usize, queue: usize) -> Bearers {
        let (queue, receiver) = Queue::new(queue);
        let shared = (0..connections.max(1)).map(|_| Shared::new(Arc::clone(manners))).collect();
        tokio::spawn(gather(shared, receiver, manners.whole()));
        Bearers(queue)
    }

    pub(super) fn ask(
        &self,
        app: AppKey,
        user: UserId,
        session: SessionId,
    ) -> Answer<'static, Option<Bearer>> {
        self.0.submit(|reply| Job { app, user, session, reply })
    }

    /// Takes no more asks.
    pub(super) fn stop(&self) {
        self.0.close();
    }
}

async fn gather(shared: Vec<Shared>, mut queue: mpsc::Receiver<Job>, patience: Duration) {
    let shared: Arc<[Shared]> = shared.into();
    let free = Arc::new(Semaphore::new(shared.len()));
    let mut next = 0;
    loop {
        let Ok(place) = Arc::clone(&free).acquire_owned().await else { return };
        let mut batch = Vec::with_capacity(BATCH);
        if queue.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        next = (next + 1) % shared.len();
        let (shared, which) = (Arc::clone(&shared), next);
        tokio::spawn(async move {
            // Whoever is not answered when this ends learns that it took too long.
            let _ = within(patience, answer(&shared[which], batch)).await;
            drop(place);
        });
    }
}

async fn answer(shared: &Shared, batch: Vec<Job>) {
    let (apps, users, sessions) = (
        List(batch.iter().map(|job| job.app.0).collect()),
        List(batch.iter().map(|job| job.user.0.0).collect()),
        List(batch.iter().map(|job| job.session.0.0).collect()),
    );
    let rows = loop {
        let rows = shared.get().await.rows(sql::BEARERS, params![apps, users, sessions]).await;
        match rows {
            Err(failure) if failure.ends_connection() => rest(REST).await,
            rows => break rows,
        }
    };
    let mut found: Vec<Result<Option<Bearer>>> = match &rows {
        Ok(_) => batch.iter().map(|_| Ok(None)).collect(),
        Err(failure) => batch.iter().map(|_| Err(Error::from(failure.clone()))).collect(),
    };
    for row in rows.iter().flatten() {
        let place = row::place_of_ask(row).ok().and_then(|place| found.get_mut(place));
        if let Some(place) = place {
            *place = row::bearer_at(row, 1).map(Some);
        }
    }
    for (job, answer) in batch.into_iter().zip(found) {
        let _ = job.reply.send(answer);
    }
}
