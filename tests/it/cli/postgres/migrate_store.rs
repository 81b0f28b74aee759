//! `passerby migrate-store`.

use std::thread;

use serde_json::{Value, json};

use super::{Roles, with_store};
use crate::support::{Database, Server, example, passerby};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"))
}

/// The schema that this server knows.
fn known(roles: &Roles) -> u64 {
    let ran = roles.migrate(&["--check", "--json"]);
    json(&ran.out)["known"].as_u64().unwrap()
}

#[test]
fn a_store_is_made_once_and_then_found() {
    let roles = Roles::make();
    let store = format!("{}@{}", roles.owner, roles.place);
    let known = known(&roles);
    let check = roles.migrate(&["--check", "--json"]);
    let expected = json!({ "store": store, "schema": 0, "known": known });
    assert_eq!((check.code, json(&check.out)), (1, expected));
    assert_eq!(
        check.err,
        format!(
            "error: the store has schema 0, and this server needs {known}\n\
             hint: `passerby migrate-store` without --check brings it there\n"
        )
    );
    let made = roles.migrate(&[]);
    assert_eq!((made.code, made.out), (0, format!("Made the store {store}, with schema {known}.\n")));
    let again = roles.migrate(&["--json"]);
    let expected = json!({ "store": store, "from": known, "to": known, "granted": [] });
    assert_eq!((again.code, json(&again.out)), (0, expected));
    let check = roles.migrate(&["--check"]);
    let expected = format!("The store {store} has schema {known}: there is nothing to do.\n");
    assert_eq!((check.code, check.out), (0, expected));
}

#[test]
fn of_several_at_once_one_makes_the_store_and_all_are_content() {
    let roles = Roles::make();
    let ran: Vec<_> = thread::scope(|scope| {
        let all: Vec<_> =
            (0..4).map(|_| scope.spawn(|| roles.migrate(&["--json", "--grant", &roles.server]))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let mut from: Vec<u64> = ran
        .iter()
        .map(|ran| {
            assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
            json(&ran.out)["from"].as_u64().unwrap()
        })
        .collect();
    from.sort_unstable();
    let known = known(&roles);
    assert_eq!(from, [0, known, known, known]);
}

#[test]
fn without_a_store_nothing_starts_and_the_way_to_one_is_said() {
    let roles = Roles::make();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    for arguments in [vec!["serve", "--data", data], vec!["apps", "list", "--data", data]] {
        let ran = with_store(&roles.owner_url(), arguments);
        assert_eq!(ran.code, 4, "{ran:?}");
        let hint = "hint: `passerby migrate-store --store URL` makes it, with the role that is to own it: \
                    docs/operate/postgres.md\n";
        assert!(ran.err.ends_with(hint), "{ran:?}");
        assert!(ran.err.starts_with(&format!("error: failed to open the store {}@", roles.owner)), "{ran:?}");
    }
}

#[test]
fn a_role_that_was_not_let_in_is_told_what_lets_it_in() {
    let roles = Roles::make();
    assert_eq!(roles.migrate(&[]).code, 0);
    let dir = tempfile::tempdir().unwrap();
    let server = &roles.server;
    for arguments in [vec!["serve", "--data"], vec!["apps", "list", "--data"]] {
        let ran = with_store(&roles.server_url(), [arguments, vec![dir.path().to_str().unwrap()]].concat());
        let expected = format!(
            "error: failed to open the store {server}@{}\n  because: {server} may not use the store: \
             `passerby migrate-store --grant {server}`, by the role that owns it, lets it in\n",
            roles.place
        );
        assert_eq!((ran.code, ran.out.as_str(), ran.err), (1, "", expected));
    }
}

#[test]
fn a_server_that_is_told_to_brings_the_schema_up_to_date_itself() {
    let roles = Roles::make();
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &["--store", &roles.owner_url(), "--store-migrate"]);
    assert_eq!(server.stop(), 0);
    assert_eq!(roles.migrate(&["--check"]).code, 0);
}

#[test]
fn a_schema_that_a_newer_server_made_is_left_alone() {
    let roles = Roles::with_store();
    roles.database.run("update server set schema = 99, min_server = 98");
    let known = known_of_refusal(&roles);
    let expected =
        format!("the store has schema 99 and needs a server that knows schema 98; this one knows {known}\n");
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    for arguments in [vec!["migrate-store"], vec!["serve", "--data", data]] {
        let ran = with_store(&roles.owner_url(), arguments);
        assert!(ran.code == 1 && ran.err.ends_with(&expected), "{ran:?}");
    }
    assert_eq!(roles.database.rows("select schema, min_server from server"), [["99", "98"]]);
}

fn known_of_refusal(roles: &Roles) -> String {
    let ran = roles.migrate(&["--check"]);
    ran.err.trim_end().rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    let roles = Roles::make();
    roles.database.run("create table somebody_elses (id integer)");
    let ran = roles.migrate(&[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("the database holds tables of another program"), "{ran:?}");
    assert_eq!(
        roles.database.rows("select tablename from pg_tables where schemaname = 'public'"),
        [["somebody_elses"]]
    );
}

#[test]
fn a_database_that_cannot_hold_every_name_is_refused_before_anything_is_in_it() {
    let database = Database::in_latin1();
    let dir = tempfile::tempdir().unwrap();
    let (data, url) = (dir.path().join("data"), database.url());
    Server::start(&data, &[example("news").to_str().unwrap()]).stop();
    let (data, aside) = (data.to_str().unwrap(), dir.path().join("aside"));
    let aside = aside.to_str().unwrap();
    for arguments in [
        vec!["migrate-store"],
        vec!["migrate-store", "--check"],
        vec!["serve", "--store-migrate", "--data", aside],
        vec!["apps", "list", "--data", aside],
        vec!["move", "--from", data, "--to", &url],
    ] {
        let ran = with_store(&url, arguments);
        let said = "the database has the encoding LATIN1, which cannot hold every name: make one with encoding 'UTF8'";
        assert!(ran.code == 1 && ran.err.contains(said), "{ran:?}");
    }
    assert_eq!(database.rows("select count(*) from pg_tables where schemaname = 'public'"), [["0"]]);
}

#[test]
fn a_role_that_is_not_there_is_named() {
    let roles = Roles::make();
    let ran = roles.migrate(&["--grant", "nobody\"; drop table users; --"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("role \"nobody\"; drop table users; --\" does not exist"), "{ran:?}");
    let said = "because: nobody\"; drop table users; -- was not let in; the schema itself is up to date\n";
    assert!(ran.err.contains(said), "{ran:?}");
    assert_eq!(roles.database.rows("select count(*) from users"), [["0"]]);
}

#[test]
fn a_role_that_owns_nothing_makes_no_store() {
    let roles = Roles::make();
    let dir = tempfile::tempdir().unwrap();
    let (data, url) = (dir.path().to_str().unwrap(), roles.server_url());
    assert_eq!(passerby(["import", example("news").to_str().unwrap(), "--data", data]).code, 0);
    let said = format!("{} may not make the store: do it as the role that owns the database\n", roles.server);
    for arguments in [vec!["migrate-store"], vec!["move", "--from", data, "--to", &url]] {
        let ran = with_store(&url, arguments);
        assert!(ran.code == 1 && ran.err.contains(&said), "{ran:?}");
    }
}

#[test]
fn a_store_in_a_file_needs_no_such_command() {
    let ran = passerby(["migrate-store"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert_eq!(
        ran.err,
        "error: the store is a file, whose schema a server brings up to date by itself: name a database with --store\n"
    );
}
