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
        ran.out.trim_end().ends_with("6  it wants a confirmation first, such as --accept-clock"),
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
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = passerby(["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{shell}");
        assert!(ran.out.contains("restore") && ran.out.contains("accept-clock"), "{shell}");
    }
}
