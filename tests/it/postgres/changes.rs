//! What servers remember, they read again when it changed, and not oftener.

use std::net::TcpListener;
use std::thread;

use passerby::store::Store;
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use crate::contract::given::{APP, NOON, guest, log_in_all, new_app};
use crate::support::{Database, Server, example};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_deleted_app_leaves_goes_without_a_word() {
    let database = Database::fresh();
    let store: std::sync::Arc<dyn Store> = std::sync::Arc::new(database.open().await);
    store.deploy(new_app(APP, "news-abcde", 1)).await.unwrap();
    log_in_all(&store, (0..9).map(|n| guest(NOON, n))).await;
    let before = store.changes().await.unwrap();
    assert!(store.delete_app(APP).await.unwrap());
    let after = store.changes().await.unwrap();
    assert_eq!(after, before + 1);
    let mut bites = 1;
    while store.clear_departed(2).await.unwrap() {
        bites += 1;
    }
    assert!(bites > 4, "{bites}");
    assert_eq!(store.changes().await.unwrap(), after);
}

/// From here on each look at the number of changes, and each reading of the app, is counted.
fn count_reading(database: &Database) {
    database.run(
        "create sequence looks; create sequence readings; grant usage on all sequences in schema public to public;
         select nextval('looks'), nextval('readings');
         create policy look on server using (nextval('looks') > 0);
         insert into secrets select key, id, 'counted', '\\x00' from apps;
         create policy reading on secrets using (nextval('readings') > 0);
         alter table server enable row level security; alter table secrets enable row level security",
    );
}

/// How often, counted from 1.
fn counted(database: &Database, sequence: &str) -> i64 {
    database.rows(&format!("select last_value from {sequence}"))[0][0].parse().unwrap()
}

/// A connection of the administrator's that stays.
async fn administrator(database: &Database) -> Client {
    let url = database.administrators();
    let (client, line) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(line);
    client
}

/// Whoever shows a token that no known key signed makes a server look for newer keys.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_make_a_server_read_its_apps_again_do_so_once() {
    const MANY: i64 = 24;
    let (place, database) = (TempDir::new().unwrap(), Database::fresh());
    let news = example("news");
    let server = Server::start_on(&database, place.path(), &[news.to_str().unwrap()]);
    let guest = server.log_in(server.app(0));
    let forged = format!("{}AAAA", guest["access_token"].as_str().unwrap());
    count_reading(&database);
    let count = |sequence: &str| counted(&database, sequence);
    // Whoever reads the apps now waits.
    let holding = administrator(&database).await;
    holding.batch_execute("begin; lock table apps in access exclusive mode").await.unwrap();
    database.run("update server set changes = changes + 1");
    let looked = count("looks");
    thread::scope(|scope| {
        let refused: Vec<_> = (0..MANY)
            .map(|_| {
                scope.spawn(|| server.with_token("GET", "/api/client/v2.0/auth/profile", &forged).status)
            })
            .collect();
        while count("looks") < looked + MANY {}
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(holding.batch_execute("commit")).unwrap();
        });
        assert!(refused.into_iter().all(|refused| refused.join().unwrap() == 401));
    });
    let readings = count("readings");
    assert!(readings <= 4, "the app was read {} times", readings - 1);
}

/// Whatever becomes of the way on which notifications come: it looks twice a second, no less and no more.
#[test]
fn a_server_that_hears_nothing_looks_by_itself() {
    let (place, database) = (TempDir::new().unwrap(), Database::fresh());
    let url = database.url();
    let (role, name) = (url.rsplit_once('@').unwrap().0, url.rsplit_once('/').unwrap().1);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (news, deaf) = (example("news"), format!("{role}@{nobody}/{name}"));
    let server =
        Server::start_on(&database, place.path(), &["--store-notify", &deaf, news.to_str().unwrap()]);
    count_reading(&database);
    let clock = || -> i64 {
        database.rows("select floor(extract(epoch from clock_timestamp()))::bigint")[0][0].parse().unwrap()
    };
    let began = clock();
    for _ in 0..300 {
        server.log_in(server.app(0));
    }
    let looks = counted(&database, "looks");
    let due = 20 + 4 * (clock() - began);
    assert!(looks <= due, "it looked {looks} times, and {due} are due");
    database.run("update server set changes = changes + 1");
    while counted(&database, "readings") == 1 {}
}
