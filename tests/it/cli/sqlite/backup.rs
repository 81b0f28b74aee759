//! `passerby backup` and `passerby restore`.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;

use serde_json::{Value, json};

use crate::cli::place::{Place, beside_a_server_and_without, failed};
use crate::support::{Server, passerby};

const SESSION: &str = "/api/client/v2.0/auth/session";

fn restore(file: &str, data: &str, more: &[&str]) -> crate::support::Ran {
    passerby(["restore", file, "--data", data].iter().chain(more))
}

#[test]
fn a_guest_lives_on_in_a_restored_backup() {
    beside_a_server_and_without(|place| {
        let (file, data) = (place.beside("a.backup"), place.beside("other"));
        let ran = place.run(["backup", &file]);
        assert!(ran.code == 0 && ran.err.is_empty(), "{ran:?}");
        assert!(
            ran.out.starts_with("Backed up to [dir]/a.backup: ") && ran.out.ends_with(" KiB.\n"),
            "{ran:?}"
        );
        if let Some(server) = &place.server {
            server.log_in("news-aaaaa");
        }
        let bytes = std::fs::metadata(&file).unwrap().len();
        let restored: Value = serde_json::from_str(&restore(&file, &data, &["--json"]).out).unwrap();
        assert_eq!(restored, json!({ "data": data, "bytes": bytes, "apps": 1, "users": 2 }));
        let left: Vec<_> = std::fs::read_dir(&data).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["passerby.db"]);

        let server = Server::start(data.as_ref(), &[]);
        assert_eq!(server.with_token("POST", SESSION, place.token(0, "refresh_token")).status, 201);
    });
}

/// Guests who were deleted by mistake are what it is brought back for.
#[test]
fn a_deletion_that_waited_in_a_backup_does_not_begin() {
    let place = Place::without_server();
    let (file, data) = (place.beside("a.backup"), place.beside("other"));
    assert_eq!(place.raw(["backup", &file]).code, 0);
    let kept = rusqlite::Connection::open(&file).unwrap();
    kept.execute("update apps set guest_deletion = '\"waits\"'", []).unwrap();
    drop(kept);
    assert_eq!(restore(&file, &data, &[]).code, 0);
    let restored = rusqlite::Connection::open(format!("{data}/passerby.db")).unwrap();
    let waiting: u32 =
        restored.query_row("select count(guest_deletion) from apps", [], |row| row.get(0)).unwrap();
    assert_eq!(waiting, 0);
}

#[test]
fn a_restore_says_what_came_and_what_to_do() {
    let place = Place::without_server();
    let (file, data) = (place.beside("a.backup"), place.beside("other"));
    let backed_up: Value = serde_json::from_str(&place.raw(["backup", &file, "--json"]).out).unwrap();
    assert_eq!(backed_up, json!({ "path": file, "bytes": std::fs::metadata(&file).unwrap().len() }));
    std::fs::create_dir(&data).unwrap();
    let ran = restore(&file, &data, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with(&format!("Restored 1 app with 2 users into {data} (")), "{ran:?}");
    assert_eq!(ran.err, format!("`passerby serve --data {data}` serves them.\n"));
}

#[test]
fn a_backup_overwrites_nothing() {
    beside_a_server_and_without(|place| {
        let file = place.beside("a.backup");
        std::fs::write(&file, "mine").unwrap();
        failed(
            &place.run(["backup", &file]),
            1,
            "error: failed to write the backup: `[dir]/a.backup` exists already\n",
        );
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
        let nowhere = place.run(["backup", &place.beside("no/such/dir")]);
        assert_eq!((nowhere.code, nowhere.out.as_str()), (1, ""));
        assert!(nowhere.err.contains("No such file or directory"), "{nowhere:?}");
    });
}

#[test]
fn a_restore_overwrites_nothing_and_takes_whole_stores_only() {
    let place = Place::without_server();
    let (file, data) = (place.beside("a.backup"), place.beside("other"));
    assert_eq!(place.run(["backup", &file]).code, 0);
    let used = restore(&file, place.data().to_str().unwrap(), &[]);
    assert!(used.code == 1 && used.err.contains("is not empty"), "{used:?}");

    let whole = std::fs::read(&file).unwrap();
    let mut torn = whole.clone();
    let end = torn.len();
    torn[4096..end - 4096].fill(0x5a);
    let wrong = [
        ("empty", Vec::new(), "is empty"),
        (
            "text",
            b"not a store at all, only some text that is longer than a header".repeat(99),
            "text is no backup: `passerby backup` did not write it\n",
        ),
        ("short", whole[..whole.len() / 2].to_vec(), ""),
        ("torn", torn, ""),
    ];
    for (name, bytes, said) in wrong {
        let file = place.beside(name);
        std::fs::write(&file, bytes).unwrap();
        let ran = restore(&file, &data, &[]);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{name}: {ran:?}");
        assert!(ran.err.contains(said), "{name}: {ran:?}");
        assert!(!std::path::Path::new(&data).exists(), "{name}");
    }
    let absent = restore(&place.beside("absent"), &data, &[]);
    assert!(absent.code == 1 && absent.err.contains("No such file"), "{absent:?}");
}

/// A service with a `/tmp` of its own writes where the operator never looks.
#[test]
fn a_backup_that_is_not_where_it_was_asked_for_is_no_success() {
    let place = Place::new();
    std::fs::create_dir(place.data()).unwrap();
    let listener = UnixListener::bind(place.data().join("passerby.sock")).unwrap();
    let server = std::thread::spawn(move || {
        // A command looks whether somebody is there before it asks.
        drop(listener.accept().unwrap());
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = Vec::new();
        while !asked.ends_with(b"}") {
            let mut more = [0; 1024];
            let read = stream.read(&mut more).unwrap();
            assert!(read > 0, "a request");
            asked.extend(&more[..read]);
        }
        let said = r#"{"path": "/there", "bytes": 7}"#;
        write!(stream, "HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{said}", said.len()).unwrap();
    });
    failed(
        &place.run(["backup", &place.beside("a.backup")]),
        1,
        "error: the server wrote the backup, but [dir]/a.backup is not there: it has files of its own under that path\n\
         hint: name a file in the data directory, then move it to where it is to stay\n",
    );
    server.join().unwrap();
}

#[test]
fn a_store_in_use_is_no_backup() {
    let place = Place::with_server();
    let live = place.data().join("passerby.db");
    let ran = restore(live.to_str().unwrap(), &place.beside("other"), &[]);
    assert!(ran.code == 1 && ran.err.contains("make one with `passerby backup`"), "{ran:?}");
}
