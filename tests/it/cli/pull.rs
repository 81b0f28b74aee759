//! `passerby pull`.

use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::{Value, json};

use super::place::{Place, beside_a_server_and_without, failed, files, printed};
use crate::support::passerby;

const NOBODY: &str = "error: nobody can be asked here: standard input is no terminal\n\
                      hint: --yes does it without asking, --dry-run shows what it would do\n";

fn write(dir: &str, path: &str, text: &str) {
    let path = Path::new(dir).join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn read(dir: &str, path: &str) -> String {
    std::fs::read_to_string(Path::new(dir).join(path)).unwrap()
}

#[test]
fn a_pull_into_a_new_directory_is_an_export() {
    beside_a_server_and_without(|place| {
        let (one, two) = (place.beside("one"), place.beside("two"));
        let pulled = place.run(["pull", &one, "--app", "news-aaaaa"]);
        printed(&pulled, "Pulled news-aaaaa into [dir]/one: 7 files added.\n", "");
        assert_eq!(place.raw(["export", "news-aaaaa", &two]).code, 0);
        assert_eq!(files(Path::new(&one)), files(Path::new(&two)));
        let again = place.run(["pull", &one, "--app", "news-aaaaa"]);
        printed(&again, "Nothing to pull: [dir]/one is what news-aaaaa has.\n", "");
    });
}

#[test]
fn what_would_be_lost_is_shown_and_asked_for() {
    beside_a_server_and_without(|place| {
        let dir = place.beside("news");
        assert_eq!(place.raw(["pull", &dir, "--app", "news-aaaaa"]).code, 0);
        let style = read(&dir, "auth/providers.json");
        write(&dir, "auth/providers.json", &style.replace("false", "true"));
        write(&dir, "functions/mine.js", "exports = () => 1;\n");
        write(&dir, "secrets.json", "{\"a\": \"hunter2-hunter2\"}");
        write(&dir, "README.md", "mine\n");
        let shown = "--- a/auth/providers.json\n+++ b/auth/providers.json\n@@ -2,6 +2,6 @@\n     \"anon-user\": {\n         \
                     \"name\": \"anon-user\",\n         \"type\": \"anon-user\",\n-        \"disabled\": true\n\
                     +        \"disabled\": false\n     }\n }\n\
                     --- a/functions/mine.js\n+++ /dev/null\n@@ -1 +0,0 @@\n-exports = () => 1;\n";
        let refused = place.run(["pull", &dir, "--app", "news-aaaaa"]);
        assert_eq!((refused.code, refused.out.as_str(), refused.err.as_str()), (6, shown, NOBODY));
        let would = "Would pull news-aaaaa into [dir]/news: 1 file changed, 1 file removed.\n";
        printed(
            &place.run(["pull", &dir, "--app", "news-aaaaa", "--dry-run"]),
            &format!("{shown}{would}"),
            "",
        );
        assert_eq!(read(&dir, "functions/mine.js"), "exports = () => 1;\n");
        let pulled = place.run(["pull", &dir, "--app", "news-aaaaa", "--yes"]);
        let did = "Pulled news-aaaaa into [dir]/news: 1 file changed, 1 file removed.\n";
        printed(&pulled, &format!("{shown}{did}"), "");
        assert_eq!(read(&dir, "auth/providers.json"), style);
        assert!(!Path::new(&dir).join("functions").exists());
        // What is no part of an export stays.
        assert_eq!(read(&dir, "README.md"), "mine\n");
        assert_eq!(read(&dir, "secrets.json"), "{\"a\": \"hunter2-hunter2\"}");
    });
}

#[test]
fn a_pull_in_another_version_leaves_one_app() {
    let place = Place::with_server();
    let dir = place.beside("news");
    assert_eq!(place.raw(["pull", &dir, "--app", "news-aaaaa"]).code, 0);
    let ran = place.raw(["pull", &dir, "--app", "news-aaaaa", "--version", "20180301", "--yes", "--json"]);
    let said: Value = serde_json::from_str(&ran.out).unwrap();
    let changes: Vec<_> =
        said["files"].as_array().unwrap().iter().map(|f| (&f["path"], &f["change"])).collect();
    assert_eq!(
        json!(changes),
        json!([
            ["auth/providers.json", "removed"],
            ["auth_providers/anon-user.json", "added"],
            ["realm_config.json", "removed"],
            ["stitch.json", "added"],
        ])
    );
    assert_eq!((&said["changed"], &said["pulled"]), (&json!(true), &json!(true)));
    assert!(!Path::new(&dir).join("auth").exists());
    assert_eq!(passerby(["check", &dir]).code, 0);
}

#[test]
fn a_link_is_replaced_and_not_written_through() {
    let place = Place::with_server();
    let dir = place.beside("news");
    assert_eq!(place.raw(["pull", &dir, "--app", "news-aaaaa"]).code, 0);
    write(&dir, "notes.txt", "mine\n");
    let linked = Path::new(&dir).join("auth/providers.json");
    std::fs::remove_file(&linked).unwrap();
    symlink("../notes.txt", &linked).unwrap();
    assert_eq!(place.raw(["pull", &dir, "--app", "news-aaaaa", "--yes"]).code, 0);
    assert_eq!(read(&dir, "notes.txt"), "mine\n");
    assert!(!linked.is_symlink());
    // A link that leads out is not even read.
    std::fs::remove_file(&linked).unwrap();
    symlink("/etc/hostname", &linked).unwrap();
    failed(
        &place.run(["pull", &dir, "--app", "news-aaaaa", "--yes"]),
        3,
        "error: [dir]/news/auth/providers.json is a link that leads out of the app directory\n",
    );
}

#[test]
fn an_unknown_app_is_not_pulled() {
    let place = Place::with_server();
    let dir = place.beside("x");
    failed(
        &place.run(["pull", &dir, "--app", "news-aaaab"]),
        4,
        "error: cannot find app using Client App ID 'news-aaaab'\nhint: did you mean news-aaaaa?\n",
    );
    assert!(!Path::new(&dir).exists());
}
