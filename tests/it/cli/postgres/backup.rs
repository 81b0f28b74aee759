//! What is about a file is not about a database.

use super::{Roles, with_store};
use crate::support::{Server, example, passerby_with};

const HINT: &str = "hint: pg_dump and pg_restore copy a database: docs/operate/postgres.md. Without PASSERBY_STORE, --store \
                    and `store` the command is about a data directory\n";

#[test]
fn backup_and_restore_name_what_copies_a_database() {
    let roles = Roles::with_store();
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let url = roles.server_url();
    let backup = with_store(&url, vec!["backup", &path("copy"), "--data", &path("data")]);
    assert_eq!((backup.code, backup.out.as_str()), (2, ""));
    assert_eq!(backup.err, format!("error: the store is a database, which has backups of its own\n{HINT}"));
    std::fs::write(path("copy"), "").unwrap();
    let restore = with_store(&url, vec!["restore", &path("copy"), "--data", &path("data")]);
    assert_eq!((restore.code, restore.out.as_str()), (2, ""));
    assert_eq!(
        restore.err,
        format!(
            "error: a backup becomes the store of a data directory, and the settings name a database\n{HINT}"
        )
    );
    assert!(!dir.path().join("data").exists());
}

/// A command that was not told of the database asks the server, which knows.
#[test]
fn a_server_on_a_database_writes_no_backup() {
    let roles = Roles::with_store();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let news = example("news");
    let server = Server::start(&data, &["--store", &roles.server_url(), news.to_str().unwrap()]);
    let copy = dir.path().join("copy");
    let arguments = ["backup", copy.to_str().unwrap(), "--data", data.to_str().unwrap()];
    let ran = passerby_with(&[], arguments);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{ran:?}");
    assert!(ran.err.contains("a store in PostgreSQL is backed up with pg_dump"), "{ran:?}");
    assert!(!copy.exists());
    assert_eq!(server.stop(), 0);
}
