//! Two servers on one store: what is done through one holds at the other.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Database, Reply, Server, example, passerby_with};

/// Two servers with data directories of their own on one database, the first with an app.
struct Pair {
    place: TempDir,
    one: Server,
    other: Server,
    app: String,
    // Dropped after the servers.
    store: Database,
}

impl Pair {
    fn start() -> Pair {
        let (place, store) = (TempDir::new().unwrap(), Database::fresh());
        let url = store.url();
        let directory = example("try-before-register").display().to_string();
        let one = Server::start(&place.path().join("one"), &["--store", &url, &directory]);
        let other = Server::start(&place.path().join("other"), &["--store", &url]);
        let app = one.app(0).to_owned();
        Pair { place, one, other, app, store }
    }

    /// Runs a command beside the first server, which answers it through its socket.
    fn command(&self, arguments: &[&str]) {
        let data = self.place.path().join("one").display().to_string();
        let ran = passerby_with(&[("PASSERBY_DATA", &data)], arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
    }

    fn profile(server: &Server, guest: &Value) -> Reply {
        server.with_token("GET", "/api/client/v2.0/auth/profile", text(&guest["access_token"]))
    }

    fn log_in(&self, server: &Server) -> Reply {
        let target = format!("/api/client/v2.0/app/{}/auth/providers/anon-user/login", self.app);
        server.request("POST", &target, &[], b"")
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Asks again until it is so: it takes half a second at most, which is a few hundred requests.
fn until(is_so: impl Fn() -> bool) {
    assert!((0..100_000).any(|_| is_so()), "it never came");
}

#[test]
fn a_guest_of_one_server_is_known_at_the_other_at_once() {
    let pair = Pair::start();
    let guest = pair.one.log_in(&pair.app);
    let (here, there) = (Pair::profile(&pair.one, &guest), Pair::profile(&pair.other, &guest));
    assert_eq!(there.status, 200, "{there:?}");
    assert_eq!(there.json(), here.json());
}

#[test]
fn who_is_disabled_or_sent_away_through_one_is_refused_by_the_other_at_once() {
    let pair = Pair::start();
    for act in ["disable", "revoke"] {
        let guest = pair.other.log_in(&pair.app);
        assert_eq!(Pair::profile(&pair.other, &guest).status, 200);
        pair.command(&["users", act, &pair.app, text(&guest["user_id"])]);
        let refused = Pair::profile(&pair.other, &guest);
        assert_eq!(
            (refused.status, refused.json()["error_code"].clone()),
            (401, json!("InvalidSession")),
            "{act}"
        );
    }
}

#[test]
fn a_provider_that_is_switched_off_through_one_is_off_at_the_other() {
    let pair = Pair::start();
    assert_eq!(pair.log_in(&pair.other).status, 200);
    pair.command(&["providers", "disable", &pair.app, "anon-user"]);
    until(|| pair.log_in(&pair.other).status == 401);
    pair.command(&["providers", "enable", &pair.app, "anon-user"]);
    until(|| pair.log_in(&pair.other).status == 200);
}

#[test]
fn a_token_of_a_key_that_one_made_is_good_at_the_other_at_once() {
    let pair = Pair::start();
    for purpose in ["access", "refresh"] {
        pair.command(&["keys", "rotate", &pair.app, purpose]);
    }
    let guest = pair.one.log_in(&pair.app);
    let profile = Pair::profile(&pair.other, &guest);
    assert_eq!(profile.status, 200, "{profile:?}");
    let refresh = text(&guest["refresh_token"]);
    let refreshed = pair.other.with_token("POST", "/api/client/v2.0/auth/session", refresh);
    assert_eq!(refreshed.status, 201, "{refreshed:?}");
}

#[test]
fn an_app_that_came_through_one_is_served_by_the_other() {
    let pair = Pair::start();
    let directory = example("news").display().to_string();
    pair.command(&["import", &directory]);
    let target = "/api/client/v2.0/app/news-aaaaa/auth/providers/anon-user/login";
    until(|| pair.other.request("POST", target, &[], b"").status == 200);
}

#[test]
fn an_app_that_cannot_be_read_is_no_other_apps_trouble() {
    let pair = Pair::start();
    pair.command(&["import", &example("news").display().to_string()]);
    let log_in = |app: &str| {
        let target = format!("/api/client/v2.0/app/{app}/auth/providers/anon-user/login");
        pair.other.request("POST", &target, &[], b"").status
    };
    until(|| log_in("news-aaaaa") == 200);
    let live = format!("id = (select deployment from apps where client_app_id = '{}')", pair.app);
    pair.store.run(&format!("update deployments set config = '#' || config where {live}"));
    pair.command(&["providers", "disable", "news-aaaaa", "anon-user"]);
    until(|| log_in("news-aaaaa") == 401);
    assert_eq!(log_in(&pair.app), 200, "it stays what it was");
    pair.other.wait_for_log("the app cannot be read, and stays what it was here");
    pair.store.run(&format!("update deployments set config = substr(config, 2) where {live}"));
    pair.command(&["providers", "disable", &pair.app, "anon-user"]);
    until(|| log_in(&pair.app) == 401);
}

/// Both are started at once with the same directory: one makes the app, and both serve it.
#[test]
fn servers_that_start_together_agree() {
    let (place, store) = (TempDir::new().unwrap(), Database::fresh());
    let (url, directory) = (store.url(), example("news").display().to_string());
    let servers: Vec<Server> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..3)
            .map(|n| {
                let (data, url, directory) = (place.path().join(n.to_string()), &url, &directory);
                scope.spawn(move || Server::start(&data, &["--store", url, directory]))
            })
            .collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let made = servers.iter().filter(|server| server.ready["apps"][0]["created"] == true).count();
    assert_eq!(made, 1);
    assert_eq!(store.rows("select count(*) from apps, projects"), [["1"]]);
    let guest = servers[0].log_in("news-aaaaa");
    for server in &servers {
        assert_eq!(Pair::profile(server, &guest).status, 200);
    }
}

/// A server reads a schema that is newer than its own, as long as that one says that it can.
#[test]
fn a_server_lives_with_a_schema_that_is_one_version_newer() {
    let (place, store) = (TempDir::new().unwrap(), Database::fresh());
    let url = store.url();
    let known = store.rows("select schema from server")[0][0].parse::<u32>().unwrap();
    store
        .run(&format!("update server set schema = {}; alter table users add column more integer", known + 1));
    let server =
        Server::start(&place.path().join("one"), &["--store", &url, &example("news").display().to_string()]);
    let guest = server.log_in("news-aaaaa");
    assert_eq!(Pair::profile(&server, &guest).status, 200);
    server.stop();
    store.run(&format!("update server set min_server = {}", known + 1));
    let data = place.path().join("other").display().to_string();
    let ran = passerby_with(&[("PASSERBY_DATA", &data), ("PASSERBY_STORE", &url)], ["serve"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let said = format!(
        "the store has schema {0} and needs a server that knows schema {0}; this one knows {known}",
        known + 1
    );
    assert!(ran.err.contains(&said), "{ran:?}");
}
