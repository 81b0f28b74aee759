//! Connections that are taken, used by one at a time, and given back.

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::connection::{Connection, Manners};
use super::failure::Failure;

/// How long whoever cannot connect rests before the next try.
const REST: Duration = Duration::from_millis(100);

/// In how many slices a span passes.
const SLICES: u32 = 16;

/// Waits for a span.
pub(super) async fn rest(span: Duration) {
    let _ = timeout(span, pending::<()>()).await;
}

/// Waits for something no longer than a span, which passes only while somebody looks: when this process had no time,
/// what was to come may be there, unread.
pub(super) async fn within<T>(span: Duration, awaited: impl Future<Output = T>) -> Option<T> {
    let mut awaited = pin!(awaited);
    for _ in 0..SLICES {
        if let Ok(done) = timeout(span / SLICES, awaited.as_mut()).await {
            return Some(done);
        }
    }
    None
}

/// So many connections at most, each made when it is needed.
pub(super) struct Pool {
    manners: Arc<Manners>,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Arc<Connection>>>,
}

impl Pool {
    pub(super) fn new(manners: Arc<Manners>, size: usize) -> Arc<Pool> {
        let (places, idle) = (Arc::new(Semaphore::new(size.max(1))), Mutex::default());
        Arc::new(Pool { manners, places, idle })
    }

    /// A connection for the caller alone. Waits for one, and while there is no database; the caller's own deadline ends
    /// that.
    pub(super) async fn take(self: &Arc<Pool>) -> Result<Held, Failure> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Failure::Closed)?;
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match idle {
                Some(idle) if idle.is_closed() => continue,
                Some(idle) => idle,
                None => connect(&self.manners).await,
            };
            return Ok(Held { connection, pool: Arc::clone(self), place, is_clean: false });
        }
    }

    /// Ends every connection that nobody has.
    pub(super) fn close(&self) {
        self.places.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Connects, however often that takes; whoever waits has a deadline.
pub(super) async fn connect(manners: &Manners) -> Arc<Connection> {
    let mut said = false;
    loop {
        match Connection::open(manners).await {
            Ok(connection) => return Arc::new(connection),
            Err(failure) => {
                if !said {
                    let failure = crate::model::with_causes(&failure, ": ");
                    tracing::warn!(failure, "no connection to the database; trying on");
                    said = true;
                }
                rest(REST).await;
            }
        }
    }
}

/// A connection that one caller has. Unless it is given back it is given up: nobody knows what it is in the middle of.
pub(super) struct Held {
    connection: Arc<Connection>,
    pool: Arc<Pool>,
    #[expect(dead_code, reason = "held for its drop")]
    place: OwnedSemaphorePermit,
    is_clean: bool,
}

impl Held {
    pub(super) fn connection(&self) -> Arc<Connection> {
        Arc::clone(&self.connection)
    }

    /// Between two transactions, the connection is the next one's.
    pub(super) fn give_back(mut self) {
        self.is_clean = true;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.is_clean {
            self.connection.sever();
        } else if !self.connection.is_closed() && !self.pool.places.is_closed() {
            let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(Arc::clone(&self.connection));
        }
    }
}

/// One connection that many use at once, made anew when it is lost.
pub(super) struct Shared {
    manners: Arc<Manners>,
    current: tokio::sync::Mutex<Option<Arc<Connection>>>,
}

impl Shared {
    pub(super) fn new(manners: Arc<Manners>) -> Shared {
        Shared { manners, current: tokio::sync::Mutex::default() }
    }

    /// The connection. Waits while there is no database; the caller's own deadline ends that.
    pub(super) async fn get(&self) -> Arc<Connection> {
        let mut current = self.current.lock().await;
        match &*current {
            Some(connection) if !connection.is_closed() => Arc::clone(connection),
            _ => {
                let new = connect(&self.manners).await;
                *current = Some(Arc::clone(&new));
                new
            }
        }
    }

    /// Ends the connection when its last user is done.
    pub(super) async fn close(&self) {
        self.current.lock().await.take();
    }
}
