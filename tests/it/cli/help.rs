//! What `passerby` says of itself.

use crate::support::passerby;

#[test]
fn no_arguments_print_help_that_begins_with_examples() {
    let ran = passerby(Vec::<&str>::new());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let place = |text: &str| ran.out.find(text).unwrap_or_else(|| panic!("no `{text}` in\n{}", ran.out));
    assert!(place("passerby serve examples/news") < place("Commands:"));
    assert!(place("Commands:") < place("Exit codes:"));
    assert!(
        ran.out.trim_end().ends_with("7  nobody is logged in there, or that one may not do this"),
        "{}",
        ran.out
    );
    assert_eq!(passerby(["--help"]).out, ran.out);
}

#[test]
fn an_unknown_command_is_wrong_usage() {
    let ran = passerby(["severs"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("similar subcommand"), "{}", ran.err);
}

#[test]
fn every_command_has_help() {
    let commands = [
        "serve",
        "import",
        "export",
        "push",
        "diff",
        "pull",
        "watch",
        "providers list",
        "providers enable",
        "providers disable",
        "check",
        "apps list",
        "users list",
        "users show",
        "users disable",
        "users enable",
        "users revoke",
        "users delete",
        "users set-data",
        "users pending",
        "users confirm",
        "users pending-delete",
        "users expire",
        "access-list list",
        "access-list add",
        "access-list delete",
        "logs",
        "migrate realm",
        "keys list",
        "keys rotate",
        "keys retire",
        "api-keys create",
        "api-keys list",
        "api-keys disable",
        "api-keys enable",
        "api-keys delete",
        "backup",
        "restore",
        "doctor",
        "completions",
        "man",
        "login",
        "logout",
        "whoami",
    ];
    for command in commands {
        let ran = passerby(command.split(' ').chain(["--help"]));
        assert!(
            ran.code == 0 && ran.out.contains(&format!("Usage: passerby {command}")),
            "{command}: {ran:?}"
        );
    }
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let ran = passerby(["man"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains(".TH passerby 1") && ran.out.contains("Exit codes:"), "{}", ran.out);
    let dir = tempfile::tempdir().unwrap();
    let ran = passerby(["man", "--dir", dir.path().to_str().unwrap()]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let page = std::fs::read_to_string(dir.path().join("passerby-users-list.1")).unwrap();
    assert!(page.contains("passerby users list") || page.contains("users\\-list"), "{page}");
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = passerby(["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{shell}");
        assert!(ran.out.contains("restore") && ran.out.contains("accept-clock"), "{shell}");
    }
}
