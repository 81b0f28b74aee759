//! An act that is done again, by the server or by the client, while the commit of the first one still waits for a
//! replica.

use std::time::{Duration, Instant};

use passerby::store::postgres::{Address, Options, Postgres};
use passerby::store::{Ask, Error, Linked, LoggedIn, MadeEmailUser, PutRedirect, Store};
use tokio::task::block_in_place;

use super::alone::Alone;
use crate::contract::given::{APP, NOON, claim, confirmed, email_user, guest, link, log_in_with, register};
use crate::support::Database;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_act_meets_of_its_own_first_try_is_not_in_its_way() {
    let alone = Alone::start();
    // Each has a store of its own, so that nobody waits but for itself.
    let databases: [Database; 4] = std::array::from_fn(|_| Database::fresh_at(alone.url.clone()));
    let mut stores = Vec::new();
    for database in &databases {
        stores.push(database.open().await);
    }
    block_in_place(|| alone.hold_commits());
    let first = log_in_with(claim("ann"), NOON, 1);
    let entered = LoggedIn::In { user: first.user, created: true, identity: 0, custom_data: None };
    let redirect = PutRedirect { state: [1; 32], record: "{}".to_owned(), until: NOON.plus(60), now: NOON };
    let registered = stores[0].register(confirmed(register(1, "ann@a.example", NOON)));
    let logged_in = stores[1].log_in(first);
    let made = stores[2].make_email_user(email_user(1, "ann@a.example"));
    let put = stores[3].put_redirect(redirect);
    block_in_place(|| {
        until("each waits for its own first try", || {
            alone.waiting("wait_event_type = 'Lock'") == databases.len()
        });
        alone.free_commits();
    });
    assert!(registered.await.unwrap(), "its address is its own");
    assert_eq!(logged_in.await.unwrap(), entered);
    assert_eq!(made.await.unwrap(), MadeEmailUser::Made);
    put.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_that_was_done_but_is_on_no_replica_is_not_answered_as_done() {
    let alone = Alone::start();
    let database = Database::fresh_at(alone.url.clone());
    let store = Postgres::open(impatient(&database)).await.unwrap();
    store.log_in(guest(NOON, 1)).await.unwrap();
    block_in_place(|| alone.hold_commits());
    let linking = || store.link(link(1, claim("ann")));
    assert!(matches!(linking().await, Err(Error::Unavailable(_))), "nobody knows");
    // An administrator is impatient: from here on the link is seen, and still on one disk only.
    let cancel = "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'";
    block_in_place(|| alone.rows(cancel));
    let user = link(1, claim("ann")).user;
    let is_seen =
        async || store.user(APP, user).await.unwrap().is_some_and(|user| user.identities.len() == 2);
    let began = Instant::now();
    while !is_seen().await {
        assert!(began.elapsed() < PATIENCE, "the link is not seen");
    }
    assert!(matches!(linking().await, Err(Error::Unavailable(_))), "it is on no replica");
    block_in_place(|| alone.free_commits());
    assert_eq!(linking().await.unwrap(), Linked::Already);
}

/// A store that gives up soon.
fn impatient(database: &Database) -> Options {
    let address = Address::new(&database.url(), None, |_| None).unwrap();
    Options { patience: Duration::from_secs(2), ..Options::new(address) }
}

/// Looks until something is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "not in time: {what}");
    }
}
