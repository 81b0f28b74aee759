//! `passerby doctor` on a file.

use std::os::unix::fs::PermissionsExt;

use crate::cli::doctor::findings;
use crate::cli::place::{Place, beside_a_server_and_without};

#[test]
fn the_file_and_what_is_in_it_are_looked_at() {
    beside_a_server_and_without(|place| {
        let names = [
            "server",
            "store file",
            "engine",
            "journal mode",
            "synchronous",
            "schema",
            "database",
            "log",
            "free pages",
            "integrity",
            "signing keys",
            "clock",
            "public URL",
            "app news-aaaaa",
        ];
        assert_eq!(findings(place), (0, names.map(|name| (name.to_owned(), true)).to_vec()));
    });
}

#[test]
fn a_file_that_others_can_read_is_not_well() {
    let place = Place::without_server();
    let store = place.data().join("passerby.db");
    std::fs::set_permissions(&store, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ran = place.run(["doctor"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, "error: findings that need attention: 1\n"));
    let unwell: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("!!")).collect();
    assert_eq!(
        unwell,
        [
            "!!  store file      [dir]/data/passerby.db (mode 644): others can read the signing keys; chmod 600"
        ]
    );
}
