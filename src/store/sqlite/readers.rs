//! Connections that only read. In WAL mode none of them waits for the writer, nor it for them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::failure::Failure;
use crate::store::{Answer, Error, Result};

/// Those for point asks, and one for asks that take long, so that these never hold up the former.
pub(super) struct Readers {
    point: Vec<Mutex<Option<Connection>>>,
    long: Mutex<Option<Connection>>,
    next: AtomicUsize,
}

impl Readers {
    pub(super) fn new(point: Vec<Connection>, long: Connection) -> Readers {
        Readers {
            point: point.into_iter().map(|connection| Mutex::new(Some(connection))).collect(),
            long: Mutex::new(Some(long)),
            next: AtomicUsize::new(0),
        }
    }

    /// Asks for a few rows by their key, on the calling thread: such a look into the page cache takes a few
    /// microseconds, less than a trip to another thread and back.
    pub(super) fn point<T>(&self, ask: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let turn = |n: usize| &self.point[first.wrapping_add(n) % self.point.len()];
        let free = (0..self.point.len()).find_map(|n| turn(n).try_lock().ok());
        on(&free.unwrap_or_else(|| held(turn(0))), ask)
    }

    /// Asks for much, on a thread where waiting is allowed.
    pub(super) fn long<T: Send + 'static>(
        self: &Arc<Readers>,
        ask: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Answer<'static, T> {
        let readers = Arc::clone(self);
        elsewhere(move || on(&held(&readers.long), ask))
    }

    /// Closes every connection, waiting for asks that are under way. Later asks are `Unavailable`.
    pub(super) fn close(&self) {
        for connection in self.point.iter().chain([&self.long]) {
            held(connection).take();
        }
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

fn on<T>(connection: &Option<Connection>, ask: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    ask(connection.as_ref().ok_or(Failure::Closed)?)
}

/// A connection holds no state that a panic could have left half done.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
