//! What other servers change: their number of changes is looked at twice a second, and at once when the database notifies.
//! A notification may be lost, or not be had at all through a pooler; the look is what is relied upon.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::connection::{Connection, Manners};
use super::failure::Failure;
use super::pool::rest;
use super::{row, sql};
use crate::store::Result;

/// How often changes are looked for.
const LOOK: Duration = Duration::from_millis(500);

/// The number of changes, as it was seen last.
pub(super) struct Watch {
    seen: watch::Receiver<u64>,
    task: AbortHandle,
}

impl Watch {
    /// Begins to watch, by a connection of its own.
    pub(super) fn start(manners: Arc<Manners>, listens: bool, now: u64) -> Watch {
        let (sender, seen) = watch::channel(now);
        let task = tokio::spawn(async move {
            loop {
                if let Err(error) = look_on(&manners, listens, &sender).await {
                    tracing::debug!(%error, "changes of other servers are not seen at once");
                }
                rest(LOOK).await;
            }
        });
        Watch { seen, task: task.abort_handle() }
    }

    /// Waits until there are other than so many changes.
    pub(super) async fn changed(&self, known: u64) -> Result<()> {
        let mut seen = self.seen.clone();
        seen.wait_for(|number| *number != known).await.map(|_| ()).map_err(|_| Failure::Closed.into())
    }

    pub(super) fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Looks on until the connection is lost.
async fn look_on(manners: &Manners, listens: bool, sender: &watch::Sender<u64>) -> Result<()> {
    let (say, mut heard) = mpsc::unbounded_channel();
    let connection = Connection::listening(manners, Some(say)).await?;
    if listens {
        connection.batch(sql::LISTEN).await?;
    }
    loop {
        let number = changes(&connection).await?;
        sender.send_if_modified(|seen| std::mem::replace(seen, number) != number);
        // However much is heard at once, one look answers it.
        let _ = timeout(LOOK, heard.recv()).await;
        while heard.try_recv().is_ok() {}
    }
}

/// How many changes there are.
pub(super) async fn changes(connection: &Connection) -> Result<u64> {
    let number = row::server::<i64>(connection, sql::CHANGES).await?;
    Ok(u64::try_from(number).unwrap_or_default())
}
