//! What only this engine promises of its inside: the shared commit, its queue, its statements.

use std::sync::{Arc, Mutex, mpsc};

use tempfile::TempDir;

use super::writer::{Act, Desk};
use super::{Options, Sqlite, sql};
use crate::model::{AppKey, Device, DeviceHash, ObjectId, SessionId, Timestamp, UserId, UserType};
use crate::store::{Answer, Ask, Error, Events, LogIn, Result, Store};

const APP: AppKey = AppKey(7);

fn open(directory: &TempDir, queue: usize) -> Sqlite {
    let mut options = Options::new(directory.path().join("store.db"));
    options.queue = queue;
    Sqlite::open(options).unwrap()
}

fn user(n: u32) -> UserId {
    UserId(ObjectId::from_parts(Timestamp(1_795_500_000), [1; 5], n))
}

fn log_in(n: u32) -> LogIn {
    LogIn {
        app: APP,
        identity: None,
        user: user(n),
        kind: UserType::Normal,
        session: SessionId(ObjectId::from_parts(Timestamp(1_795_500_000), [2; 5], n)),
        expires: None,
        device: None,
        device_details: None,
        events: Events::default(),
        now: Timestamp(1_795_500_000),
    }
}

/// An act made of a closure.
struct Does<F>(F);

impl<T: Send + 'static, F: Fn(&mut Desk) -> Result<T> + Send + 'static> Act for Does<F> {
    type Done = T;

    fn perform(&self, desk: &mut Desk) -> Result<T> {
        self.0(desk)
    }
}

fn submit<T: Send + 'static>(
    store: &Sqlite,
    act: impl Fn(&mut Desk) -> Result<T> + Send + 'static,
) -> Answer<'static, T> {
    store.parts.writer.submit(Does(act))
}

/// Keeps the writer busy until the sender is dropped; returns once it is. What is submitted meanwhile shares one
/// commit.
fn hold(store: &Sqlite) -> (mpsc::Sender<()>, Answer<'static, ()>) {
    let (go, gone) = mpsc::channel::<()>();
    let (busy, is_busy) = mpsc::channel();
    let gone = Mutex::new(gone);
    let held = submit(store, move |_| {
        busy.send(()).unwrap();
        let _ = gone.lock().unwrap().recv();
        Ok(())
    });
    is_busy.recv().unwrap();
    (go, held)
}

fn why<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => "it was done".to_owned(),
        Err(Error::Unavailable(source)) => source.to_string(),
        Err(other) => other.to_string(),
    }
}

#[tokio::test]
async fn every_statement_prepares() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, 8);
    submit(&store, |desk| {
        for (name, statement) in [sql::ALL, sql::admins::ALL, sql::apps::ALL, sql::tallies::ALL].concat() {
            desk.connection().prepare(statement).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_loses_nothing() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, 2);
    let (go, held) = hold(&store);
    let first = store.log_in(log_in(1));
    let second = store.log_in(log_in(2));
    assert_eq!(why(store.log_in(log_in(3)).await), "the writer's queue is full");
    drop(go);
    held.await.unwrap();
    first.await.unwrap();
    second.await.unwrap();
    assert_eq!(store.user_count(APP).await.unwrap(), 2);
    store.log_in(log_in(3)).await.unwrap();
}

#[tokio::test]
async fn an_act_that_fails_half_way_leaves_its_neighbours_intact() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, 8);
    let (go, held) = hold(&store);
    let before = store.log_in(log_in(1));
    let failing = submit(&store, |desk| {
        log_in(2).perform(desk)?;
        Err::<(), _>(Error::Corrupt { table: "users", id: "on purpose".to_owned() })
    });
    let after = store.log_in(log_in(3));
    drop(go);
    held.await.unwrap();
    before.await.unwrap();
    after.await.unwrap();
    assert_eq!(why(failing.await), "corrupt row in users: on purpose");
    let there = [1, 2, 3].map(|n| store.user(APP, user(n)));
    for (answer, expected) in there.into_iter().zip([true, false, true]) {
        assert_eq!(answer.await.unwrap().is_some(), expected);
    }
    assert_eq!(store.sessions_of(APP, user(2)).await.unwrap(), vec![]);
}

