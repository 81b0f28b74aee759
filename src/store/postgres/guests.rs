//! Guests' logins, gathered: whatever has come meanwhile is one statement and one commit.
//!
//! There is no timer: while one batch is under way, the next one gathers, so a lone caller waits for nobody. Two batches
//! are under way at once on one connection, so that the database has the next one when it has committed the first.
//!
//! An id that is taken fails the statement for everybody in it, so the batch is done again in halves; what is left of
//! it alone goes the way of any other act, which looks first. After an answer that was lost, those who are there already
//! are found by their sessions, so nobody is made twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};

use super::acts::{Happened, Listed};
use super::bind::{List, params};
use super::connection::{Connection, Manners};
use super::failure::Failure;
use super::pool::{Shared, rest, within};
use super::queue::Queue;
use super::row::Cells;
use super::sql;
use super::writer::{Devices, REST, Writer};
use crate::model::{AppKey, Device, ProviderType, SessionId};
use crate::store::{Answer, Event, LogIn, LoggedIn, Result};

/// How many logins share one statement at most.
const BATCH: usize = 1_024;
/// How many statements are under way at once.
const UNDER_WAY: usize = 2;

/// Whether a login is one that gathers: a guest's.
pub(super) fn gathers(act: &LogIn) -> bool {
    let nul = act.device_details.as_ref().is_some_and(|device| device.details.contains('\0'));
    act.identity.is_none() && !nul
}

/// A login and whoever waits for it.
struct Job {
    act: LogIn,
    reply: oneshot::Sender<Result<LoggedIn>>,
}

impl Job {
    fn answer(self, answer: Result<LoggedIn>) {
        // The caller may have gone away; the act is done all the same.
        let _ = self.reply.send(answer);
    }

    fn answer_in(self) {
        let user = self.act.user;
        self.answer(Ok(LoggedIn::In { user, created: true, identity: 0, custom_data: None }));
    }
}

/// Where logins gather.
pub(super) struct Guests {
    queue: Queue<Job>,
    /// Free when everything that was accepted is done.
    gathering: Arc<Mutex<()>>,
}

/// What batches are carried out with.
struct Desk {
    shared: Shared,
    devices: Arc<Devices>,
    writer: Arc<Writer>,
    patience: Duration,
}

impl Guests {
    /// Starts to gather, with room for `queue` logins that wait.
    pub(super) async fn start(
        manners: &Arc<Manners>,
        devices: Arc<Devices>,
        writer: Arc<Writer>,
        queue: usize,
    ) -> Guests {
        let (queue, receiver) = Queue::new(queue);
        let gathering = Arc::new(Mutex::new(()));
        let held = Arc::clone(&gathering).lock_owned().await;
        let shared = Shared::new(Arc::clone(manners));
        let desk = Arc::new(Desk { shared, devices, writer, patience: manners.whole() });
        tokio::spawn(async move {
            gather(desk, receiver).await;
            drop(held);
        });
        Guests { queue, gathering }
    }

    /// Hands in a guest's login at once; what comes back is only its answer, so dropping that changes nothing.
    pub(super) fn submit(&self, act: LogIn) -> Answer<'static, LoggedIn> {
        self.queue.submit(|reply| Job { act, reply })
    }

    /// Takes no more logins, and waits until those that were accepted are done.
    pub(super) async fn stop(&self) {
        self.queue.close();
        let _ = self.gathering.lock().await;
    }
}

async fn gather(desk: Arc<Desk>, mut queue: mpsc::Receiver<Job>) {
    let under_way = Arc::new(Semaphore::new(UNDER_WAY));
    loop {
        let Ok(place) = Arc::clone(&under_way).acquire_owned().await else { return };
        let mut batch = Vec::with_capacity(BATCH);
        if queue.recv_many(&mut batch, BATCH).await == 0 {
            break;
        }
        let desk = Arc::clone(&desk);
        tokio::spawn(async move {
            // Whoever is not answered when this ends learns that it took too long.
            let _ = within(desk.patience, carry_out(&desk, batch)).await;
            drop(place);
        });
    }
    let _ = under_way.acquire_many(UNDER_WAY as u32).await;
    desk.shared.close().await;
}

