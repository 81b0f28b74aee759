//! Whoever writes, guests' logins apart: each act is a transaction of its own on one of a few connections.
//!
//! An act that met a race or a deadlock, or whose connection was lost before it was committed, is done again whole. So
//! is one whose commit got no answer, if it answers the same when it is done twice; the others are `Unavailable` then,
//! since nobody knows.

use std::collections::HashSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio_postgres::Row;

use super::bind::Params;
use super::connection::{Connection, Last, Told, Transacted};
use super::failure::{self, Failure};
use super::pool::{Pool, rest, within};
use super::sql;
use crate::model::{AppKey, DeviceHash, UserId};
use crate::store::{Answer, Error, Result};

/// How many devices are remembered as written, at some 30 bytes each.
const KNOWN_DEVICES: usize = 8_192;
/// How long an act rests before it is tried again.
pub(super) const REST: Duration = Duration::from_millis(20);

/// What an act holds from its beginning to its end, so that others who change the same wait.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hold {
    /// Nothing, or only what its statements change.
    Nothing,
    /// A user, with all that is its own.
    User(AppKey, UserId),
    /// What is configured: of administrators, and what waits to be of apps.
    Server,
    /// What is configured of apps, which servers remember.
    Remembered,
}

impl Hold {
    /// What a transaction begins with: one message, so that it costs no round trip of its own.
    fn begin(self) -> String {
        match self {
            Hold::Nothing => sql::BEGIN.to_owned(),
            Hold::User(app, user) => sql::begin_with_user(app, user),
            Hold::Server => sql::BEGIN_WITH_SERVER.to_owned(),
            Hold::Remembered => sql::BEGIN_WITH_REMEMBERED.to_owned(),
        }
    }
}

/// Something that is done whole or not at all.
pub(super) trait Act: Send + Sync + 'static {
    /// What the caller learns.
    type Done: Send + 'static;

    /// Whether the act, done again after it was done, answers the same.
    const SAME_AGAIN: bool = false;

    /// Whether it does so much that it may take longer than others.
    const LONG: bool = false;

    /// What it holds.
    fn holds(&self) -> Hold {
        Hold::Nothing
    }

    fn perform(&self, desk: &Desk) -> impl Future<Output = Result<Self::Done>> + Send;
}

/// What acts work with.
pub(super) struct Desk {
    connection: Arc<Connection>,
    devices: Arc<Devices>,
    last: Mutex<Option<Last>>,
}

impl Desk {
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs a statement that returns no rows; says how many rows it changed.
    pub(super) async fn run(&self, statement: &'static str, params: Params<'_>) -> Result<u64> {
        Ok(self.connection.run(statement, params).await?)
    }

    /// The rows of a query.
    pub(super) async fn rows(&self, query: &'static str, params: Params<'_>) -> Result<Vec<Row>> {
        Ok(self.connection.rows(query, params).await?)
    }

    /// Whether a query returns any row.
    pub(super) async fn exists(&self, query: &'static str, params: Params<'_>) -> Result<bool> {
        Ok(self.connection.exists(query, params).await?)
    }

    /// Says statements in one round trip, each of which sees what those before it waited for.
    pub(super) async fn together<const N: usize>(
        &self,
        statements: [(&'static str, Params<'_>); N],
    ) -> Result<[Told; N]> {
        Ok(self.connection.together(statements).await?)
    }

    /// Keeps what is to be said last of all, with the commit: rows for which others wait until then. An act has one
    /// such statement at most.
    pub(super) fn say_last(&self, last: Last) {
        let before = self.last.lock().unwrap_or_else(PoisonError::into_inner).replace(last);
        debug_assert!(before.is_none(), "an act has two last statements");
    }

    fn last(&self) -> Option<Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn devices(&self) -> &Devices {
        &self.devices
    }
}

/// Devices that are surely in the table, so that a login need not write them again.
#[derive(Default)]
pub(super) struct Devices(Mutex<HashSet<(AppKey, DeviceHash)>>);

