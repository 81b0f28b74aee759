//! `passerby import` and `passerby export`.

use std::path::Path;

use serde_json::{Value, json};

use super::place::{Place, beside_a_server_and_without, failed, files, printed};
use crate::support::{example, redact};

const NO_SERVER: &str = "No server runs on this data directory; `passerby serve` starts one.\n";

/// A directory of one file.
fn smallest(path: &str) {
    std::fs::create_dir_all(Path::new(path).join("auth_providers")).unwrap();
    let provider = "{\n  \"name\": \"anon-user\",\n  \"type\": \"anon-user\",\n  \"disabled\": false\n}\n";
    std::fs::write(Path::new(path).join("auth_providers/anon-user.json"), provider).unwrap();
}

#[test]
fn a_directory_imported_twice_is_one_app() {
    let place = Place::new();
    let news = example("news");
    let news = news.to_str().unwrap();
    let shown = |became: &str| {
        format!(
            "Imported {news} as news-aaaaa: {became}.\n  1 file is no part of the app; --verbose names it\n"
        )
    };
    printed(&place.raw(["import", news]), &shown("a new app"), NO_SERVER);
    printed(&place.raw(["import", news]), &shown("nothing changed"), NO_SERVER);
    let list: Value = serde_json::from_str(&place.raw(["apps", "list", "--json"]).out).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[test]
fn a_directory_without_an_id_is_known_by_its_path() {
    let place = Place::new();
    let dir = place.beside("tiny");
    smallest(&dir);
    let imported = |place: &Place| -> Value {
        let ran = place.raw(["import", &dir, "--json"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.out).unwrap()
    };
    let first = imported(&place);
    let id = first["client_app_id"].as_str().unwrap();
    assert!(id.starts_with("tiny-") && id.len() == 10, "{id}");
    assert_eq!(
        first,
        json!({
            "client_app_id": id, "name": "tiny", "config_version": 20_200_603, "created": true, "changed": true,
            "warnings": [], "ignored": [],
        })
    );
    let again = imported(&place);
    assert_eq!(
        (&again["client_app_id"], &again["created"], &again["changed"]),
        (&json!(id), &json!(false), &json!(false))
    );
    let as_another = place.raw(["import", &dir, "--app", "named-bbbbb"]);
    assert_eq!(as_another.out, format!("Imported {dir} as named-bbbbb: a new app.\n"));
}

#[test]
fn an_import_changes_what_a_running_server_does() {
    let place = Place::with_server();
    let dir = place.beside("news");
    let exported = place.run(["export", "news-aaaaa", &dir]);
    assert_eq!(exported.code, 0, "{exported:?}");
    let providers = Path::new(&dir).join("auth/providers.json");
    let off =
        std::fs::read_to_string(&providers).unwrap().replace("\"disabled\": false", "\"disabled\": true");
    std::fs::write(&providers, off).unwrap();
    printed(&place.run(["import", &dir]), "Imported [dir]/news as news-aaaaa: changed.\n", "");
    let target = "/api/client/v2.0/app/news-aaaaa/auth/providers/anon-user/login";
    assert_eq!(place.server.as_ref().unwrap().request("POST", target, &[], b"").status, 401);
}

#[test]
fn a_bad_directory_names_every_problem_and_leaves_the_store_as_it_was() {
    beside_a_server_and_without(|place| {
        let before = place.raw(["apps", "list", "--json"]).out;
        let dir = place.beside("bad");
        smallest(&dir);
        std::fs::write(
            Path::new(&dir).join("auth_providers/anon-user.json"),
            "{\"name\": \"anon-user\",\n\"type\": \"anon-user\",\n\"disabled\": \"no\"}",
        )
        .unwrap();
        std::fs::write(Path::new(&dir).join("passerby.json"), "{\"link_errors\": \"sfae\"}").unwrap();
        failed(
            &place.run(["import", &dir, "--app", "news-aaaaa"]),
            3,
            "error: failed to understand the app directory [dir]/bad:\n\
             auth_providers/anon-user.json:3:13: $.disabled: expected true or false, found \"no\"; did you mean false?\n\
             passerby.json:1:17: $.link_errors: expected one of \"safe\", \"exact\", \"strict\", found \"sfae\"; did you \
             mean \"safe\"?\n",
        );
        assert_eq!(place.raw(["apps", "list", "--json"]).out, before);
    });
}

#[test]
fn a_bad_directory_makes_no_store() {
    let place = Place::new();
    let dir = place.beside("absent");
    failed(&place.run(["import", &dir]), 3, "error: there is no directory [dir]/absent\n");
    failed(&place.run(["serve", &dir]), 3, "error: there is no directory [dir]/absent\n");
    assert!(!place.data().exists());
}

#[test]
fn an_export_imports_to_itself() {
    beside_a_server_and_without(|place| {
        let (one, two) = (place.beside("one"), place.beside("two"));
        let written = place.run(["export", "news-aaaaa", &one]);
        printed(&written, "Exported news-aaaaa to [dir]/one: 7 files, version 20210101.\n", "");
        let ran = place.run(["import", &one]);
        assert_eq!((ran.code, ran.out.as_str()), (0, "Imported [dir]/one as news-aaaaa: nothing changed.\n"));
        assert_eq!(place.run(["export", "news-aaaaa", &two]).code, 0);
        assert_eq!(files(Path::new(&one)), files(Path::new(&two)));
    });
}

#[test]
fn an_export_is_written_in_the_version_asked_for() {
    let place = Place::without_server();
    let dir = place.beside("old");
    let ran = place.run(["export", "news-aaaaa", &dir, "--format", "20180301", "--json"]);
    let said: Value = serde_json::from_str(&redact(&ran.out)).unwrap();
    assert_eq!(
        said,
        json!({
            "client_app_id": "news-aaaaa", "directory": "[dir]/old", "config_version": 20_180_301,
            "files": [
                "auth_providers/anon-user.json", "hosting/files/icon.svg", "hosting/files/index.html",
                "hosting/files/news.js", "hosting/files/passerby.js", "hosting/files/style.css", "stitch.json",
            ],
        })
    );
    let wrong = place.run(["export", "news-aaaaa", &place.beside("x"), "--format", "2021"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (2, ""));
}

#[test]
fn an_export_goes_into_an_empty_directory_only() {
    let place = Place::without_server();
    let dir = place.beside("full");
    smallest(&dir);
    failed(
        &place.run(["export", "news-aaaaa", &dir]),
        1,
        "error: [dir]/full is not empty: expected a new or empty directory\n\
         hint: name a directory that does not exist yet\n",
    );
    assert_eq!(files(Path::new(&dir)).len(), 1);
}
