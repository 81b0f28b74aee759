//! What digest authentication is made of.

use std::io::Write;
use std::process::{Command, Stdio};

/// The MD5 of a text, in hexadecimal digits, as somebody else than the server computes it.
pub(crate) fn md5(text: &str) -> String {
    let mut child =
        Command::new("md5sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("md5sum runs");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap().stdout;
    String::from_utf8(out).unwrap()[..32].to_owned()
}
