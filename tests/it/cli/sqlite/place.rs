//! The file in the data directory: it may be absent, or in use.

use crate::cli::place::{Place, failed};
use crate::support::example;

const NO_STORE: &str = "error: there is no store in [dir]/data\n\
    hint: `passerby serve DIR` or `passerby import DIR` makes one; --data names another directory, and --store or \
    PASSERBY_STORE a database\n";

#[test]
fn no_store_is_not_found_and_none_is_made() {
    let place = Place::new();
    for command in ["apps list", "users list x", "keys list x", "backup b", "doctor", "export x y"] {
        failed(&place.run(command.split(' ')), 4, NO_STORE);
    }
    let dir = example("news");
    failed(&place.run(["diff", dir.to_str().unwrap()]), 4, NO_STORE);
    assert!(!place.data().exists());
}

#[test]
fn a_server_that_lost_its_socket_is_in_use() {
    let place = Place::with_server();
    std::fs::remove_file(place.data().join("passerby.sock")).unwrap();
    let ran = place.run(["apps", "list"]);
    assert_eq!((ran.code, ran.out.as_str()), (5, ""));
    assert!(
        ran.err.starts_with("error: [dir]/data is in use, and no server answers at the socket in it\nhint: ")
    );
}
