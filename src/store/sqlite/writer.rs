//! The one thread that writes. Idle it sleeps on its queue; awake it takes what has gathered, gives each act a
//! savepoint, commits once, and only then answers every caller.
//!
//! There is no timer: while one batch syncs, the next one gathers, so a lone caller waits for nobody.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use rusqlite::{Connection, Params};
use tokio::sync::oneshot;

use super::failure::Failure;
use super::readers::Readers;
use super::sql;
use crate::model::{AppKey, DeviceHash};
use crate::store::{Answer, Hold, Result};

/// How many acts share one commit at most: some 10 ms of work, so that no caller waits longer than that for others.
const BATCH: usize = 2_048;

/// After how many pages the log is folded into the file, between two batches. Whoever comes meanwhile waits for that
/// once. With 128 callers and some 15 logins to a page, 4,000 pages (16 MiB) are some 60,000 logins: the fold takes
/// about 10 ms and meets 0.2 % of them, so p99 does not see it. SQLite's 1,000 would meet nearly 1 %, and 20,000
/// would take long enough to be felt as a pause.
const FOLD_PAGES: i64 = 4_000;

/// How many devices are remembered as written, at some 30 bytes each.
const KNOWN_DEVICES: usize = 8_192;

/// What waits for the thread, and what may come to it.
struct Queue {
    sender: SyncSender<Box<dyn Work>>,
    hold: Hold,
}

/// Something that is done in a savepoint of its own. An error undoes all of it, and nothing else.
pub(super) trait Act: Send + 'static {
    /// What the caller learns.
    type Done: Send + 'static;

    /// Whether it only writes down what happened before.
    const TELLS: bool = false;

    fn perform(&self, desk: &mut Desk) -> Result<Self::Done>;
}

/// What acts work with.
pub(super) struct Desk {
    connection: Connection,
    /// Devices that are surely in the table, so that a login need not write them again. Forgotten whenever anything
    /// is undone, since the row may be undone with it.
    known_devices: HashSet<(AppKey, DeviceHash)>,
    readers: Arc<Readers>,
    /// How many pages the log has when it is folded next.
    fold_at: i64,
}

impl Desk {
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs a statement that returns no rows; says how many rows it changed.
    pub(super) fn run(&self, statement: &str, params: impl Params) -> rusqlite::Result<usize> {
        self.connection.prepare_cached(statement)?.execute(params)
    }

    /// Whether a query returns any row.
    pub(super) fn exists(&self, query: &str, params: impl Params) -> rusqlite::Result<bool> {
        self.connection.prepare_cached(query)?.exists(params)
    }

    pub(super) fn knows_device(&self, app: AppKey, hash: DeviceHash) -> bool {
        self.known_devices.contains(&(app, hash))
    }

    pub(super) fn remember_device(&mut self, app: AppKey, hash: DeviceHash) {
        if self.known_devices.len() >= KNOWN_DEVICES {
            self.known_devices.clear();
        }
        self.known_devices.insert((app, hash));
    }
}

/// The way to the thread.
pub(super) struct Writer {
    queue: RwLock<Option<Queue>>,
    thread: Mutex<Option<JoinHandle<Connection>>>,
}

impl Writer {
    /// Starts the thread on its connection, with room for `queue` waiting acts.
    pub(super) fn start(
        connection: Connection,
        readers: Arc<Readers>,
        queue: usize,
    ) -> std::io::Result<Writer> {
        let (sender, receiver) = sync_channel(queue);
        let thread = std::thread::Builder::new().name("sqlite-writer".to_owned()).spawn(move || {
            let known_devices = HashSet::new();
            let mut desk = Desk { connection, known_devices, readers, fold_at: FOLD_PAGES };
            run(&mut desk, &receiver);
            desk.connection
        })?;
        let queue = Queue { sender, hold: Hold::Nothing };
        Ok(Writer { queue: RwLock::new(Some(queue)), thread: Mutex::new(Some(thread)) })
    }

    /// Hands in an act at once; what comes back is only its answer, so dropping that changes nothing.
    pub(super) fn submit<A: Act>(&self, act: A) -> Answer<'static, A::Done> {
        self.submit_if(act, |hold| match hold {
            Hold::Nothing => true,
            Hold::ButTelling => A::TELLS,
            Hold::Everything => false,
        })
    }

    /// The same of what changes nothing, whatever is refused.
    pub(super) fn look<A: Act>(&self, act: A) -> Answer<'static, A::Done> {
        self.submit_if(act, |_| true)
    }

    fn submit_if<A: Act>(&self, act: A, may: impl Fn(Hold) -> bool) -> Answer<'static, A::Done> {
        let (reply, answer) = oneshot::channel();
        let sent = self.send(Box::new(Job { act, reply, done: None }), may);
        answered(sent, answer)
    }

    /// Says what is refused from now on; done when everything that was accepted before is.
    pub(super) fn hold(&self, hold: Hold) -> Answer<'static, ()> {
        if let Some(queue) = self.queue.write().unwrap_or_else(PoisonError::into_inner).as_mut() {
            queue.hold = hold;
        }
        self.look(Nothing)
    }

    fn send(&self, work: Box<dyn Work>, may: impl Fn(Hold) -> bool) -> std::result::Result<(), Failure> {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        let queue = queue.as_ref().ok_or(Failure::Closed)?;
        if !may(queue.hold) {
            return Err(Failure::Held);
        }
        queue.sender.try_send(work).map_err(|refused| match refused {
            TrySendError::Full(_) => Failure::QueueFull,
            TrySendError::Disconnected(_) => Failure::Closed,
        })
    }

    /// Whether acts can still be handed in.
    pub(super) fn alive(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Takes no more acts, waits until those that were accepted are done, and gives the connection back. `None` when
    /// that was done before.
    pub(super) fn stop(&self) -> Option<Connection> {
        self.queue.write().unwrap_or_else(PoisonError::into_inner).take();
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        thread.take().and_then(|thread| thread.join().ok())
    }
}

