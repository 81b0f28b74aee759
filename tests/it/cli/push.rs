//! `passerby push` and `passerby diff`.

use std::path::Path;

use serde_json::{Value, json};

use super::place::{Place, beside_a_server_and_without, files, printed};
use crate::support::terminal;

/// What turning guests away looks like in the directory that an export of `news-aaaaa` wrote.
const OFF: &str = "--- a/auth/providers.json\n\
                   +++ b/auth/providers.json\n\
                   @@ -2,6 +2,6 @@\n     \
                   \"anon-user\": {\n         \
                   \"name\": \"anon-user\",\n         \
                   \"type\": \"anon-user\",\n\
                   -        \"disabled\": false\n\
                   +        \"disabled\": true\n     \
                   }\n }\n";

const NOBODY: &str = "error: nobody can be asked here: standard input is no terminal\n\
                      hint: --yes does it without asking, --dry-run shows what it would do\n";

/// The news app's directory, with guests turned away.
fn off(place: &Place) -> String {
    let dir = place.beside("news");
    let exported = place.raw(["export", "news-aaaaa", &dir]);
    assert_eq!(exported.code, 0, "{exported:?}");
    let providers = Path::new(&dir).join("auth/providers.json");
    let text = std::fs::read_to_string(&providers).unwrap();
    std::fs::write(&providers, text.replace("\"disabled\": false", "\"disabled\": true")).unwrap();
    dir
}

