//! A cluster of `deploy/postgres-ha`, with a directory and ports of its own, for as long as a test needs it.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// How many ports it takes, from the first one on.
const PORTS: u16 = 34;
/// Where they are looked for: below those that the system gives to whoever asks for any.
const FIRST_PORTS: std::ops::Range<u16> = 20_000..30_000;

/// A running cluster. Dropping it removes it; so does the end of this process, however it comes.
pub(super) struct Cluster {
    holder: Child,
    /// Its end is what the holder waits for.
    leash: Option<ChildStdin>,
    directory: tempfile::TempDir,
    port: u16,
    network: &'static str,
}

impl Cluster {
    /// Starts one; in network namespaces when its nodes are to be cut off, which only root can do.
    pub(super) fn start(has_namespaces: bool) -> Cluster {
        let directory = tempfile::tempdir().expect("a directory");
        let (port, network) = (free_ports(), if has_namespaces { "namespaces" } else { "loopback" });
        let mut command = script(directory.path(), port, network);
        command.arg("hold").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = command.spawn().expect("bash runs");
        let (leash, out) = (holder.stdin.take(), holder.stdout.take().expect("a pipe"));
        let cluster = Cluster { holder, leash, directory, port, network };
        let ready = BufReader::new(out).lines().map_while(Result::ok).any(|line| line == "ready");
        assert!(
            ready,
            "the cluster does not start; `deploy/postgres-ha/cluster install` brings what it needs"
        );
        cluster
    }

    /// Does what one of the script's commands does, and gives back what it printed.
    pub(super) fn does(&self, arguments: &[&str]) -> String {
        let ran = script(self.directory.path(), self.port, self.network)
            .args(arguments)
            .output()
            .expect("bash runs");
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "cluster {arguments:?}: {said}");
        String::from_utf8(ran.stdout).expect("text").trim().to_owned()
    }

    /// The same, of a command that may fail.
    pub(super) fn tries(&self, arguments: &[&str]) -> Option<String> {
        let ran = script(self.directory.path(), self.port, self.network)
            .args(arguments)
            .output()
            .expect("bash runs");
        ran.status.success().then(|| String::from_utf8(ran.stdout).expect("text").trim().to_owned())
    }

    /// The rows of a query to Passerby's database, asked of the primary through haproxy. Columns are parted by `|`.
    pub(super) fn rows(&self, query: &str) -> Vec<String> {
        self.does(&["psql", "passerby", "-c", query]).lines().map(str::to_owned).collect()
    }

    /// The command that writes one row as a program beside Passerby would, or fails within a second.
    pub(super) fn write(&self, number: usize) -> Command {
        let statement = format!("insert into beside values ({number})");
        let mut command = Command::new("timeout");
        command.args([
            "1",
            "psql",
            "-X",
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            &self.port.to_string(),
            "-U",
            "postgres",
        ]);
        command.args(["-v", "ON_ERROR_STOP=1", "-c", &statement, "postgres"]);
        command.env("PGPASSFILE", self.directory.path().join("pgpass"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// What `serve --store` takes.
    pub(super) fn url(&self) -> String {
        self.does(&["url"])
    }

    /// The file with the password for it.
    pub(super) fn password_file(&self) -> PathBuf {
        self.directory.path().join("passerby.password")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.leash.take();
        let _ = self.holder.wait();
    }
}

fn script(directory: &Path, port: u16, network: &str) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/postgres-ha/cluster");
    let mut command = Command::new("bash");
    command.arg(script).env("PASSERBY_HA_DIRECTORY", directory).env("PASSERBY_HA_PORT", port.to_string());
    command.env("PASSERBY_HA_NETWORK", network).stdin(Stdio::null());
    command
}

/// The first of enough free ports in a row. Another process may take one before the cluster does: it fails to start
/// then, and says so.
fn free_ports() -> u16 {
    let own = u16::try_from(std::process::id() % 200).expect("small") * 50;
    let starts = FIRST_PORTS.step_by(50).cycle().skip(usize::from(own / 50)).take(200);
    let is_free =
        |start: &u16| (*start..*start + PORTS).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    starts.into_iter().find(is_free).expect("free ports")
}