fn answered<T: Send + 'static>(
    sent: std::result::Result<(), Failure>,
    answer: oneshot::Receiver<Result<T>>,
) -> Answer<'static, T> {
    Box::pin(async move {
        sent?;
        // A reply that is dropped unanswered means that the thread is gone.
        answer.await.unwrap_or_else(|_| Err(Failure::Closed.into()))
    })
}

/// Behind everything that was accepted before.
struct Nothing;

impl Act for Nothing {
    type Done = ();

    fn perform(&self, _: &mut Desk) -> Result<()> {
        Ok(())
    }
}

/// An act on its way, whatever it answers.
trait Work: Send {
    /// Performs the act; says whether its changes are to be kept.
    fn perform(&mut self, desk: &mut Desk) -> bool;

    /// Answers the caller, now that the shared transaction has ended well or not.
    fn settle(self: Box<Self>, end: &std::result::Result<(), Failure>);
}

struct Job<A: Act> {
    act: A,
    reply: oneshot::Sender<Result<A::Done>>,
    done: Option<Result<A::Done>>,
}

impl<A: Act> Work for Job<A> {
    fn perform(&mut self, desk: &mut Desk) -> bool {
        let done = self.act.perform(desk);
        let keep = done.is_ok();
        self.done = Some(done);
        keep
    }

    fn settle(self: Box<Self>, end: &std::result::Result<(), Failure>) {
        let answer = match (end, self.done) {
            (Ok(()), Some(done)) => done,
            (Ok(()), None) => Err(Failure::Undone.into()),
            (Err(failure), _) => Err(failure.clone().into()),
        };
        // The caller may have gone away; the act is done all the same.
        let _ = self.reply.send(answer);
    }
}

fn run(desk: &mut Desk, queue: &Receiver<Box<dyn Work>>) {
    let mut batch = Vec::new();
    while let Ok(first) = queue.recv() {
        batch.push(first);
        batch.extend(queue.try_iter().take(BATCH - 1));
        let end = carry_out(desk, &mut batch);
        for work in batch.drain(..) {
            work.settle(&end);
        }
        if let Err(error) = fold_log(desk) {
            tracing::warn!(%error, "failed to fold the log; it grows until that succeeds");
        }
    }
}

/// Copies what the log holds back into the file, when it is long enough; the next commit then begins it anew, unless
/// a long reader is still looking into it.
fn fold_log(desk: &mut Desk) -> rusqlite::Result<()> {
    let pages = |row: &rusqlite::Row<'_>| row.get::<_, i64>(1);
    let log = desk.connection.prepare_cached(sql::LOG_PAGES)?.query_row((), pages)?;
    if log < FOLD_PAGES {
        desk.fold_at = FOLD_PAGES;
    }
    if log < desk.fold_at {
        return Ok(());
    }
    desk.fold_at = log + FOLD_PAGES;
    // Old views would keep their pages from being copied; those begun meanwhile would keep the log from being begun
    // anew. After that, views are of the file alone.
    desk.readers.let_go();
    desk.connection.prepare_cached(sql::FOLD_LOG)?.query_row((), |_| Ok(()))?;
    desk.readers.let_go();
    Ok(())
}

/// One shared transaction. Whatever goes wrong, none of it remains and the connection is fit for the next one.
fn carry_out(desk: &mut Desk, batch: &mut [Box<dyn Work>]) -> std::result::Result<(), Failure> {
    // A panic is a bug in one act. It must not end the store for everybody, nor leave callers waiting forever.
    let end = catch_unwind(AssertUnwindSafe(|| share_commit(desk, batch))).unwrap_or(Err(Failure::Panicked));
    if end.is_err() {
        desk.known_devices.clear();
        roll_back(desk);
    }
    end
}

fn share_commit(desk: &mut Desk, batch: &mut [Box<dyn Work>]) -> std::result::Result<(), Failure> {
    let failed = |error| Failure::Commit(Arc::new(error));
    // Left over only when the rollback itself failed the last time.
    roll_back(desk);
    desk.run(sql::BEGIN, ()).map_err(failed)?;
    for work in batch {
        desk.run(sql::SAVEPOINT, ()).map_err(failed)?;
        let keep = work.perform(desk);
        // Some errors (a full or failing disk, no memory) undo the whole transaction, not the statement alone.
        if desk.connection.is_autocommit() {
            return Err(Failure::Undone);
        }
        if !keep {
            desk.run(sql::UNDO, ()).map_err(failed)?;
            desk.known_devices.clear();
        }
        desk.run(sql::RELEASE, ()).map_err(failed)?;
    }
    desk.run(sql::COMMIT, ()).map_err(failed)?;
    desk.readers.committed();
    Ok(())
}

fn roll_back(desk: &Desk) {
    if !desk.connection.is_autocommit()
        && let Err(error) = desk.run(sql::ROLLBACK, ())
    {
        tracing::warn!(%error, "failed to roll back; the next batch tries again");
    }
}
