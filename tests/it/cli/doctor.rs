//! `passerby doctor`.

use std::path::Path;

use serde_json::Value;

use super::place::{Place, beside_a_server_and_without};

pub(super) fn findings(place: &Place) -> (i32, Vec<(String, bool)>) {
    let ran = place.raw(["doctor", "--json"]);
    let list: Vec<Value> = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
    let pair = |f: &Value| (f["name"].as_str().unwrap().to_owned(), f["well"].as_bool().unwrap());
    (ran.code, list.iter().map(pair).collect())
}

#[test]
fn all_is_well_at_first() {
    beside_a_server_and_without(|place| {
        let (code, found) = findings(place);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert!(code == 0 && found.iter().all(|(_, well)| *well), "{found:?}");
        // What there is to be said of the store itself, each engine's tests list.
        assert!(names.starts_with(&["server"]) && names.contains(&"schema"), "{names:?}");
        assert!(names.ends_with(&["public URL", "app news-aaaaa"]), "{names:?}");
        let ran = place.run(["doctor"]);
        assert!(ran.code == 0 && ran.err.is_empty(), "{ran:?}");
        let last = ran.out.lines().last().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(last, "ok app news-aaaaa people log in through anon-user");
    });
}

#[test]
fn what_is_not_well_is_said_and_is_a_failure() {
    let place = Place::without_server();
    let dir = place.beside("closed");
    std::fs::create_dir_all(Path::new(&dir).join("auth_providers")).unwrap();
    let provider = r#"{"name": "anon-user", "type": "anon-user", "disabled": true}"#;
    std::fs::write(Path::new(&dir).join("auth_providers/anon-user.json"), provider).unwrap();
    assert_eq!(place.run(["import", &dir, "--app", "closed-aaaaa"]).code, 0);
    let config = place.beside("passerby.toml");
    std::fs::write(&config, "public_url = \"http://auth.example.com\"\n").unwrap();
    let ran = place.run(["doctor", "--config", &config]);
    assert_eq!((ran.code, ran.err.as_str()), (1, "error: findings that need attention: 2\n"));
    // Names are padded to the longest.
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let unwell: Vec<String> = ran.out.lines().filter(|line| line.starts_with("!!")).map(words).collect();
    assert_eq!(
        unwell,
        [
            "!! public URL http://auth.example.com: tokens travel in the clear; use https",
            "!! app closed-aaaaa nobody can log in: enable a provider",
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
