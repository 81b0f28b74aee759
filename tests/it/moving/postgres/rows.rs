//! Every row of every table, forth and back.

use std::collections::BTreeSet;

use passerby::store::copying::TABLES;
use rusqlite::Connection;

use super::{all_of, columns, compared, filled, made, move_back, move_to, moving, rows_of, tables};
use crate::support::{Database, terminal};

#[test]
fn a_store_that_moved_forth_and_back_is_what_it_was() {
    let place = tempfile::tempdir().unwrap();
    let (data, back, database) = (place.path().join("data"), place.path().join("back"), made());
    filled(&data);
    let before = all_of(&data);
    let forth = tables(&move_to(&data, &database));
    let counts: Vec<_> = forth.iter().map(|(table, rows, _)| (table.as_str(), *rows)).collect();
    let expected: Vec<_> = TABLES
        .iter()
        .map(|table| {
            // Whoever used it first made a project.
            let rows = if table.name == "projects" { rows_of(table) + 1 } else { rows_of(table) };
            (table.name, u64::try_from(if table.name == "server" { 1 } else { rows }).unwrap())
        })
        .collect();
    assert_eq!(counts, expected);
    assert_eq!(tables(&move_back(&database, &back)), forth, "the digests do not depend on the engine");
    assert_eq!(all_of(&back), before);
    // What PostgreSQL keeps beside is made of the rest.
    let told =
        database.rows("select count(*), count(told_email), min(told_email), min(told_name) from identities");
    let given = database.rows("select count(data) from identities");
    assert_eq!((told[0][0].as_str(), &told[0][1]), ("4000", &given[0][0]));
    assert_eq!(&told[0][2..], ["ada0@people.example", "Ä0"], "{told:?}");
}

/// A day's count is in as many parts as sessions of the database counted.
#[test]
fn what_servers_counted_in_parts_moves_as_its_sum() {
    let place = tempfile::tempdir().unwrap();
    let (data, back, database) = (place.path().join("data"), place.path().join("back"), made());
    filled(&data);
    move_to(&data, &database);
    database.run(
        "insert into tallies (app, what, day, which, part, n) select app, what, day, which, 1 + part, 2 * n from tallies",
    );
    let count = |data: &std::path::Path| -> Vec<Vec<String>> {
        let file = Connection::open(data.join("passerby.db")).unwrap();
        let mut sums = file.prepare("select count(*), sum(n) from tallies").unwrap();
        let row = |row: &rusqlite::Row<'_>| Ok(vec![row.get::<_, i64>(0)?, row.get(1)?]);
        let rows: Vec<_> = sums.query_map((), row).unwrap().map(Result::unwrap).collect();
        rows.into_iter().map(|row| row.iter().map(ToString::to_string).collect()).collect()
    };
    let before = count(&data);
    tables(&move_back(&database, &back));
    let sum: i64 = before[0][1].parse().unwrap();
    assert_eq!(count(&back), [[before[0][0].clone(), (3 * sum).to_string()]]);
}

#[test]
fn a_terminal_is_told_how_far_it_is_and_how_long_it_takes() {
    let place = tempfile::tempdir().unwrap();
    let (data, database) = (place.path().join("data"), made());
    filled(&data);
    let arguments = ["move", "--from", data.to_str().unwrap(), "--to", &database.url()];
    let ran = terminal(&[("TERM", "xterm")], &arguments, " left", "");
    assert_eq!(ran.code, 0, "{ran:?}");
    let shown = ran.out.split(['\r', '\n']).filter(|line| line.contains(" %, "));
    let shares: Vec<u8> = shown
        .map(|line| {
            let before = line.split_once(" %, ").unwrap().0;
            before.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
        })
        .collect();
    assert!(shares.iter().any(|share| (1..100).contains(share)), "{shares:?}");
}

