//! Who reads. Asks for single rows share a few connections, on which they travel one behind the other without waiting
//! for each other's answers; long asks have connections of their own.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::connection::{Connection, Manners, Transacted};
use super::failure::{self, Failure};
use super::pool::{Pool, Shared, rest, within};
use super::sql;
use super::writer::REST;
use crate::store::Result;

/// The connections that read.
pub(super) struct Readers {
    point: Vec<Shared>,
    next: AtomicUsize,
    long: Arc<Pool>,
    patience: Duration,
    long_patience: Duration,
    closed: AtomicBool,
}

impl Readers {
    /// `point` shared connections for single rows, and as many for long asks.
    pub(super) fn new(manners: &Arc<Manners>, long: &Arc<Manners>, point: usize) -> Readers {
        Readers {
            point: (0..point.max(1)).map(|_| Shared::new(Arc::clone(manners))).collect(),
            next: AtomicUsize::new(0),
            long: Pool::new(Arc::clone(long), point),
            patience: manners.whole(),
            long_patience: long.whole(),
            closed: AtomicBool::new(false),
        }
    }

    /// Asks for little, on a connection that others use at the same time.
    pub(super) async fn point<T, F>(&self, ask: impl Fn(Arc<Connection>) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.open()?;
        let which = self.next.fetch_add(1, Ordering::Relaxed) % self.point.len();
        let whole = async {
            loop {
                match ask(self.point[which].get().await).await {
                    Err(error) if failure::of(&error).is_some_and(Failure::ends_connection) => {
                        rest(REST).await;
                    }
                    answered => return answered,
                }
            }
        };
        within(self.patience, whole).await.unwrap_or_else(|| Err(Failure::Late.into()))
    }

    /// Asks for much, or several things of one moment, on a connection of its own.
    pub(super) async fn long<T, F>(&self, ask: impl FnOnce(Arc<Connection>) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.open()?;
        let whole = async {
            let held = self.long.take().await?;
            let connection = held.connection();
            let asked = ask(Arc::clone(&connection));
            let answered = match connection.transaction(sql::BEGIN_VIEW, asked, || None).await {
                Transacted::Done(done) => Ok(done),
                Transacted::Undone(error) => Err(error),
                Transacted::Unanswered(failure) => Err(failure.into()),
            };
            held.give_back();
            answered
        };
        within(self.long_patience, whole).await.unwrap_or_else(|| Err(Failure::Late.into()))
    }

    fn open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) { Err(Failure::Closed.into()) } else { Ok(()) }
    }

    /// Ends the connections once their users are done.
    pub(super) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.long.close();
        for shared in &self.point {
            shared.close().await;
        }
    }
}
