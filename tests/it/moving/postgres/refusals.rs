//! What a move does not do: overwrite somebody's store, or leave two that are served.

use std::path::Path;

use passerby::model::{GroupId, ObjectId, Timestamp, with_causes};
use passerby::store::moving::{Move, MoveError};
use passerby::store::postgres::{Address, Options, Postgres, Rows};
use passerby::store::{Found, Store, sqlite};

use super::{all_of, empty, filled, made, move_back, move_to, moving, named, tables};
use crate::support::{Database, Ran, Server, example, passerby};

fn refused(ran: &Ran, code: i32, said: &str) {
    assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{ran:?}");
    assert!(ran.err.contains(said), "expected {said}: {}", ran.err);
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn somebody_elses_store_is_never_overwritten() {
    let place = tempfile::tempdir().unwrap();
    let (ours, theirs, database) = (place.path().join("ours"), place.path().join("theirs"), made());
    filled(&ours);
    empty(&theirs, 2);
    assert_eq!(passerby(["projects", "create", "theirs", "--data", text(&theirs)]).code, 0);
    tables(&move_to(&theirs, &database));
    let before = database.rows("select * from server");
    refused(&move_to(&ours, &database), 1, "holds another store: a move overwrites none");
    assert_eq!(database.rows("select * from server"), before);
    // What is left of a move of another store is not ours to go on with.
    database.run(
        "create table moving (state bigint, place text, store bytea);
         insert into moving select 0, '/theirs', group_id from server",
    );
    refused(
        &move_to(&ours, &database),
        1,
        "holds what is left of a move from /theirs, which is another store",
    );
    // Nor is half a store moved on.
    refused(
        &move_back(&database, &place.path().join("new")),
        1,
        "is not whole: a move from /theirs to it is not finished",
    );
    // A database of another program.
    let foreign = made();
    foreign.run("drop schema public cascade; create schema public; create table theirs (id integer)");
    refused(&move_to(&ours, &foreign), 1, "the database holds tables of another program");
    // A data directory that has a store.
    database.run("drop table moving");
    let before = all_of(&ours);
    refused(&move_back(&database, &ours), 1, "holds another store: a move overwrites none");
    assert_eq!(all_of(&ours), before);
}

#[test]
fn what_was_moved_is_not_served_by_mistake() {
    let place = tempfile::tempdir().unwrap();
    let (data, database) = (place.path().join("data"), made());
    let server = Server::start(&data, &[text(&example("news"))]);
    server.log_in("news-aaaaa");
    assert_eq!(server.stop(), 0);
    tables(&move_to(&data, &database));
    let moved = format!("was moved to {}", named(&database));
    refused(&passerby(["serve", "--listen", "127.0.0.1:0", "--data", text(&data)]), 1, &moved);
    refused(&passerby(["users", "list", "news-aaaaa", "--data", text(&data)]), 1, &moved);
    refused(&move_to(&data, &made()), 1, "and is not what people use since");
    // Its owner may want it all the same.
    let reopened = passerby(["move", "--reopen", text(&data)]);
    assert_eq!(reopened.code, 0, "{reopened:?}");
    assert!(
        reopened.err.contains("What was written since at the place it was moved to stays there."),
        "{reopened:?}"
    );
    let reopened = passerby(["move", "--reopen", text(&data)]);
    assert_eq!((reopened.code, reopened.err.as_str()), (0, ""));
    assert!(
        reopened.out.ends_with("was never moved, or is open again: nothing was changed.\n"),
        "{reopened:?}"
    );
    Server::start(&data, &[]).log_in("news-aaaaa");
    refused(
        &move_to(&data, &database),
        1,
        "holds this store already, older or newer: a move overwrites none",
    );
}

#[test]
fn a_store_that_was_made_and_opened_and_used_by_nobody_is_filled() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    let (data, database) = (path("data"), made());
    filled(&data);
    let opened = |there: &[&str]| {
        let ran = passerby(["apps", "list"].iter().chain(there));
        assert_eq!(ran.code, 0, "{ran:?}");
    };
    opened(&["--data", text(&path("aside")), "--store", &database.url()]);
    assert_eq!(database.rows("select count(*) from server_keys"), [["2"]]);
    tables(&move_to(&data, &database));
    let back = path("back");
    empty(&back, 2);
    opened(&["--data", text(&back)]);
    tables(&move_back(&database, &back));
    // A project or an administrator is somebody's.
    for (made, command) in
        [("project", ["projects", "create", "ours"]), ("admin", ["admins", "create", "a@b.example"])]
    {
        let (data, database) = (path(made), self::made());
        empty(&data, 3);
        let aside = path(&format!("{made}-aside"));
        let ran = passerby(command.iter().chain(&["--data", text(&aside), "--store", &database.url()]));
        assert_eq!(ran.code, 0, "{ran:?}");
        refused(&move_to(&data, &database), 1, "holds another store: a move overwrites none");
    }
}