#[test]
fn every_table_and_column_of_both_engines_moves() {
    let place = tempfile::tempdir().unwrap();
    super::empty(place.path(), 1);
    let file = Connection::open(place.path().join("passerby.db")).unwrap();
    let mut names = file.prepare("select name from sqlite_schema where type = 'table'").unwrap();
    let names: Vec<String> =
        names.query_map((), |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let in_file: BTreeSet<_> = names
        .iter()
        .flat_map(|table| columns(&file, table).into_iter().map(move |(name, _)| format!("{table}.{name}")))
        .collect();
    let database = made();
    let query = "select table_name || '.' || column_name from information_schema.columns where table_schema = 'public'";
    let in_database: BTreeSet<_> = database.rows(query).into_iter().map(|mut row| row.remove(0)).collect();
    let moved: BTreeSet<_> = TABLES
        .iter()
        .flat_map(|table| table.columns.iter().map(move |column| format!("{}.{}", table.name, column.name)))
        .collect();
    let beside = |these: &BTreeSet<String>| these.difference(&moved).cloned().collect::<Vec<_>>();
    assert_eq!((moved.difference(&in_file).count(), moved.difference(&in_database).count()), (0, 0));
    // The schema's own, which each store has of its engine.
    assert_eq!(beside(&in_file), ["server.min_server"]);
    // Besides that what is made of the others, and what servers tell each other while they run.
    let alone = [
        "identities.told_email",
        "identities.told_name",
        "leases.holder",
        "leases.until",
        "leases.work",
        "server.changes",
        "server.min_server",
        "server.schema",
        "tallies.part",
    ];
    assert_eq!(beside(&in_database), alone);
}

#[test]
fn a_row_that_was_tampered_with_is_found() {
    let place = tempfile::tempdir().unwrap();
    let (data, database) = (place.path().join("data"), made());
    filled(&data);
    let moved = tables(&move_to(&data, &database));
    assert_eq!(tables(&compared(&data, &database)), moved);
    for (tamper, found) in [
        (
            "update users set disabled = 1 - disabled where id = (select id from users order by app desc, id desc limit 1)",
            "users 0 1 0",
        ),
        ("delete from sessions where app = 2", "users 0 1 0"),
        (
            "update users set disabled = 1 - disabled where id = (select id from users order by app desc, id desc limit 1)",
            "sessions 3000 0 0",
        ),
        ("update sessions set id = id || '\\x00' where app = 3", "sessions 6000 0 3000"),
    ] {
        database.run(tamper);
        let ran = compared(&data, &database);
        let [table, missing, different, extra] = found.split(' ').collect::<Vec<_>>()[..] else {
            unreachable!()
        };
        let said = format!(
            "error: {table} is not the same in both: {missing} rows are missing, {different} differ, {extra} are too many\n"
        );
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{ran:?}");
        assert!(ran.err.contains(&said), "{tamper}: {}", ran.err);
    }
}

#[test]
fn a_move_that_broke_off_goes_on_and_mends_what_is_half() {
    let place = tempfile::tempdir().unwrap();
    let (data, database) = (place.path().join("data"), made());
    filled(&data);
    let moved = tables(&move_to(&data, &database));
    // As if it had been killed: half of it is there, some of it from an earlier try and old by now, and whoever was to
    // have a unique name has it the other way around.
    let reopened = moving(&["--reopen", data.to_str().unwrap()]);
    assert_eq!(reopened.code, 0, "{reopened:?}");
    database.run(
        "create table moving (state bigint, place text, store bytea);
         insert into moving select 0, 'there', group_id from server;
         delete from logs; delete from users where app = 2 and get_byte(id, 7) % 2 = 0;
         update users set custom_data = 'old' where app = 1; update server set latest_time = 3;
         insert into claims values (9, 1, 'gone', '\\x01'); delete from files;
         update secrets set name = name || '!'; update api_keys set hash = hash || '\\x00'",
    );
    let (code, said) = served(&database);
    assert_eq!(code, 1);
    assert!(said.contains("the store is not whole: a move from there is not finished"), "{said}");
    assert_eq!(tables(&move_to(&data, &database)), moved);
    assert_eq!(database.rows("select count(*) from pg_tables where tablename = 'moving'"), [["0"]]);
}

#[test]
fn rows_that_change_places_with_something_unique_are_no_obstacle() {
    let place = tempfile::tempdir().unwrap();
    let (data, database) = (place.path().join("data"), made());
    filled(&data);
    let moved = tables(&move_to(&data, &database));
    // Each has the name of the next one now, the last one that of the first.
    database.run(
        "create table names as select id, coalesce(lead(name) over w, first_value(name) over w) as name
             from projects window w as (order by id);
         update projects set name = name || '!';
         update projects p set name = n.name from names n where n.id = p.id;
         drop table names",
    );
    assert_eq!(moving(&["--reopen", data.to_str().unwrap()]).code, 0);
    database.run(
        "create table moving (state bigint, place text, store bytea);
         insert into moving select 0, 'there', group_id from server",
    );
    assert_eq!(tables(&move_to(&data, &database)), moved);
}

/// How a server that is to serve a database ends at once.
fn served(database: &Database) -> (i32, String) {
    let data = tempfile::tempdir().unwrap();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", data.path().to_str().unwrap()];
    let ran = crate::support::passerby_with(&[("PASSERBY_STORE", &database.url())], arguments);
    (ran.code, ran.err)
}