impl Devices {
    pub(super) fn knows(&self, app: AppKey, hash: DeviceHash) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&(app, hash))
    }

    /// Remembers a device. Its row is committed, or the caller's transaction is not.
    pub(super) fn remember(&self, app: AppKey, hash: DeviceHash) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_DEVICES {
            known.clear();
        }
        known.insert((app, hash));
    }

    /// Forgets all, since rows may have been undone or removed.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The way to the connections that write.
pub(super) struct Writer {
    pool: Arc<Pool>,
    devices: Arc<Devices>,
    /// As many as may wait, and one to close the door with.
    places: Arc<Semaphore>,
    queue: u32,
    /// How long an act may take, with all its tries.
    patience: Duration,
}

/// How much longer an act may take that does much.
const LONG: u32 = 12;

impl Writer {
    pub(super) fn new(pool: Arc<Pool>, devices: Arc<Devices>, queue: usize, patience: Duration) -> Writer {
        let queue = u32::try_from(queue).unwrap_or(u32::MAX).clamp(1, 1 << 20);
        let places = Arc::new(Semaphore::new(queue as usize));
        Writer { pool, devices, places, queue, patience }
    }

    /// Hands in an act at once; what comes back is only its answer, so dropping that changes nothing.
    pub(super) fn submit<A: Act>(&self, act: A) -> Answer<'static, A::Done> {
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => place,
            Err(tokio::sync::TryAcquireError::Closed) => return refused(Failure::Closed),
            Err(tokio::sync::TryAcquireError::NoPermits) => return refused(Failure::QueueFull),
        };
        let (pool, devices) = (Arc::clone(&self.pool), Arc::clone(&self.devices));
        let patience = if A::LONG { LONG * self.patience } else { self.patience };
        let (reply, answer) = oneshot::channel();
        tokio::spawn(async move {
            let done = within(patience, carry_out(&act, &pool, &devices)).await;
            // The caller may have gone away; the act is done all the same.
            let _ = reply.send(done.unwrap_or_else(|| Err(Failure::Late.into())));
            drop(place);
        });
        Box::pin(async move { answer.await.unwrap_or_else(|_| Err(Failure::Panicked.into())) })
    }

    /// Takes no more acts, and waits until those that were accepted are done.
    pub(super) async fn stop(&self) {
        if let Ok(all) = self.places.acquire_many(self.queue).await {
            all.forget();
            self.places.close();
        }
    }
}

fn refused<T: Send + 'static>(failure: Failure) -> Answer<'static, T> {
    Box::pin(std::future::ready(Err(failure.into())))
}

/// Tries until the act is done, or cannot be.
async fn carry_out<A: Act>(act: &A, pool: &Arc<Pool>, devices: &Arc<Devices>) -> Result<A::Done> {
    // What was committed before, unanswered, must be on the replicas as well when it is found.
    let (begin, mut was_unanswered) = (act.holds().begin(), false);
    // Its commit may come while the act looks for what it did: what is in its way then is itself, which the next look
    // finds.
    let mut may_meet_itself = false;
    loop {
        let held = pool.take().await?;
        let desk =
            Desk { connection: held.connection(), devices: Arc::clone(devices), last: Mutex::default() };
        let work = async {
            let done = act.perform(&desk).await?;
            if was_unanswered {
                desk.run(sql::LEAVE_A_MARK, &[]).await?;
            }
            Ok(done)
        };
        let ended = desk.connection.transaction(&begin, work, || desk.last()).await;
        match ended {
            Transacted::Done(done) => {
                held.give_back();
                return Ok(done);
            }
            Transacted::Unanswered(failure) => {
                devices.forget();
                if !A::SAME_AGAIN {
                    tracing::warn!(%failure, "a commit was not answered");
                    return Err(Failure::Unanswered.into());
                }
                (was_unanswered, may_meet_itself) = (true, true);
            }
            Transacted::Undone(error) => {
                let failure = failure::of(&error);
                if failure.is_some_and(Failure::ends_connection) {
                    devices.forget();
                } else {
                    held.give_back();
                }
                let met_itself = matches!(error, Error::Conflict(_)) && std::mem::take(&mut may_meet_itself);
                let passes = failure.is_some_and(|failure| failure.passes() || failure.ends_connection());
                if !met_itself && !passes {
                    return Err(error);
                }
            }
        }
        rest(REST).await;
    }
}
