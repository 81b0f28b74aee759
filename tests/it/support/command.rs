//! Running the binary to its end.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// The binary, with nothing of this process' environment that could change what it does.
pub(super) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passerby"));
    command.env_clear().stdin(Stdio::null());
    command
}

/// The binary as the last argument of another program, which runs it; that one is looked up as a shell would.
pub(super) fn binary_under(wrapper: &[String]) -> Command {
    let [program, arguments @ ..] = wrapper else { return binary() };
    let mut command = Command::new(program);
    command.args(arguments).arg(env!("CARGO_BIN_EXE_passerby")).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PASSERBY_") {
            command.env_remove(name);
        }
    }
    command
}

/// What a command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the binary with arguments and waits for its end.
pub(crate) fn passerby<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    passerby_with(&[], arguments)
}

/// The same, with environment variables.
pub(crate) fn passerby_with<A: AsRef<OsStr>>(
    variables: &[(&str, &str)],
    arguments: impl IntoIterator<Item = A>,
) -> Ran {
    let mut command = binary();
    command.envs(variables.iter().copied()).args(arguments);
    let output = command.output().expect("the binary runs");
    Ran {
        code: output.status.code().expect("it was not killed"),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}
