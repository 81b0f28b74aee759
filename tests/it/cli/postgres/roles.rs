//! One role owns the schema, another serves. Whoever takes a server over has the second.

use super::{Roles, with_store};
use crate::support::{Ran, Server, example};

/// What PostgreSQL says to whoever has no right.
const DENIED: &str = "42501";

#[test]
fn a_role_that_serves_changes_no_table_and_lets_nobody_in() {
    let roles = Roles::with_store();
    let url = roles.server_url();
    let server = &roles.server;
    for sql in [
        "create table mine (id integer)".to_owned(),
        "create index mine on users (kind)".to_owned(),
        "create function mine() returns integer language sql as 'select 1'".to_owned(),
        "create schema mine".to_owned(),
        "create role mine".to_owned(),
        "alter table users add column mine integer".to_owned(),
        "alter table users disable trigger all".to_owned(),
        "drop table users".to_owned(),
        "truncate users".to_owned(),
        "lock table users in access exclusive mode; drop index users_by_last_seen".to_owned(),
        "update server set schema = 1".to_owned(),
        "update server set min_server = 99".to_owned(),
        "insert into server (one, schema, min_server) values (2, 1, 1)".to_owned(),
        "delete from server".to_owned(),
        format!("alter table users owner to {server}"),
        format!("set role {}", roles.owner),
        "select passwd from pg_shadow".to_owned(),
        "copy users to '/tmp/mine'".to_owned(),
    ] {
        assert_eq!(roles.refusal(&url, &sql).as_deref(), Some(DENIED), "{sql}");
    }
    // Who may not grant is only warned.
    let granting =
        format!("grant select on users to {server} with grant option; grant select on users to public");
    assert_eq!(roles.refusal(&url, &granting), None);
    let granted = format!(
        "select has_table_privilege('{server}', 'users', 'select with grant option'),
             exists (select from aclexplode((select relacl from pg_class where relname = 'users')) where grantee = 0)"
    );
    assert_eq!(roles.database.rows(&granted), [["f", "f"]]);
    // It has what it needs, and so have those that a later migration makes.
    roles.database.run(&format!("set role {}; create table later (id integer)", roles.owner));
    for sql in ["select id from users", "delete from later", "insert into later values (1)"] {
        assert_eq!(roles.refusal(&url, sql), None, "{sql}");
    }
}

#[test]
fn everything_works_for_a_role_that_owns_nothing() {
    let roles = Roles::with_store();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap().to_owned();
    let news = example("news");
    let server = Server::start(dir.path(), &["--store", &roles.server_url(), news.to_str().unwrap()]);
    let app = server.app(0).to_owned();
    let guest = server.log_in(&app);
    let user = guest["user_id"].as_str().unwrap();
    let good = |ran: Ran| {
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.out
    };
    let commands: &[&[&str]] = &[
        &["apps", "list"],
        &["users", "list", &app],
        &["users", "show", &app, user],
        &["users", "disable", &app, user],
        &["users", "enable", &app, user],
        &["users", "revoke", &app, user],
        &["users", "delete", &app, user, "--yes"],
        &["keys", "rotate", &app, "access"],
        &["keys", "list", &app],
        &["providers", "list", &app],
        &["admins", "list"],
        &["logs", &app],
        &["audit"],
        &["import", news.to_str().unwrap()],
    ];
    let run = |beside: bool| {
        for command in commands {
            // A deleted user is not there the second time.
            if !beside && command.contains(&user) {
                continue;
            }
            good(with_store(&roles.server_url(), [*command, &["--data", &data]].concat()));
        }
    };
    run(true);
    assert_eq!(server.stop(), 0);
    run(false);
    // Servers share it: two more, at once, each on a data directory of its own.
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let start = |dir: &tempfile::TempDir| Server::start(dir.path(), &["--store", &roles.server_url()]);
    let (one, other) = (start(&one), start(&other));
    let token = one.log_in(&app)["access_token"].as_str().unwrap().to_owned();
    assert_eq!(other.with_token("GET", "/api/client/v2.0/auth/profile", &token).status, 200);
}

#[test]
fn a_data_directory_has_one_server_also_when_the_store_is_elsewhere() {
    let roles = Roles::with_store();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let server = Server::start(dir.path(), &["--store", &roles.server_url()]);
    let second = with_store(&roles.server_url(), vec!["serve", "--listen", "127.0.0.1:0", "--data", data]);
    assert_eq!(second.code, 5, "{second:?}");
    assert!(second.err.contains(&format!("another passerby is using `{data}`")), "{second:?}");
    // The first one's socket is still its own.
    let listed = with_store(&roles.server_url(), vec!["apps", "list", "--json", "--data", data]);
    assert_eq!((listed.code, listed.out.as_str()), (0, "[]\n"));
    assert_eq!(server.stop(), 0);
}

/// Otherwise a command would do to one store what is meant for another.
#[test]
fn a_command_asks_no_server_that_has_another_store() {
    let (roles, others) = (Roles::with_store(), Roles::with_store());
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let list = |url: &str| with_store(url, vec!["apps", "list", "--json", "--data", data]);
    let refused = |served: &str| {
        (
            5,
            String::new(),
            format!(
                "error: the server on {data} has another store: {served}\n\
                 hint: --data names the directory of the server that you mean, or an empty one to do without a server\n"
            ),
        )
    };
    let server = Server::start(dir.path(), &["--store", &roles.server_url()]);
    // Whoever it is there: a role is not the store.
    assert_eq!(list(&roles.owner_url()).code, 0);
    let ran = list(&others.server_url());
    assert_eq!((ran.code, ran.out, ran.err), refused(&roles.place));
    assert_eq!(server.stop(), 0);
    assert_eq!(list(&others.server_url()).code, 0);
    let server = Server::start(dir.path(), &[]);
    let ran = list(&roles.server_url());
    assert_eq!((ran.code, ran.out, ran.err), refused("the file in it"));
    assert_eq!(server.stop(), 0);
}
