//! The URL and its password.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{PASSWORD, Roles, lists_apps, private_file};
use crate::support::passerby;

const WARNING: &str = "warning: the password in a URL on the command line can be read by everybody on this machine: put \
                       it into a file (--store-password-file, or PGPASSFILE)\n";

#[test]
fn what_is_wrong_with_a_url_is_said_without_repeating_it() {
    for (url, expected) in [
        ("db.example.com", "expected a URL such as postgres://passerby@db.example.com:5432/passerby"),
        ("postgres://db.example.com/people", "the URL names no user: postgres://USER@…"),
        (
            "postgres://pass:open/sesame@db.example.com/people",
            "`@`, `/`, `?`, `#` and `%` in a user's name or password are written as %40, %2F, %3F, %23 and %25",
        ),
        (
            "postgres://pass:opensesame@db.example.com/people?sslmode=prefer",
            "the parameter `sslmode` is disable, require, verify-ca or verify-full",
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let ran = passerby(["serve", "--data", data.to_str().unwrap(), "--store", url]);
        let expected = format!("error: `store` is no URL of a database\n  because: {expected}\n");
        assert_eq!(ran.code, 3, "{ran:?}");
        assert!(ran.err.ends_with(&expected) && !ran.err.contains("sesame"), "{ran:?}");
    }
}

#[test]
fn a_password_is_found_wherever_libpq_would_find_it_and_in_a_file_of_its_own() {
    let roles = Roles::with_store();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data").to_str().unwrap().to_owned();
    let bare = format!("postgres://{}@{}", roles.server, roles.place);
    let file = private_file(dir.path(), "password", &format!("{PASSWORD}\n"));
    let list = private_file(dir.path(), "list", &format!("127.0.0.1:*:*:{}:{PASSWORD}\n", roles.server));
    private_file(dir.path(), ".pgpass", &format!("*:*:*:*:{PASSWORD}\n"));
    let (file, list) = (file.to_str().unwrap(), list.to_str().unwrap());
    let store: &[&str] = &["--data", &data, "--store", &bare];
    let with_file = [store, &["--store-password-file", file]].concat();
    for (arguments, variables) in [
        (with_file.as_slice(), &[][..]),
        (store, &[("PASSERBY_STORE_PASSWORD_FILE", file)]),
        (store, &[("PGPASSFILE", list)]),
        (store, &[("HOME", dir.path().to_str().unwrap())]),
        (store, &[("PGPASSWORD", PASSWORD)]),
    ] {
        let ran = lists_apps(arguments, variables);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "[]\n", ""), "{variables:?}");
    }
    let none = lists_apps(store, &[]);
    assert_eq!(none.code, 1, "{none:?}");
    assert!(none.err.contains("password missing"), "{none:?}");
}

#[test]
fn a_wrong_password_is_not_repeated() {
    let roles = Roles::with_store();
    let dir = tempfile::tempdir().unwrap();
    let file = private_file(dir.path(), "password", "abracadabra");
    let bare = format!("postgres://{}@{}", roles.server, roles.place);
    let (data, file) = (dir.path().join("data"), file.to_str().unwrap());
    let ran =
        lists_apps(&["--data", data.to_str().unwrap(), "--store", &bare, "--store-password-file", file], &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.contains(&format!("password authentication failed for user \"{}\"", roles.server)),
        "{ran:?}"
    );
    assert!(!ran.err.contains("abracadabra"), "{ran:?}");
}

#[test]
fn a_password_that_others_can_read_is_not_used() {
    let roles = Roles::with_store();
    let dir = tempfile::tempdir().unwrap();
    let file = private_file(dir.path(), "password", PASSWORD);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let bare = format!("postgres://{}@{}", roles.server, roles.place);
    let (data, file) = (dir.path().join("data"), file.to_str().unwrap());
    let ran =
        lists_apps(&["--data", data.to_str().unwrap(), "--store", &bare, "--store-password-file", file], &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let expected =
        format!("others can read {file}, which holds a password: chmod 600, or 640 when root owns it\n");
    assert!(ran.err.ends_with(&expected), "{ran:?}");
}

#[test]
fn a_password_on_the_command_line_is_warned_of_and_elsewhere_not() {
    let roles = Roles::with_store();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data").to_str().unwrap().to_owned();
    let url = roles.server_url();
    let joined = format!("--store={url}");
    for arguments in [["--data", &data, "--store", &url].as_slice(), &["--data", &data, &joined]] {
        let ran = lists_apps(arguments, &[]);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "[]\n", WARNING));
    }
    let ran = lists_apps(&["--data", &data], &[("PASSERBY_STORE", &url)]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "[]\n", ""));
    let help = crate::support::passerby_with(&[("PASSERBY_STORE", &url)], ["serve", "--help"]);
    assert!(help.code == 0 && !help.out.contains(PASSWORD), "{}", help.out);
}

#[test]
fn a_file_of_settings_names_the_store_for_a_server_and_its_commands() {
    let roles = Roles::with_store();
    let dir = tempfile::tempdir().unwrap();
    private_file(dir.path(), "password", PASSWORD);
    let text = format!(
        "data = \"{0}/data\"\nstore = \"postgres://{1}@{2}\"\nstore_password_file = \"{0}/password\"\n",
        dir.path().display(),
        roles.server,
        roles.place
    );
    let file = private_file(dir.path(), "passerby.toml", &text);
    let ran = lists_apps(&["--config", file.to_str().unwrap()], &[]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "[]\n", ""));
    assert!(!Path::new(&format!("{}/data/passerby.db", dir.path().display())).exists());
}

/// One that accepts and never answers, as a stopped process does; one that is gone; and one that takes writes.
#[test]
fn of_several_servers_one_that_takes_writes_is_found() {
    let roles = Roles::with_store();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data").to_str().unwrap().to_owned();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://{}:{PASSWORD}@{silent},{gone},{}", roles.server, roles.place);
    let ran = lists_apps(&["--data", &data], &[("PASSERBY_STORE", &url)]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "[]\n", ""));
    // As a replica, it is passed over.
    roles.database.run(&format!("alter role {} set default_transaction_read_only = on", roles.server));
    let url = format!("postgres://{}:{PASSWORD}@{gone},{}", roles.server, roles.place);
    let ran = lists_apps(&["--data", &data], &[("PASSERBY_STORE", &url)]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("failed to connect to any server: "), "{ran:?}");
    assert!(ran.err.contains("database does not allow writes"), "{ran:?}");
}