#[tokio::test]
async fn an_error_that_undoes_the_whole_commit_is_told_to_every_caller() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, 8);
    let (go, held) = hold(&store);
    let before = store.log_in(log_in(1));
    // As SQLite does by itself on some failures of disk and memory.
    let undoing = submit(&store, |desk| Ok(desk.run(sql::ROLLBACK, ())?));
    let after = store.log_in(log_in(2));
    drop(go);
    held.await.unwrap();
    for answer in [why(before.await), why(undoing.await), why(after.await)] {
        assert_eq!(answer, "an error undid the shared transaction");
    }
    assert_eq!(store.user_count(APP).await.unwrap(), 0);
    store.log_in(log_in(1)).await.unwrap();
}

#[tokio::test]
async fn a_panic_hangs_nobody_and_ends_nothing() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, 8);
    let (go, held) = hold(&store);
    let before = store.log_in(log_in(1));
    let panicking = submit(&store, |_| -> Result<()> { panic!("on purpose") });
    drop(go);
    held.await.unwrap();
    for answer in [why(before.await), why(panicking.await)] {
        assert_eq!(answer, "the writer stumbled");
    }
    assert_eq!(store.user_count(APP).await.unwrap(), 0);
    store.log_in(log_in(1)).await.unwrap();
    store.ready().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_and_recovers_without_loss() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, 8_192);
    let limit_pages = |pages: Option<i64>| {
        submit(&store, move |desk| {
            let connection = desk.connection();
            let now: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
            let limit = pages.unwrap_or(now + 1);
            Ok(connection.pragma_update_and_check(None, "max_page_count", limit, |_| Ok(()))?)
        })
    };
    limit_pages(None).await.unwrap();
    let mut kept = Vec::new();
    let mut refused = 0;
    for n in 0..2_000 {
        match store.log_in(log_in(n)).await {
            Ok(_) => kept.push(user(n)),
            Err(Error::Unavailable(_)) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(!kept.is_empty() && refused > 0, "{} kept, {refused} refused", kept.len());
    assert_eq!(store.user_count(APP).await.unwrap(), kept.len() as u64);
    limit_pages(Some(1_000_000)).await.unwrap();
    for n in 2_000..2_100 {
        store.log_in(log_in(n)).await.unwrap();
        kept.push(user(n));
    }
    drop(store);
    let store = open(&directory, 8);
    for user in kept {
        assert!(store.user(APP, user).await.unwrap().is_some());
        assert_eq!(store.sessions_of(APP, user).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_device_whose_row_was_undone_is_written_again() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, 8);
    let device = Device { hash: DeviceHash([3; 16]), details: r#"{"platform":"web"}"#.to_owned() };
    let with_device = |n| LogIn { device_details: Some(device.clone()), ..log_in(n) };
    let (first, second) = (with_device(1), with_device(2));
    let undone = submit(&store, move |desk| {
        first.perform(desk)?;
        Err::<(), _>(Error::Corrupt { table: "users", id: "on purpose".to_owned() })
    });
    undone.await.unwrap_err();
    assert_eq!(store.device(APP, device.hash).await.unwrap(), None);
    store.log_in(second).await.unwrap();
    assert_eq!(store.device(APP, device.hash).await.unwrap(), Some(device.details));
}

#[tokio::test]
async fn closing_finishes_what_was_accepted_and_refuses_what_comes_later() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(open(&directory, 8));
    let (go, held) = hold(&store);
    let accepted = store.log_in(log_in(1));
    let closing = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.close().await }
    });
    drop(go);
    closing.await.unwrap().unwrap();
    held.await.unwrap();
    accepted.await.unwrap();
    assert_eq!(why(store.log_in(log_in(2)).await), "the store is closed");
    assert_eq!(why(store.user(APP, user(1)).await), "the store is closed");
    assert_eq!(why(store.ready().await), "the store is closed");
    assert_eq!(why(store.examine().await), "the store is closed");
    let mut left: Vec<_> =
        directory.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["store.db", "store.db.lock"]);
    let store = open(&directory, 8);
    assert!(store.user(APP, user(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn the_log_stays_short_while_readers_keep_their_views() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory, 8);
    let log = directory.path().join("store.db-wal");
    let mut longest = 0;
    for n in 0..100_u8 {
        // A hundred pages at a time.
        let write = submit(&store, move |desk| {
            let bytes = vec![7_u8; 400 << 10];
            Ok(desk.run(sql::INSERT_FILE, rusqlite::params![[n; 32], bytes])?)
        });
        write.await.unwrap();
        store.ready().await.unwrap();
        longest = longest.max(std::fs::metadata(&log).unwrap().len());
    }
    assert!(longest < 20 << 20, "{longest} bytes of log for 40 MiB");
}
