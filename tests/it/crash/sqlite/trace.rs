//! What `strace` saw, in the order in which it happened.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;
use std::thread::JoinHandle;

/// A system call that matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// A login's request was read.
    Request,
    /// Pages were written to the log of the store.
    LogWritten,
    /// The log of the store was synced: the kernel said that it is on the disk.
    LogSynced,
    /// An answer with success began to be written.
    Answer,
}

/// A trace that is being written.
pub(super) struct Trace {
    lines: JoinHandle<Vec<String>>,
}

impl Trace {
    /// Listens to the trace that `strace` will write to a pipe of this name.
    pub(super) fn listen(pipe: &Path) -> Trace {
        assert!(Command::new("mkfifo").arg(pipe).status().expect("mkfifo runs").success());
        let pipe = pipe.to_owned();
        let lines = std::thread::spawn(move || {
            BufReader::new(File::open(pipe).expect("the pipe")).lines().map(|l| l.expect("text")).collect()
        });
        Trace { lines }
    }

    /// The program that runs the server and writes to the pipe. With `-D` the server is our child, not strace's.
    pub(super) fn strace(pipe: &Path) -> Vec<&str> {
        let found = Command::new("strace").arg("-V").output();
        assert!(found.is_ok_and(|o| o.status.success()), "strace is missing: `apt-get install strace`");
        let pipe = pipe.to_str().expect("text");
        let calls =
            "trace=fsync,fdatasync,sync_file_range,write,writev,pwrite64,pwritev,recvfrom,sendto,sendmsg";
        vec!["strace", "-D", "-f", "-y", "-s", "48", "-e", calls, "-e", "signal=none", "-o", pipe]
    }

    /// Everything that was seen, when the server and with it `strace` have ended.
    pub(super) fn seen(self) -> Vec<Seen> {
        read(&self.lines.join().expect("the trace was read"))
    }
}

/// A line is `pid call(arguments) = result`, or, when another thread's call came between, `pid call(arguments
/// <unfinished ...>` and later `pid <... call resumed>arguments) = result`.
fn read(lines: &[String]) -> Vec<Seen> {
    let mut unfinished: HashMap<&str, &str> = HashMap::new();
    let mut seen = Vec::new();
    for line in lines {
        let Some((process, what)) = line.split_once(' ') else { continue };
        let what = what.trim_start();
        if let Some(begun) = what.strip_suffix("<unfinished ...>") {
            seen.extend(began(begun));
            unfinished.insert(process, begun);
        } else if let Some(rest) = what.strip_prefix("<... ") {
            let begun = unfinished.remove(process).unwrap_or_default();
            let rest = rest.split_once("resumed>").map_or("", |(_, rest)| rest);
            seen.extend(ended(&format!("{begun}{rest}")));
        } else {
            seen.extend(began(what));
            seen.extend(ended(what));
        }
    }
    seen
}

/// What counts from its beginning: an answer may be on the wire before the call returns.
fn began(call: &str) -> Option<Seen> {
    let sends = ["write(", "writev(", "sendto(", "sendmsg("].iter().any(|name| call.starts_with(name));
    (sends && call.contains("\"HTTP/1.1 200 OK")).then_some(Seen::Answer)
}

/// What counts at its end.
fn ended(call: &str) -> Option<Seen> {
    let (_, result) = call.rsplit_once(" = ")?;
    let on_log = call.split_once(", ").map_or(call, |(first, _)| first).contains("-wal>");
    if call.starts_with("recvfrom(") && call.contains("\"POST /api/client/") {
        Some(Seen::Request)
    } else if call.starts_with("pwrite") && on_log {
        Some(Seen::LogWritten)
    } else if (call.starts_with("fsync(") || call.starts_with("fdatasync(")) && on_log {
        (result == "0").then_some(Seen::LogSynced)
    } else {
        None
    }
}

#[test]
fn a_trace_is_read_in_the_order_of_what_counts() {
    let lines = [
        "7  recvfrom(9<socket:[1]>, \"POST /api/client/v2.0\"..., 8192, 0, NULL, NULL) = 120",
        "8  pwrite64(6</d/passerby.db-wal>, \"\\0\"..., 4096, 32) = 4096",
        "8  fdatasync(6</d/passerby.db-wal> <unfinished ...>",
        "7  recvfrom(9<socket:[1]>,  <unfinished ...>",
        "8  <... fdatasync resumed>)        = 0",
        "8  fdatasync(5</d/passerby.db>) = 0",
        "8  fdatasync(6</d/passerby.db-wal>) = -1 EIO (Input/output error)",
        "9  writev(9<socket:[1]>, [{iov_base=\"HTTP/1.1 200 OK\\r\\n\"..., iov_len=9}], 1 <unfinished ...>",
        "7  <... recvfrom resumed>\"POST /api/client/v2.0\"..., 8192, 0, NULL, NULL) = 120",
        "9  <... writev resumed>)           = 9",
        "8  +++ exited with 0 +++",
    ];
    let lines: Vec<String> = lines.iter().map(|&l| l.to_owned()).collect();
    let expected = [Seen::Request, Seen::LogWritten, Seen::LogSynced, Seen::Answer, Seen::Request];
    assert_eq!(read(&lines), expected);
}
