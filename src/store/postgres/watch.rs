//! What other servers change: their number of changes is looked at twice a second, and at once when the database notifies.
//! A notification may be lost, or not be had at all through a pooler; the look is what is relied upon, so it never waits
//! for the way on which notifications come.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::connection::{Connection, Manners};
use super::failure::Failure;
use super::pool::rest;
use super::{row, sql};
use crate::store::Result;

/// How often changes are looked for.
const LOOK: Duration = Duration::from_millis(500);

/// How long what was heard waits for more of it: whoever may connect may notify, as often as it likes.
const GATHERED: Duration = Duration::from_millis(10);

/// How notifications are heard.
pub(super) enum Ears {
    /// Not at all.
    None,
    /// On the connection that looks.
    Here,
    /// On a way of their own.
    Apart(Arc<Manners>),
}

/// How many changes there were at a look, and which look it was.
#[derive(Clone, Copy, Default)]
struct Look {
    changes: u64,
    number: u64,
}

/// The number of changes, as it was seen last.
pub(super) struct Watch {
    seen: watch::Receiver<Look>,
    /// Ended when this is dropped.
    tasks: std::sync::Mutex<JoinSet<()>>,
}

impl Watch {
    /// Begins to watch, by connections of its own.
    pub(super) fn start(manners: Arc<Manners>, ears: Ears, now: u64) -> Watch {
        let (sender, seen) = watch::channel(Look { changes: now, number: 0 });
        let (mut tasks, woken) = (JoinSet::new(), Arc::new(Notify::new()));
        let listens = matches!(ears, Ears::Here);
        if let Ears::Apart(manners) = ears {
            let woken = Arc::clone(&woken);
            tasks.spawn(async move {
                loop {
                    if let Err(error) = hear(&manners, &woken).await {
                        tracing::debug!(%error, "changes of other servers are not heard of");
                    }
                    rest(LOOK).await;
                }
            });
        }
        tasks.spawn(async move {
            loop {
                if let Err(error) = look_on(&manners, listens, &woken, &sender).await {
                    tracing::debug!(%error, "changes of other servers are not seen at once");
                }
                rest(LOOK).await;
            }
        });
        Watch { seen, tasks: std::sync::Mutex::new(tasks) }
    }

    /// Waits until there are other than so many changes. Fewer are none before another look, since the last one may be
    /// older than what the caller knows.
    pub(super) async fn changed(&self, known: u64) -> Result<()> {
        let mut seen = self.seen.clone();
        let last = seen.borrow().number;
        let is_news = |look: &Look| look.changes > known || look.changes < known && look.number > last;
        seen.wait_for(is_news).await.map(|_| ()).map_err(|_| Failure::Closed.into())
    }

    pub(super) fn stop(&self) {
        self.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).abort_all();
    }
}

/// Looks on until the connection is lost.
async fn look_on(
    manners: &Manners,
    listens: bool,
    woken: &Notify,
    sender: &watch::Sender<Look>,
) -> Result<()> {
    let (say, mut heard) = mpsc::unbounded_channel();
    let connection = Connection::listening(manners, Some(say)).await?;
    if listens {
        connection.batch(sql::LISTEN).await?;
    }
    loop {
        let changes = changes(&connection).await?;
        sender.send_modify(|look| *look = Look { changes, number: look.number + 1 });
        let told = async {
            tokio::select! {
                _ = heard.recv() => {}
                () = woken.notified() => {}
            }
        };
        // However much is heard at once, one look answers it.
        if timeout(LOOK, told).await.is_ok() {
            rest(GATHERED).await;
        }
        while heard.try_recv().is_ok() {}
    }
}

/// Wakes whoever looks, until the connection is lost.
async fn hear(manners: &Manners, woken: &Notify) -> Result<()> {
    let (say, mut heard) = mpsc::unbounded_channel();
    let connection = Connection::listening(manners, Some(say)).await?;
    connection.batch(sql::LISTEN).await?;
    while heard.recv().await.is_some() {
        rest(GATHERED).await;
        while heard.try_recv().is_ok() {}
        woken.notify_one();
    }
    Err(Failure::Closed.into())
}

/// How many changes there are.
pub(super) async fn changes(connection: &Connection) -> Result<u64> {
    let number = row::server::<i64>(connection, sql::CHANGES).await?;
    Ok(u64::try_from(number).unwrap_or_default())
}