/// Does a batch, until everybody in it is answered.
async fn carry_out(desk: &Desk, batch: Vec<Job>) {
    let mut left = vec![batch];
    let mut is_doubtful = false;
    while let Some(batch) = left.pop() {
        let connection = desk.shared.get().await;
        let batch = if is_doubtful { settle_done(&connection, batch).await } else { Ok(batch) };
        let mut batch = match batch {
            Ok(batch) if batch.is_empty() => continue,
            Ok(batch) => batch,
            Err(batch) => {
                left.push(batch);
                rest(REST).await;
                continue;
            }
        };
        match insert(desk, &connection, &batch).await {
            Ok(()) => batch.into_iter().for_each(Job::answer_in),
            Err(failure) if failure.is_taken() || failure.passes() => {
                if batch.len() > 1 {
                    left.push(batch.split_off(batch.len() / 2));
                    left.push(batch);
                } else if let Some(job) = batch.pop() {
                    // Handed in without a wait: whoever is alone now must not keep the others waiting.
                    let answer = desk.writer.submit(job.act.clone());
                    tokio::spawn(async move { job.answer(answer.await) });
                }
            }
            Err(failure) if failure.ends_connection() => {
                is_doubtful = true;
                desk.devices.forget();
                left.push(batch);
                rest(REST).await;
            }
            Err(failure) => {
                batch.into_iter().for_each(|job| job.answer(Err(failure.clone().into())));
            }
        }
    }
}

/// The events of a login that triggers wait for.
fn waited_for(act: &LogIn) -> impl Iterator<Item = Event> {
    let (user, provider) = (act.user, ProviderType::AnonUser);
    Happened { app: act.app, user, provider, at: act.now }.events(act.events)
}

/// Inserts a batch: users, sessions, the devices that are new, and events.
async fn insert(desk: &Desk, connection: &Connection, batch: &[Job]) -> std::result::Result<(), Failure> {
    // In the order of their keys, so that two servers never wait for each other.
    let mut devices: BTreeMap<(i32, [u8; 16]), (AppKey, &Device)> = BTreeMap::new();
    for LogIn { app, device_details, .. } in batch.iter().map(|job| &job.act) {
        if let Some(device) = device_details
            && !desk.devices.knows(*app, device.hash)
        {
            devices.insert((app.0, device.hash.0), (*app, device));
        }
    }
    let acts = || batch.iter().map(|job| &job.act);
    let apps = List(acts().map(|act| act.app.0).collect());
    let users = List(acts().map(|act| act.user.0.0).collect());
    let sessions = List(acts().map(|act| act.session.0.0).collect());
    let ids = List(acts().map(|act| act.device.map(|id| id.0.0)).collect());
    let hashes = List(acts().map(|act| act.device_details.as_ref().map(|device| device.hash.0)).collect());
    let ends = List(acts().map(|act| act.expires.map(|at| at.0)).collect());
    let events: Vec<Event> = acts().flat_map(waited_for).collect();
    if devices.is_empty() && events.is_empty() {
        let params = params![apps, users, sessions, ids, hashes, ends];
        return connection.run(sql::INSERT_GUESTS, params).await.map(|_| ());
    }
    let of_apps = List(devices.keys().map(|(app, _)| *app).collect());
    let new = List(devices.keys().map(|(_, hash)| *hash).collect());
    let details = List(devices.values().map(|(_, device)| device.details.as_str()).collect());
    let Listed { apps: in_apps, ids: events, operations, users: of, providers, snapshots, ats } =
        Listed::from(&events[..]);
    let params = params![
        apps, users, sessions, ids, hashes, ends, of_apps, new, details, in_apps, events, operations, of,
        providers, snapshots, ats
    ];
    connection.run(sql::INSERT_GUESTS_AND_MORE, params).await?;
    devices.values().for_each(|(app, device)| desk.devices.remember(*app, device.hash));
    Ok(())
}

/// Answers those of a batch who are there already, and are surely on the replicas; gives the others back.
async fn settle_done(connection: &Connection, batch: Vec<Job>) -> std::result::Result<Vec<Job>, Vec<Job>> {
    let acts = || batch.iter().map(|job| &job.act);
    let (apps, users, sessions) = (
        List(acts().map(|act| act.app.0).collect()),
        List(acts().map(|act| act.user.0.0).collect()),
        List(acts().map(|act| act.session.0.0).collect()),
    );
    let rows = connection.rows(sql::SESSIONS_THERE, params![apps, users, sessions]).await;
    let there = rows.map_err(Into::into).and_then(|rows| {
        let ids = rows.iter().map(|row| Cells::new(row, "sessions", 0).object_id(0).map(SessionId));
        ids.collect::<Result<Vec<_>>>()
    });
    let Ok(there) = there else { return Err(batch) };
    let (done, left): (Vec<Job>, Vec<Job>) =
        batch.into_iter().partition(|job| there.contains(&job.act.session));
    done.into_iter().for_each(Job::answer_in);
    Ok(left)
}
