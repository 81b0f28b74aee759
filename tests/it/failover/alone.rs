//! A single PostgreSQL that no other test uses, and a way to it that can fall silent.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// How often a way that may fall silent looks whether it shall.
const GLANCE: Duration = Duration::from_millis(50);

/// A PostgreSQL with nothing in it. Dropping it removes it.
pub(super) struct Alone {
    /// What `--store` takes.
    pub(super) url: String,
    directory: TempDir,
}

impl Alone {
    pub(super) fn start() -> Alone {
        let directory = tempfile::Builder::new().prefix("passerby-alone-").tempdir().expect("a directory");
        let url = script("start", directory.path());
        Alone { url, directory }
    }

    /// Where it listens, on this machine.
    pub(super) fn port(&self) -> u16 {
        let (_, rest) = self.url.rsplit_once(':').expect("a port");
        rest.split('/').next().and_then(|port| port.parse().ok()).expect("a port")
    }

    /// The rows of a statement, with columns parted by `|`.
    pub(super) fn rows(&self, statement: &str) -> Vec<String> {
        let ran = self.psql(statement).output().expect("psql runs");
        assert!(ran.status.success(), "{statement}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).expect("text").lines().map(str::to_owned).collect()
    }

    /// Makes every commit wait for a replica that is not there. When this returns, one does.
    pub(super) fn hold_commits(&self) {
        self.rows("alter system set synchronous_standby_names = 'nobody'");
        self.rows("select pg_reload_conf()");
        let commit = "create table if not exists beside (number integer); insert into beside values (1)";
        let mut waits = self.psql(commit).spawn().expect("psql runs");
        while self.waiting("wait_event = 'SyncRep'") == 0 {
            if waits.try_wait().expect("a child").is_some() {
                waits = self.psql(commit).spawn().expect("psql runs");
            }
        }
        // Nobody tells its session: it goes on waiting.
        let _ = waits.kill();
        let _ = waits.wait();
    }

    /// Lets the commits that wait go, and all that come.
    pub(super) fn free_commits(&self) {
        self.rows("alter system reset synchronous_standby_names");
        self.rows("select pg_reload_conf()");
    }

    /// How many sessions there are of which a condition on `pg_stat_activity` is true.
    pub(super) fn waiting(&self, condition: &str) -> usize {
        let count = format!("select count(*) from pg_stat_activity where {condition}");
        self.rows(&count)[0].parse().expect("a number")
    }

    fn psql(&self, statement: &str) -> Command {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement, &self.url]);
        psql
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        script("stop", self.directory.path());
    }
}

fn script(act: &str, directory: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/postgres");
    let ran = Command::new(script).arg(act).arg(directory.join("cluster")).output().expect("bash runs");
    assert!(ran.status.success(), "{act}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).expect("text").trim().to_owned()
}

/// A way to a database. What goes over it can be swallowed, as by a firewall that forgot the connections that it let
/// through; new ones are let through again.
pub(super) struct Way {
    /// Connections of this generation or a later one are alive.
    living: Arc<AtomicU64>,
    port: u16,
}

impl Way {
    /// A way to a port of this machine.
    pub(super) fn to(port: u16) -> Way {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let (living, own) = (Arc::new(AtomicU64::new(0)), listener.local_addr().expect("an address").port());
        let seen = Arc::clone(&living);
        thread::spawn(move || {
            for one in listener.incoming().map_while(Result::ok) {
                let Ok(other) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let born = seen.load(Ordering::SeqCst);
                for (from, to) in [(&one, &other), (&other, &one)] {
                    let (from, to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
                    let seen = Arc::clone(&seen);
                    thread::spawn(move || carry(from, to, || seen.load(Ordering::SeqCst) <= born));
                }
            }
        });
        Way { living, port: own }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// From now on nothing passes over the connections that there are. They stay open.
    pub(super) fn fall_silent(&self) {
        self.living.fetch_add(1, Ordering::SeqCst);
    }
}

/// Carries bytes while the connection is alive; then it swallows them, until either side ends.
fn carry(mut from: TcpStream, mut to: TcpStream, is_alive: impl Fn() -> bool) {
    from.set_read_timeout(Some(GLANCE)).expect("a socket takes a timeout");
    let mut bytes = [0; 16 * 1024];
    loop {
        match from.read(&mut bytes) {
            Ok(0) => break,
            Ok(_) if !is_alive() => {}
            Ok(read) if to.write_all(&bytes[..read]).is_ok() => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Ok(_) | Err(_) => break,
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}
