//! A full disk: what cannot be written is refused, what was answered stays, and room alone is the cure.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::crash::{PROFILE, SESSION, login_target, text};
use crate::support::{Line, Reply, Server, example};

/// Set in the process that has a small disk of its own.
const INSIDE: &str = "PASSERBY_TEST_SMALL_DISK";
const THIS_TEST: &str = "crash::sqlite::disk::a_full_disk_refuses_loses_nothing_and_recovers";
const BALLAST: &str = "ballast";
/// No store of 8 MiB takes more single logins than this: each writes pages to the log.
const MOST: usize = 20_000;

#[test]
fn a_full_disk_refuses_loses_nothing_and_recovers() {
    match env::var_os(INSIDE) {
        None => run_with_a_small_disk(),
        Some(disk) => fill_and_empty(Path::new(&disk)),
    }
}

/// Runs this same test in a mount namespace of its own, so that whatever happens the disk is gone with the process.
fn run_with_a_small_disk() {
    let disk = tempfile::tempdir().unwrap();
    let unshare: &[&str] = if may_mount(&["--mount"]) {
        &["--mount"]
    } else if may_mount(&["--user", "--map-root-user", "--mount"]) {
        &["--user", "--map-root-user", "--mount"]
    } else {
        panic!(
            "this test mounts a small disk: run it as root, or where `unshare --user --map-root-user --mount` is \
             allowed (in a container: with CAP_SYS_ADMIN)"
        );
    };
    let run =
        "mount -t tmpfs -o size=8m,mode=0700 passerby-test \"$0\" && exec \"$1\" --exact \"$2\" --nocapture";
    let outcome = Command::new("unshare")
        .args(unshare)
        .args(["sh", "-c", run])
        .arg(disk.path())
        .arg(env::current_exe().unwrap())
        .arg(THIS_TEST)
        .env(INSIDE, disk.path())
        .output()
        .unwrap();
    let said = [outcome.stdout.as_slice(), &outcome.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(outcome.status.success() && said.contains("1 passed"), "{said}");
}

fn may_mount(unshare: &[&str]) -> bool {
    let tried = Command::new("unshare")
        .args(unshare)
        .args(["mount", "-t", "tmpfs", "passerby-test"])
        .arg(env::temp_dir())
        .output();
    tried.expect("unshare (util-linux) is missing").status.success()
}

/// A guest who was answered.
struct Guest {
    user: String,
    access: String,
    refresh: String,
}

fn fill_and_empty(disk: &Path) {
    let ballast = disk.join(BALLAST);
    std::fs::write(&ballast, vec![7; 2 << 20]).unwrap();
    // The server's log lies on the same disk, as it may anywhere.
    let server = Server::start(disk, &[example("news").to_str().unwrap()]);
    let mut guests = Vec::new();
    let refused = fill(&server, &mut guests);
    assert!(guests.len() > 100, "the disk was full after {} logins", guests.len());
    assert_unavailable(&refused);
    assert!(std::fs::write(disk.join("more"), vec![7; 1 << 20]).is_err(), "the disk is not full");
    let _ = std::fs::remove_file(disk.join("more"));

    // Whoever was answered is served meanwhile, and a refusal leaves nobody behind by half.
    let mut line = Line::open(server.authority()).unwrap();
    assert_served(&mut line, &guests);
    assert_unavailable(&line.ask("POST", &login_target(server.app(0)), &[], b"").unwrap());

    // Room is made, and nothing else is done.
    std::fs::remove_file(&ballast).unwrap();
    let again = guests.len();
    for _ in 0..50 {
        guests.push(log_in(&mut line, server.app(0)).unwrap_or_else(|reply| panic!("{reply:?}")));
    }
    assert_served(&mut line, &guests[again..]);

    // Full once more, and killed while it is.
    assert_unavailable(&fill(&server, &mut guests));
    let server = server.restart();
    let mut line = Line::open(server.authority()).unwrap();
    assert_served(&mut line, &guests);
    println!("{} guests were answered on a disk of 8 MiB, all of them are there", guests.len());
}

/// Logs guests in until the disk is full; returns the first refusal.
fn fill(server: &Server, guests: &mut Vec<Guest>) -> Reply {
    let mut line = Line::open(server.authority()).unwrap();
    for _ in 0..MOST {
        match log_in(&mut line, server.app(0)) {
            Ok(guest) => guests.push(guest),
            Err(refused) => return refused,
        }
    }
    panic!("{MOST} logins do not fill 8 MiB")
}

fn log_in(line: &mut Line, app: &str) -> Result<Guest, Reply> {
    let reply = line.ask("POST", &login_target(app), &[], b"").unwrap();
    if reply.status != 200 {
        return Err(reply);
    }
    Ok(Guest {
        user: text(&reply, "user_id"),
        access: text(&reply, "access_token"),
        refresh: text(&reply, "refresh_token"),
    })
}

fn assert_unavailable(reply: &Reply) {
    assert_eq!(reply.status, 503, "{reply:?}");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(text(reply, "error"), "the server cannot do that right now: try again in a moment");
    assert_eq!(reply.json().get("error_code"), None);
}

fn assert_served(line: &mut Line, guests: &[Guest]) {
    for guest in guests {
        let profile = line.ask_with_token("GET", PROFILE, &guest.access).unwrap();
        assert_eq!(profile.status, 200, "{profile:?}");
        assert_eq!(text(&profile, "user_id"), guest.user);
        let refreshed = line.ask_with_token("POST", SESSION, &guest.refresh).unwrap();
        assert_eq!(refreshed.status, 201, "{refreshed:?}");
    }
}