#[test]
fn a_database_that_is_served_is_not_moved() {
    let place = tempfile::tempdir().unwrap();
    let (data, database) = (place.path().join("data"), made());
    let server = Server::start(&data, &[text(&example("news")), "--store", &database.url()]);
    let back = place.path().join("back");
    refused(
        &move_back(&database, &back),
        5,
        "other sessions use the store: postgres from 127.0.0.1 (passerby)",
    );
    let file = ["--from", text(&data), "--to", &database.url()];
    refused(
        &moving(&file),
        2,
        "is in a database: to move what else lies in the directory, stop that server first",
    );
    server.log_in("news-aaaaa");
    assert_eq!(server.stop(), 0);
    tables(&move_back(&database, &back));
    refused(
        &passerby(["serve", "--listen", "127.0.0.1:0", "--data", text(&data), "--store", &database.url()]),
        1,
        &format!("the store was moved to {}", back.display()),
    );
}

#[test]
fn who_serves_a_database_does_not_move_it() {
    let place = tempfile::tempdir().unwrap();
    let (data, served) = (place.path().join("data"), Database::fresh());
    empty(&data, 1);
    let said = "test_server does not own the store: move it as the role that does";
    refused(&move_to(&data, &served), 1, said);
    refused(&move_back(&served, &place.path().join("back")), 1, said);
}

#[test]
fn a_move_that_makes_no_sense_is_refused_before_anything_is_made() {
    let place = tempfile::tempdir().unwrap();
    let (none, new, database) = (place.path().join("none"), place.path().join("new"), made());
    refused(&move_to(&none, &database), 4, "there is no store in");
    refused(&move_back(&database, &new), 1, "no server ever used");
    refused(&moving(&["--from", text(&none), "--to", text(&new)]), 2, "the other a database");
    refused(&moving(&["--from", "mysql://h/d", "--to", text(&new)]), 3, "`from` is no URL of a database");
    assert!(!none.exists());
}

/// It was started again and again until there would be a schema, and opened the store in the moment in which there was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_comes_between_does_not_begin_to_use_a_target() {
    let place = tempfile::tempdir().unwrap();
    let (data, database) = (place.path().join("data"), made());
    tokio::task::block_in_place(|| empty(&data, 1));
    let options = Options::new(Address::new(&database.url(), None, |_| None).unwrap());
    let server = Postgres::open(options.clone()).await.unwrap();
    let target = Rows::to_fill(&options).await.unwrap();
    let file = sqlite::Options::new(data.join("passerby.db"));
    let source = sqlite::Rows::open(file, "the file".to_owned()).unwrap();
    let whole = Move::begin(&source, &target, &|_| ()).await.unwrap();
    let now = Timestamp(1_795_500_000);
    let found = || server.found(Found { group_id: GroupId(ObjectId::from_parts(now, [9; 5], 9)), now });
    let refused = found().await.unwrap_err();
    assert_eq!(
        with_causes(&refused, ": "),
        "the store is unavailable: a move to or from the store has begun"
    );
    drop(whole);
    // The other way around it is the server's.
    database.run("drop table moving");
    found().await.unwrap();
    let refused = Move::begin(&source, &target, &|_| ()).await.err().unwrap();
    assert!(matches!(refused, MoveError::Busy(_)), "{refused:?}");
    assert_eq!(database.rows("select count(*) from pg_tables where tablename = 'moving'"), [["0"]]);
}
