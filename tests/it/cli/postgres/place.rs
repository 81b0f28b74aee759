//! A data directory beside a store that is elsewhere.

use super::{Roles, with_store};
use crate::support::{Server, example};

/// Where a file would be in use: the database is many servers', and a command is one of them.
#[test]
fn a_command_goes_on_beside_a_server_that_lost_its_socket() {
    let roles = Roles::with_store();
    let (dir, url, news) = (tempfile::tempdir().unwrap(), roles.server_url(), example("news"));
    let _server = Server::start(dir.path(), &["--store", &url, news.to_str().unwrap()]);
    std::fs::remove_file(dir.path().join("passerby.sock")).unwrap();
    let ran = with_store(&url, vec!["apps", "list", "--json", "--data", dir.path().to_str().unwrap()]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert!(ran.out.contains("news-aaaaa"), "{ran:?}");
}
