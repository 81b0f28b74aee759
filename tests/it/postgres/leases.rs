//! Background work that one server does for all of them.

use std::sync::Arc;

use passerby::model::{ObjectId, Timestamp};
use passerby::store::{Lease, Store};

use crate::support::Database;

const NOON: Timestamp = Timestamp(1_795_000_000);

fn lease(work: &'static str, holder: u8, now: i64, secs: i64) -> Lease {
    let now = NOON.plus(now);
    Lease { work, holder: ObjectId([holder; 12]), now, until: now.plus(secs) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_is_one_servers_until_it_gives_it_back_or_dies() {
    let database = Database::fresh();
    let (one, other) = (database.open().await, database.open().await);
    assert!(one.lease(lease("expiry", 1, 0, 15)).await.unwrap());
    assert!(!other.lease(lease("expiry", 2, 0, 15)).await.unwrap());
    assert!(other.lease(lease("delivery", 2, 0, 15)).await.unwrap(), "other work is another matter");
    // It goes on, and says so.
    assert!(one.lease(lease("expiry", 1, 10, 15)).await.unwrap());
    assert!(!other.lease(lease("expiry", 2, 24, 15)).await.unwrap());
    // It died: fifteen seconds after it was heard last, another one takes over.
    assert!(other.lease(lease("expiry", 2, 25, 15)).await.unwrap());
    assert!(!one.lease(lease("expiry", 1, 26, 15)).await.unwrap());
    // Whoever stops gives back what it has, and nothing else.
    assert!(!one.lease(lease("expiry", 1, 27, 0)).await.unwrap());
    assert!(!one.lease(lease("expiry", 1, 28, 15)).await.unwrap());
    assert!(other.lease(lease("expiry", 2, 29, 0)).await.unwrap());
    assert!(one.lease(lease("expiry", 1, 29, 15)).await.unwrap());
}

/// A server whose clock is ahead must not keep the others from working when it is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_from_the_far_future_is_not_believed() {
    const YEAR: i64 = 365 * 24 * 3600;
    let database = Database::fresh();
    let (ahead, other) = (database.open().await, database.open().await);
    assert!(ahead.lease(lease("expiry", 1, YEAR, 15)).await.unwrap());
    assert!(other.lease(lease("expiry", 2, 0, 15)).await.unwrap());
    // What clocks differ by when all is well is believed.
    assert!(ahead.lease(lease("delivery", 1, 45, 15)).await.unwrap());
    assert!(!other.lease(lease("delivery", 2, 0, 15)).await.unwrap());
    assert!(!other.lease(lease("delivery", 2, 59, 15)).await.unwrap());
    assert!(other.lease(lease("delivery", 2, 60, 15)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_servers_that_want_work_at_once_one_gets_it() {
    let database = Database::fresh();
    let mut servers = Vec::new();
    for _ in 0..4 {
        servers.push(Arc::new(database.open().await));
    }
    for round in 0..20 {
        // All are under way before the first answer is looked at.
        let asks: Vec<_> = (servers.iter().zip(1..))
            .map(|(server, holder)| {
                let (server, act) = (Arc::clone(server), lease("logs", holder, 100 * round, 15));
                tokio::spawn(async move { server.lease(act).await })
            })
            .collect();
        let mut winners = 0;
        for ask in asks {
            winners += usize::from(ask.await.unwrap().unwrap());
        }
        assert_eq!(winners, 1, "round {round}");
    }
}
