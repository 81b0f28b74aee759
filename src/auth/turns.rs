//! Background work that one of the servers on a store does for all of them.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use super::{Auth, Result};
use crate::store::Lease;

/// How many seconds after a server died another one takes its work.
const LEASE_SECS: i64 = 15;
/// How often whoever does a piece of work says so.
const RENEWED: Duration = Duration::from_secs(5);

impl Auth {
    /// Does a piece of background work, unless another server has it: then `None`. While it lasts, nobody else takes it;
    /// should somebody do, since a clock is wrong or the store was away, the work is such that it can be done twice.
    pub async fn take_turn<T>(&self, work: &'static str, does: impl Future<Output = T>) -> Result<Option<T>> {
        if !self.lease(work, LEASE_SECS).await? {
            return Ok(None);
        }
        let mut does = pin!(does);
        loop {
            match timeout(RENEWED, does.as_mut()).await {
                Ok(done) => return Ok(Some(done)),
                Err(_) => {
                    if let Err(error) = self.lease(work, LEASE_SECS).await {
                        tracing::warn!(%error, work, "failed to say that the work goes on here");
                    }
                }
            }
        }
    }

    /// Gives work back, so that another server need not wait to take it.
    pub async fn end_turns(&self, works: &[&'static str]) {
        for work in works {
            // Failing that, it lapses.
            let _ = self.lease(work, 0).await;
        }
    }

    async fn lease(&self, work: &'static str, secs: i64) -> Result<bool> {
        let now = self.clock().now();
        Ok(self.store().lease(Lease { work, holder: self.holder, now, until: now.plus(secs) }).await?)
    }

    /// Whether other servers may do what this one does.
    pub fn is_one_of_many(&self) -> bool {
        self.store().is_shared()
    }
}
