//! `passerby check`.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::place::printed;
use crate::support::{Ran, example, passerby};

/// Runs in the examples' directory names, whatever the repository is called.
fn check(arguments: &[&str]) -> Ran {
    let examples = example("");
    let mut command = vec!["check".to_owned()];
    command.extend(arguments.iter().map(|a| a.replace('@', examples.to_str().unwrap())));
    let ran = passerby(command);
    let clean = |text: String| text.replace(examples.to_str().unwrap(), "@");
    Ran { code: ran.code, out: clean(ran.out), err: clean(ran.err) }
}

/// A directory called `reader` with the one file of the original's documentation, as its page prints it: with a comma
/// before the closing bracket.
fn reader() -> (TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let reader = dir.path().join("reader");
    std::fs::create_dir_all(reader.join("auth_providers")).unwrap();
    let provider = "{\n  \"name\": \"anon-user\",\n  \"type\": \"anon-user\",\n  \"disabled\": false,\n}\n";
    std::fs::write(reader.join("auth_providers/anon-user.json"), provider).unwrap();
    std::fs::write(reader.join("README.md"), "").unwrap();
    let path = reader.to_str().unwrap().to_owned();
    (dir, path)
}

#[test]
fn the_examples_are_valid() {
    printed(
        &check(&["@news", "@try-before-register", "@dev"]),
        "@news: valid (app news-aaaaa, version 20210101)\n\
         \x20 1 file is no part of the app; --verbose names it\n\
         @try-before-register: valid (app notes-aaaaa, version 20210101)\n\
         \x20 warning: auth/providers.json: $.local-userpass: `config.autoConfirm` proves nothing about an address: \
         whoever registers it first has it, its owner or not\n\
         \x20 warning: auth/providers.json: $.local-userpass: expected an address, https://…, as \
         `config.resetPasswordUrl`, found none: no password can be reset\n\
         \x20 1 file is no part of the app; --verbose names it\n\
         @dev: valid (no app id, version 20200603)\n\
         \x20 1 file is no part of the app; --verbose names it\n",
        "",
    );
}

#[test]
fn good_directories_are_valid_with_what_is_odd_about_them() {
    let (_dir, reader) = reader();
    let Ran { code, out, err } = check(&["@news", &reader]);
    printed(
        &Ran { code, out: out.replace(&reader, "reader"), err },
        "@news: valid (app news-aaaaa, version 20210101)\n\
         \x20 1 file is no part of the app; --verbose names it\n\
         reader: valid (no app id, version 20200603)\n\
         \x20 warning: auth_providers/anon-user.json:4:20: a comma before a closing bracket is no JSON: passed over, and \
         gone on export\n\
         \x20 1 file is no part of the app; --verbose names it\n",
        "",
    );
    printed(
        &check(&["@news", "--verbose"]),
        "@news: valid (app news-aaaaa, version 20210101)\n  ignored: README.md\n",
        "",
    );
}

#[test]
fn every_problem_is_printed_and_the_exit_code_says_so() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("auth")).unwrap();
    std::fs::write(dir.path().join("realm_config.json"), "{\"config_version\": 20210101, \"name\": \"a b\"}")
        .unwrap();
    std::fs::write(dir.path().join("auth/providers.json"), "{\n\"anon-user\": {\"disabled\": 1}\n}").unwrap();
    let path = dir.path().to_str().unwrap();
    let ran = check(&[path, "@news"]);
    assert_eq!(ran.code, 3);
    assert_eq!(ran.err, "error: 1 of 2 app directories are not valid\n");
    assert_eq!(
        ran.out.replace(path, "[dir]"),
        "[dir]: not valid\n\
         \x20 problem: realm_config.json:1:38: $.name: expected a name of at most 64 ASCII letters, digits, `_`, `-`, \
         beginning with a letter, found \"a b\"; did you mean \"a-b\"?\n\
         \x20 problem: auth/providers.json:2:27: $.anon-user.disabled: expected true or false, found 1; did you mean \
         true?\n\
         @news: valid (app news-aaaaa, version 20210101)\n\
         \x20 1 file is no part of the app; --verbose names it\n"
    );
}

#[test]
fn names_of_files_steer_no_terminal() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("auth_providers")).unwrap();
    std::fs::write(dir.path().join("auth_providers/anon-user.json"), r#"{"type": "anon-user"}"#).unwrap();
    std::fs::write(dir.path().join("\u{1b}]0;mine\u{7}.txt"), "").unwrap();
    let path = dir.path().to_str().unwrap();
    let ran = check(&[path, "--verbose"]);
    assert!(ran.code == 0 && ran.out.contains("ignored: \u{fffd}]0;mine\u{fffd}.txt\n"), "{ran:?}");

    std::os::unix::fs::symlink("/", dir.path().join("auth_providers/\u{1b}[2J")).unwrap();
    for command in ["check", "import"] {
        let ran = passerby([command, path]);
        let said = ran.out + &ran.err;
        assert!(
            ran.code == 3 && said.contains("/\u{fffd}[2J is a link") && !said.contains('\u{1b}'),
            "{said}"
        );
    }
}

#[test]
fn programs_get_findings_as_json() {
    let (_dir, reader) = reader();
    let ran = check(&[&reader, "@absent", "--json"]);
    assert_eq!((ran.code, ran.err.as_str()), (3, "error: 1 of 2 app directories are not valid\n"));
    let said: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        said[0],
        json!({
            "directory": reader, "valid": true, "client_app_id": null, "name": "reader", "config_version": 20_200_603,
            "problems": [],
            "warnings": [{
                "file": "auth_providers/anon-user.json", "line": 4, "column": 20, "json_path": null,
                "message": "a comma before a closing bracket is no JSON: passed over, and gone on export", "hint": null,
            }],
            "ignored": ["README.md"],
        })
    );
    assert_eq!((&said[1]["valid"], &said[1]["problems"][0]["line"]), (&json!(false), &json!(null)));
}

#[test]
fn no_directory_is_wrong_usage() {
    assert_eq!(check(&[]).code, 2);
}