fn providers(place: &Place) -> String {
    let ran = place.raw(["providers", "list", "news-aaaaa"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.out
}

const ON_LIST: &str = "PROVIDER   STATE\nanon-user  enabled\n";
const OFF_LIST: &str = "PROVIDER   STATE\nanon-user  disabled\n";

#[test]
fn what_a_push_would_change_is_shown_and_nothing_becomes_of_it() {
    beside_a_server_and_without(|place| {
        let dir = off(place);
        let shown = format!("{OFF}news-aaaaa: 1 file changed\n");
        printed(&place.run(["diff", &dir]), &shown, "");
        printed(&place.run(["push", &dir, "--dry-run"]), &shown, "");
        let refused = place.run(["push", &dir]);
        assert_eq!((refused.code, refused.out.as_str(), refused.err.as_str()), (6, shown.as_str(), NOBODY));
        assert_eq!(providers(place), ON_LIST);
    });
}

#[test]
fn a_push_changes_what_a_running_server_does() {
    let place = Place::with_server();
    let dir = off(&place);
    let pushed =
        format!("{OFF}news-aaaaa: 1 file changed\nPushed [dir]/news to news-aaaaa: 1 file changed.\n");
    printed(&place.run(["push", &dir, "--yes"]), &pushed, "");
    let target = "/api/client/v2.0/app/news-aaaaa/auth/providers/anon-user/login";
    assert_eq!(place.server.as_ref().unwrap().request("POST", target, &[], b"").status, 401);
    let nothing = "Nothing to push: [dir]/news is what news-aaaaa has.\n";
    printed(&place.run(["push", &dir]), nothing, "");
    printed(&place.run(["diff", &dir]), nothing, "");
}

#[test]
fn a_push_for_programs_is_one_line() {
    let place = Place::with_server();
    let dir = off(&place);
    let said = |arguments: &[&str]| -> Value {
        let ran = place.raw(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
        serde_json::from_str(&ran.out).unwrap()
    };
    let mut expected = json!({
        "client_app_id": "news-aaaaa", "created": false, "changed": true, "pushed": false,
        "files": [{ "path": "auth/providers.json", "change": "changed", "diff": OFF }],
        "secrets": [], "warnings": [], "ignored": [],
    });
    assert_eq!(said(&["diff", &dir, "--json"]), expected);
    expected["pushed"] = json!(true);
    assert_eq!(said(&["push", &dir, "--json", "--yes"]), expected);
    let nothing = said(&["push", &dir, "--json"]);
    assert_eq!((&nothing["changed"], &nothing["files"]), (&json!(false), &json!([])));
}

#[test]
fn a_push_makes_a_new_app() {
    let place = Place::new();
    let dir = place.beside("tiny");
    std::fs::create_dir_all(Path::new(&dir).join("auth_providers")).unwrap();
    let provider = "{\"name\": \"anon-user\", \"type\": \"anon-user\", \"disabled\": false}\n";
    std::fs::write(Path::new(&dir).join("auth_providers/anon-user.json"), provider).unwrap();
    let pushed = place.run(["push", &dir, "--app", "tiny-abcde", "--yes"]);
    let shown = "--- /dev/null\n+++ b/auth_providers/anon-user.json\n@@ -0,0 +1,5 @@\n\
                 +{\n+    \"name\": \"anon-user\",\n+    \"type\": \"anon-user\",\n+    \"disabled\": false\n+}\n\
                 --- /dev/null\n+++ b/config.json\n@@ -0,0 +1,5 @@\n\
                 +{\n+    \"config_version\": 20200603,\n+    \"app_id\": \"tiny-abcde\",\n+    \"name\": \"tiny\"\n+}\n\
                 tiny-abcde (a new app): 2 files added\n\
                 Pushed [dir]/tiny to tiny-abcde: a new app.\n";
    let note = "No server runs on this data directory; `passerby serve` starts one.\n";
    printed(&pushed, shown, note);
    // An app without an id in its files is known by its path, and gets one.
    let other = place.run(["push", &dir, "--json", "--dry-run"]);
    let said: Value = serde_json::from_str(&other.out).unwrap();
    assert_eq!((said.get("client_app_id"), &said["created"]), (Some(&json!("tiny-abcde")), &json!(false)));
}

#[test]
fn a_bad_directory_names_file_and_line_and_changes_nothing() {
    beside_a_server_and_without(|place| {
        let dir = off(place);
        std::fs::write(Path::new(&dir).join("auth/providers.json"), "{\n  \"anon-user\": [],\n}").unwrap();
        for command in ["push", "diff"] {
            let ran = place.run([command, &dir]);
            assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{ran:?}");
            assert!(ran.err.contains("auth/providers.json:2:16: $.anon-user: "), "{}", ran.err);
        }
        assert_eq!(providers(place), ON_LIST);
    });
}

#[test]
fn the_values_of_secrets_are_never_shown() {
    beside_a_server_and_without(|place| {
        let dir = off(place);
        let secrets = Path::new(&dir).join("secrets.json");
        std::fs::write(&secrets, "{\"mail-key\": \"hunter2-hunter2\"}").unwrap();
        let shown = format!("{OFF}Secret mail-key: set\nnews-aaaaa: 1 file changed, 1 secret set\n");
        printed(&place.run(["push", &dir, "--dry-run"]), &shown, "");
        for arguments in [vec!["diff", &dir, "--json"], vec!["push", &dir, "--yes", "--json"]] {
            let ran = place.raw(arguments);
            assert!(ran.code == 0 && ran.out.contains("\"secrets\":[\"mail-key\"]"), "{ran:?}");
            assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
        }
        // Nor does a mistake in the file repeat it.
        std::fs::write(&secrets, "{\"mail-key\": hunter2-hunter2}").unwrap();
        let ran = place.raw(["diff", &dir]);
        assert!(ran.code == 3 && !format!("{ran:?}").contains("hunter2"), "{ran:?}");
    });
}

#[test]
fn on_a_terminal_a_push_is_coloured_and_asks() {
    let place = Place::with_server();
    let dir = off(&place);
    let data = place.data();
    let arguments = ["push", &dir, "--data", data.to_str().unwrap()];
    let no = terminal(&[], &arguments, "[y/N] ", "n\n");
    assert_eq!(no.code, 6, "{no:?}");
    assert!(no.out.contains("\u{1b}[1;32m+        \"disabled\": true\u{1b}[0m"), "{}", no.out);
    assert!(no.out.contains("to news-aaaaa? [y/N] ") && no.out.contains("nothing was done"), "{}", no.out);
    assert_eq!(providers(&place), ON_LIST);
    let yes = terminal(&[("NO_COLOR", "1")], &arguments, "[y/N] ", "y\n");
    assert_eq!(yes.code, 0, "{yes:?}");
    assert!(
        yes.out.contains("+        \"disabled\": true\r\n") && !yes.out.contains('\u{1b}'),
        "{}",
        yes.out
    );
    assert_eq!(providers(&place), OFF_LIST);
}

#[test]
fn what_was_deployed_meanwhile_is_not_overwritten() {
    let place = Place::with_server();
    let dir = off(&place);
    let looked: Value = serde_json::from_str(&place.raw(["diff", &dir, "--json"]).out).unwrap();
    assert_eq!(looked["changed"], json!(true));
    let ask = |path: &str, replaces: Option<&str>| {
        let body = json!({ "replaces": replaces, "files": super::socket::encoded(&files(Path::new(&dir))) });
        super::socket::ask_with(&place, "POST", path, &body.to_string())
    };
    let import = "/api/passerby/v1/apps/news-aaaaa/import";
    let (status, preview) = ask("/api/passerby/v1/apps/news-aaaaa/diff", None);
    assert_eq!(status, 200, "{preview}");
    let seen = preview["replaces"].as_str().unwrap();
    assert_eq!(place.raw(["providers", "enable", "news-aaaaa", "api-key"]).code, 0);
    let (status, refused) = ask(import, Some(seen));
    assert_eq!(
        (status, &refused["error"]),
        (409, &json!("the app was deployed by somebody else at the same moment: try again")),
        "{refused}"
    );
    let list = providers(&place);
    assert!(list.contains("api-key    enabled") && list.contains("anon-user  enabled"), "{list}");
}
