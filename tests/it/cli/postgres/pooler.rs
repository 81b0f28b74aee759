//! pgbouncer in transaction mode before the database: no session lasts.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use super::{PASSWORD, Roles, with_store};
use crate::support::{Server, example};

/// A pgbouncer, which runs until this is dropped.
struct Pooler {
    process: Child,
    port: u16,
    _directory: TempDir,
}

impl Pooler {
    /// With two connections to the database, which all share, or with one for each of ours.
    fn start(roles: &Roles, mode: &str) -> Pooler {
        let size = if mode == "session" { 50 } else { 2 };
        let directory = tempfile::Builder::new().prefix("passerby-pooler-").tempdir().unwrap();
        let readable = |path: &std::path::Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        readable(directory.path(), 0o755);
        let (server, name) = roles.place.rsplit_once('/').unwrap();
        let (host, database_port) = server.rsplit_once(':').unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (settings, users) = (directory.path().join("pgbouncer.ini"), directory.path().join("users"));
        let text = format!(
            "[databases]\n{name} = host={host} port={database_port}\n\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\n\
             pool_mode = {mode}\ndefault_pool_size = {size}\nmax_client_conn = 500\n",
            users.display()
        );
        std::fs::write(&settings, text).unwrap();
        std::fs::write(&users, format!("\"{}\" \"{PASSWORD}\"\n", roles.server)).unwrap();
        readable(&settings, 0o644);
        readable(&users, 0o644);
        // It refuses to be root's, as PostgreSQL does.
        let is_root =
            directory.path().metadata().map(|m| std::os::unix::fs::MetadataExt::uid(&m)).unwrap() == 0;
        let mut command = match is_root {
            true => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups", "pgbouncer"]);
                command
            }
            false => Command::new("pgbouncer"),
        };
        let mut process = command
            .arg(&settings)
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stderr(Stdio::piped())
            .spawn()
            .expect("pgbouncer of Debian's package runs");
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        let up = lines.by_ref().any(|line| line.contains("process up"));
        assert!(up, "pgbouncer does not start");
        // Whatever else it says is read, so that it never waits for us.
        thread::spawn(move || lines.for_each(drop));
        Pooler { process, port, _directory: directory }
    }

    fn url(&self, roles: &Roles) -> String {
        let name = roles.place.rsplit_once('/').unwrap().1;
        format!("postgres://{}:{PASSWORD}@127.0.0.1:{}/{name}", roles.server, self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_pooler_in_transaction_mode_may_stand_before_the_database() {
    let roles = Roles::with_store();
    for timeout in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] {
        roles.database.run(&format!("alter role {} set {timeout} = '10s'", roles.server));
    }
    let pooler = Pooler::start(&roles, "transaction");
    let url = pooler.url(&roles);
    let dir = tempfile::tempdir().unwrap();
    let (data, news) = (dir.path().to_str().unwrap(), example("news"));
    let notify = roles.server_url();
    let server = Server::start(
        dir.path(),
        &["--store", &url, "--store-pooler", "--store-notify", &notify, news.to_str().unwrap()],
    );
    let app = server.app(0).to_owned();
    // Everybody at once over two connections: what one left in a session, another would find.
    let guests: Vec<Value> = thread::scope(|scope| {
        let guests: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| (0..10).map(|_| server.log_in(&app)).collect::<Vec<_>>()))
            .collect();
        guests.into_iter().flat_map(|guests| guests.join().unwrap()).collect()
    });
    let profile = |guest: &Value| {
        let token = guest["access_token"].as_str().unwrap();
        server.with_token("GET", "/api/client/v2.0/auth/profile", token).status
    };
    assert!(guests.iter().all(|guest| profile(guest) == 200));
    let user = guests[0]["user_id"].as_str().unwrap();
    for command in [
        vec!["users", "disable", &app, user],
        vec!["users", "list", &app],
        vec!["keys", "rotate", &app, "access"],
        vec!["import", news.to_str().unwrap()],
    ] {
        let ran = with_store(&url, [command.as_slice(), &["--data", data]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    assert_eq!(profile(&guests[0]), 401);
    assert_eq!(profile(&guests[1]), 200);
    let doctor = with_store(&url, vec!["doctor", "--json", "--data", data]);
    let findings: Vec<Value> = serde_json::from_str(&doctor.out).unwrap();
    let unwell: Vec<&Value> = findings.iter().filter(|finding| finding["well"] == false).collect();
    assert_eq!(unwell, Vec::<&Value>::new());
    let said = findings.iter().find(|finding| finding["name"] == "pooler").unwrap();
    assert_eq!(said["finding"], "in transaction mode, as `store_pooler` says");
    assert_eq!(server.stop(), 0);
    assert_eq!(roles.database.rows("select count(*) from users"), [["80"]]);
    without_a_server(&roles, &url, data);
}

/// A command that opens the store itself is told of the pooler like a server.
fn without_a_server(roles: &Roles, url: &str, data: &str) {
    let ran = with_store(url, vec!["apps", "list", "--json", "--store-pooler", "--data", data]);
    assert!(ran.code == 0 && ran.out.contains("\"users\":80"), "{ran:?}");
    let migrated = with_store(url, vec!["migrate-store", "--check", "--store-pooler"]);
    assert_eq!(migrated.code, 0, "{migrated:?} {}", roles.owner);
}

/// In session mode it is no trouble, which we cannot see.
#[test]
fn where_something_stands_between_somebody_is_to_say_what() {
    let roles = Roles::with_store();
    let pooler = Pooler::start(&roles, "session");
    let url = pooler.url(&roles);
    let between = "something stands between us and the database: set `store_pooler` to true if it is a pooler in \
                   transaction mode, where logins fail otherwise, and to false if it is none";
    let none = "none, though something stands between, as `store_pooler` says";
    for (said, flags, found, well) in
        [("nothing", vec![], between, false), ("no", vec!["--store-pooler=false"], none, true)]
    {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::start(dir.path(), &[&["--store", &url], flags.as_slice()].concat());
        let warned = server.log().lines().any(|line| line.contains("WARN") && line.ends_with(between));
        assert_eq!(warned, !well, "{said}: {}", server.log());
        let ran = with_store(&url, vec!["doctor", "--json", "--data", dir.path().to_str().unwrap()]);
        let findings: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
        let pooler = findings.iter().find(|finding| finding["name"] == "pooler").unwrap();
        assert_eq!((&pooler["finding"], &pooler["well"]), (&found.into(), &well.into()), "{said}");
        assert_eq!(ran.code, i32::from(!well), "{ran:?}");
        assert_eq!(server.stop(), 0);
    }
}
