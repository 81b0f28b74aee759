//! Running the binary to its end.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};

use super::Kept;

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

/// What tells the binary where the store of the data directory in its arguments is.
fn store_of<A: AsRef<OsStr>>(arguments: &[A]) -> Option<(&'static str, String)> {
    let data = arguments.iter().skip_while(|argument| argument.as_ref() != "--data").nth(1)?;
    Kept::of(Path::new(data)).variable()
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
    passerby_typing(variables, arguments, "")
}

/// The same, in a directory.
pub(crate) fn passerby_in<A: AsRef<OsStr>>(
    directory: &Path,
    variables: &[(&str, &str)],
    arguments: impl IntoIterator<Item = A>,
) -> Ran {
    let mut command = binary();
    let output = command.current_dir(directory).envs(variables.iter().copied()).args(arguments).output();
    Ran::of(output.expect("the binary runs"))
}

/// The same, with something on standard input.
pub(crate) fn passerby_typing<A: AsRef<OsStr>>(
    variables: &[(&str, &str)],
    arguments: impl IntoIterator<Item = A>,
    typed: &str,
) -> Ran {
    let mut command = binary();
    let arguments: Vec<A> = arguments.into_iter().collect();
    command.envs(store_of(&arguments)).envs(variables.iter().copied()).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    // One that reads nothing may have ended already.
    let _ = child.stdin.take().expect("a pipe").write_all(typed.as_bytes());
    Ran::of(child.wait_with_output().expect("it ends"))
}

impl Ran {
    fn of(output: Output) -> Ran {
        Ran {
            code: output.status.code().expect("it was not killed"),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

/// Runs the binary on a terminal at which somebody answers a prompt, and waits for its end. What it prints and says
/// comes as one.
pub(crate) fn terminal(variables: &[(&str, &str)], arguments: &[&str], prompt: &str, typed: &str) -> Ran {
    let quoted = arguments.iter().map(|argument| format!(" '{argument}'")).collect::<String>();
    let line = format!("stty cols 120 rows 40; exec {}{quoted}", env!("CARGO_BIN_EXE_passerby"));
    let mut command = Command::new("script");
    command
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .env_clear()
        .envs(store_of(arguments))
        .envs(variables.iter().copied());
    command
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    let mut child = command.spawn().expect("`script`, of util-linux, runs");
    let (mut screen, mut shown) = (child.stdout.take().expect("a pipe"), Vec::new());
    let mut keys = child.stdin.take().expect("a pipe");
    while !String::from_utf8_lossy(&shown).contains(prompt) {
        let mut bytes = [0; 4096];
        let read = screen.read(&mut bytes).expect("a screen");
        assert_ne!(read, 0, "it ended without asking: {}", String::from_utf8_lossy(&shown));
        shown.extend_from_slice(&bytes[..read]);
    }
    keys.write_all(typed.as_bytes()).expect("it reads");
    screen.read_to_end(&mut shown).expect("a screen");
    let code = child.wait().expect("it ends").code().expect("it was not killed");
    Ran { code, out: String::from_utf8(shown).expect("text"), err: String::new() }
}

/// The binary while it runs. Dropping it kills it.
pub(crate) struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
    err: BufReader<ChildStderr>,
}

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Running {
        let mut command = binary();
        command.envs(store_of(arguments)).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let err = BufReader::new(child.stderr.take().expect("a pipe"));
        Running { child, out, err }
    }

    /// The next line that it prints, waiting for it.
    pub(crate) fn out(&mut self) -> String {
        line(&mut self.out)
    }

    /// The next line that it says on standard error, waiting for it.
    pub(crate) fn err(&mut self) -> String {
        line(&mut self.err)
    }
}

fn line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).expect("text");
    line.trim_end().to_owned()
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
