//! `secrets.json` beside an app, as `serve` takes it in: when it changed since.

use std::path::PathBuf;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{KEY, Town, claims, signed};

/// Two keys that the directory gives, one after the other.
const FIRST: &str = "first-key-of-the-directory-0123456789";
const SECOND: &str = "second-key-of-the-directory-0123456789";

/// Writes `secrets.json`, or removes it.
fn give(path: PathBuf, key: Option<&str>) -> Vec<u8> {
    let Some(key) = key else {
        std::fs::remove_file(path).unwrap();
        return Vec::new();
    };
    let text = json!({"jwtKey": key}).to_string();
    std::fs::write(path, &text).unwrap();
    text.into_bytes()
}

fn restarted(town: Town, key: Option<&str>) -> Town {
    give(town.directory.path().join("people/secrets.json"), key);
    Town { server: town.server.restart(), ..town }
}

/// Which of the keys signs good tokens.
fn good(town: &Town) -> Vec<&'static str> {
    let is_good = |key: &&str| {
        let body: Value = json!({"token": signed(&claims("ann"), key)});
        town.post("/auth/providers/custom-token/login", &body).status == 200
    };
    [KEY, FIRST, SECOND].into_iter().filter(is_good).collect()
}

#[test]
fn changed_secrets_are_taken_in_at_a_start_and_others_are_left_to_the_store() {
    let userpass = json!({"autoConfirm": true});
    let town = Town::built(&json!({}), &userpass, |app| {
        give(app.join("secrets.json"), Some(FIRST));
        Vec::new()
    });
    // The operator set another one since.
    assert_eq!(good(&town), [KEY]);
    let town = restarted(town, Some(FIRST));
    assert_eq!(good(&town), [KEY], "the directory did not change");
    let town = restarted(town, Some(SECOND));
    assert_eq!(good(&town), [SECOND], "it changed");
    let town = restarted(town, None);
    assert_eq!(good(&town), [SECOND], "a file that is gone takes nothing back");
    let town = restarted(town, Some(SECOND));
    town.set_secret("jwtKey", KEY);
    let town = restarted(town, Some(SECOND));
    assert_eq!(good(&town), [KEY], "it is the file of the last import");
}

#[test]
fn neither_a_secret_nor_its_hash_lies_open_in_the_store() {
    let userpass = json!({"autoConfirm": true});
    let mut hidden = vec![FIRST.as_bytes().to_vec()];
    let town = Town::built(&json!({}), &userpass, |app| {
        let file = give(app.join("secrets.json"), Some(FIRST));
        let pairs = json!([["jwtKey", FIRST]]).to_string();
        let hashed = [file.as_slice(), FIRST.as_bytes(), pairs.as_bytes()];
        hidden.extend(hashed.iter().map(|bytes| digest(&SHA256, bytes).as_ref().to_vec()));
        let key = app.parent().unwrap().join("master.key");
        std::fs::write(&key, format!("{}\n", "ab".repeat(32))).unwrap();
        vec!["--master-key-file".to_owned(), key.to_str().unwrap().to_owned()]
    });
    let Town { server, directory } = town;
    assert_eq!(server.stop(), 0);
    let mut files = 0;
    for entry in std::fs::read_dir(directory.path().join("data")).unwrap() {
        let Ok(bytes) = std::fs::read(entry.unwrap().path()) else { continue };
        files += 1;
        assert!(hidden.iter().all(|one| !bytes.windows(one.len()).any(|window| window == one.as_slice())));
    }
    assert!(files > 0);
}
