//! `passerby doctor`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use super::place::{Place, beside_a_server_and_without};

fn findings(place: &Place) -> (i32, Vec<(String, bool)>) {
    let ran = place.raw(["doctor", "--json"]);
    let list: Vec<Value> = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
    let pair = |f: &Value| (f["name"].as_str().unwrap().to_owned(), f["well"].as_bool().unwrap());
    (ran.code, list.iter().map(pair).collect())
}

#[test]
fn all_is_well_at_first() {
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
        let ran = place.run(["doctor"]);
        assert!(ran.code == 0 && ran.err.is_empty(), "{ran:?}");
        assert!(ran.out.contains("ok  app news-aaaaa  people log in through anon-user\n"), "{}", ran.out);
    });
}

#[test]
fn what_is_not_well_is_said_and_is_a_failure() {
    let place = Place::without_server();
    let store = place.data().join("passerby.db");
    std::fs::set_permissions(&store, std::fs::Permissions::from_mode(0o644)).unwrap();
    let dir = place.beside("closed");
    std::fs::create_dir_all(Path::new(&dir).join("auth_providers")).unwrap();
    let provider = r#"{"name": "anon-user", "type": "anon-user", "disabled": true}"#;
    std::fs::write(Path::new(&dir).join("auth_providers/anon-user.json"), provider).unwrap();
    assert_eq!(place.run(["import", &dir, "--app", "closed-aaaaa"]).code, 0);
    let config = place.beside("passerby.toml");
    std::fs::write(&config, "public_url = \"http://auth.example.com\"\n").unwrap();
    let ran = place.run(["doctor", "--config", &config]);
    assert_eq!((ran.code, ran.err.as_str()), (1, "error: findings that need attention: 3\n"));
    let unwell: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("!!")).collect();
    assert_eq!(
        unwell,
        [
            "!!  store file        [dir]/data/passerby.db (mode 644): others can read the signing keys; chmod 600",
            "!!  public URL        http://auth.example.com: tokens travel in the clear; use https",
            "!!  app closed-aaaaa  nobody can log in: enable a provider",
        ]
    );
}

#[test]
fn keys_from_before_the_master_key_are_named_until_they_are_rotated() {
    let place = Place::without_server();
    let key = place.beside("master");
    std::fs::write(&key, format!("{}\n", "5a".repeat(32))).unwrap();
    let ran = place.run(["doctor", "--master-key-file", &key]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("3 of 3 were stored before there was a master key: rotate and retire them"),
        "{ran:?}"
    );
    assert_eq!(place.run(["keys", "rotate", "news-aaaaa", "access", "--master-key-file", &key]).code, 0);
    let without = place.run(["doctor"]);
    assert_eq!((without.code, without.out.as_str()), (1, ""));
    assert!(without.err.contains("it is sealed, and no master key was given"), "{without:?}");
}
