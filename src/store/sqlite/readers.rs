//! Connections that only read. In WAL mode none of them waits for the writer, nor it for them.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::failure::Failure;
use super::sql;
use crate::store::{Answer, Error, Result};

/// Those for point asks, and one for asks that take long, so that these never hold up the former.
pub(super) struct Readers {
    point: Vec<Mutex<Option<Reader>>>,
    long: Mutex<Option<Connection>>,
    next: AtomicUsize,
    /// How many commits there were: what tells a reader that its view is old.
    commits: AtomicU64,
}

/// A connection with a view that it keeps: a read transaction, begun when there were so many commits.
///
/// To begin and end one takes two locks from the kernel, under a mutex that all connections to a file share, and that
/// is most of what a point ask costs. So a view is used until something is committed. Only this process commits; what
/// another tool does to the file meanwhile is seen after the next commit.
struct Reader {
    connection: Connection,
    view: Option<u64>,
}

impl Reader {
    fn ask<T>(&mut self, commits: u64, ask: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        if self.view != Some(commits) {
            self.let_go()?;
            self.connection.prepare_cached(sql::BEGIN_VIEW)?.execute(())?;
            self.view = Some(commits);
        }
        let answer = ask(&self.connection);
        if answer.is_err() {
            // Whatever it was, the next ask starts afresh.
            self.let_go()?;
        }
        answer
    }

    fn let_go(&mut self) -> Result<()> {
        self.view = None;
        if !self.connection.is_autocommit() {
            self.connection.prepare_cached(sql::COMMIT)?.execute(())?;
        }
        Ok(())
    }
}

impl Readers {
    pub(super) fn new(point: Vec<Connection>, long: Connection) -> Readers {
        let reader = |connection| Mutex::new(Some(Reader { connection, view: None }));
        Readers {
            point: point.into_iter().map(reader).collect(),
            long: Mutex::new(Some(long)),
            next: AtomicUsize::new(0),
            commits: AtomicU64::new(0),
        }
    }

    /// Makes every view old. To be told after each commit and before its callers are: what they were told is done,
    /// the next ask sees.
    pub(super) fn committed(&self) {
        self.commits.fetch_add(1, Ordering::Release);
    }

    /// Ends every view that nobody is looking at, since a log that is looked at cannot be begun anew.
    pub(super) fn let_go(&self) {
        for reader in &self.point {
            if let Some(reader) = held(reader).as_mut()
                && let Err(error) = reader.let_go()
            {
                tracing::warn!(%error, "failed to end a reader's view");
            }
        }
    }

    /// Asks for a few rows by their key, on the calling thread: such a look into the page cache takes a few
    /// microseconds, less than a trip to another thread and back. All that one ask sees is of one moment.
    pub(super) fn point<T>(&self, ask: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let commits = self.commits.load(Ordering::Acquire);
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let turn = |n: usize| &self.point[first.wrapping_add(n) % self.point.len()];
        let free = (0..self.point.len()).find_map(|n| turn(n).try_lock().ok());
        let mut reader = free.unwrap_or_else(|| held(turn(0)));
        reader.as_mut().ok_or(Failure::Closed)?.ask(commits, ask)
    }

    /// Asks for much, on a thread where waiting is allowed.
    pub(super) fn long<T: Send + 'static>(
        self: &Arc<Readers>,
        ask: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Answer<'static, T> {
        let readers = Arc::clone(self);
        elsewhere(move || ask(held(&readers.long).as_ref().ok_or(Failure::Closed)?))
    }

    /// Closes every connection, waiting for asks that are under way. Later asks are `Unavailable`.
    pub(super) fn close(&self) {
        for reader in &self.point {
            held(reader).take();
        }
        held(&self.long).take();
    }
}

/// Runs what may take long on a thread where waiting is allowed.
pub(super) fn elsewhere<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Answer<'static, T> {
    Box::pin(async move {
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|lost| Err(Error::Unavailable(Box::new(lost))))
    })
}

/// A panic leaves nothing half done here: a view that is open stays good.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
