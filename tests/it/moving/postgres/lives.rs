//! Whoever was there goes on as if nothing had happened.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use super::{filled, made, move_back, move_to, named, tables};
use crate::support::{Reply, Running, Server, passerby, passerby_in};

const APP: &str = "people-abcde";
const AUTH: &str = "/api/client/v2.0/auth";

/// An app that guests come into, and become someone.
fn people(path: &Path) -> String {
    std::fs::create_dir_all(path.join("auth")).unwrap();
    let file = |name: &str, value: Value| std::fs::write(path.join(name), value.to_string()).unwrap();
    file("realm_config.json", json!({"config_version": 20210101, "app_id": APP, "name": "people"}));
    let provider =
        |kind: &str, config: Value| json!({"name": kind, "type": kind, "disabled": false, "config": config});
    file(
        "auth/providers.json",
        json!({
            "anon-user": provider("anon-user", json!({})),
            "api-key": provider("api-key", json!({})),
            "local-userpass": provider("local-userpass", json!({"autoConfirm": true})),
        }),
    );
    path.to_str().unwrap().to_owned()
}

fn post(server: &Server, path: &str, body: &Value) -> Reply {
    let target = format!("/api/client/v2.0/app/{APP}/auth/providers{path}");
    server.request("POST", &target, &[], body.to_string().as_bytes())
}

fn log_in(server: &Server, provider: &str, body: &Value) -> Value {
    let reply = post(server, &format!("/{provider}/login"), body);
    assert_eq!(reply.status, 200, "{provider}: {reply:?}");
    reply.json()
}

fn text<'a>(login: &'a Value, field: &str) -> &'a str {
    login[field].as_str().unwrap_or_else(|| panic!("{field}: {login}"))
}

/// Who somebody is by the old access token, and by one that the old refresh token gets.
fn still_there(server: &Server, login: &Value) {
    let of = |token: &str| server.with_token("GET", &format!("{AUTH}/profile"), token);
    let refreshed = server.with_token("POST", &format!("{AUTH}/session"), text(login, "refresh_token"));
    assert_eq!(refreshed.status, 201, "{refreshed:?}");
    for token in [text(login, "access_token"), text(&refreshed.json(), "access_token")] {
        let profile = of(token);
        assert_eq!((profile.status, &profile.json()["user_id"]), (200, &login["user_id"]), "{profile:?}");
    }
}

/// What commands tell of everything there is.
fn told(store: &[&str]) -> Vec<(Vec<String>, Value)> {
    let asks: [&[&str]; 9] = [
        &["apps", "list"],
        &["users", "list", APP],
        &["logs", APP],
        &["keys", "list", APP],
        &["secrets", "list", APP],
        &["api-keys", "list", APP],
        &["admins", "list"],
        &["projects", "list"],
        &["audit"],
    ];
    let tell = |ask: &&[&str]| {
        let ran = passerby(ask.iter().chain(&["--json"]).chain(store));
        assert_eq!(ran.code, 0, "{ask:?}: {ran:?}");
        // Some print a line for each, some one list.
        let said = ran.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect();
        (ask.iter().map(|word| (*word).to_owned()).collect(), said)
    };
    asks.iter().map(tell).collect()
}

#[test]
fn tokens_sessions_keys_and_entries_work_on_the_other_engine_and_back() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    let (data, other, database) = (path("data"), path("other"), made());
    let (first, second) = (data.to_str().unwrap(), other.to_str().unwrap());
    // The material of keys and secrets is sealed: the same master key opens it on the other side.
    let key = path("master");
    std::fs::write(&key, "5a".repeat(32)).unwrap();
    let key = ["--master-key-file", key.to_str().unwrap()];
    let app = people(&path("people"));

    let server = Server::start(&data, &[&app, key[0], key[1]]);
    let guest = log_in(&server, "anon-user", &json!({}));
    let leaving = log_in(&server, "anon-user", &json!({}));
    let address = json!({"email": "ada@people.example", "password": "secret1"});
    assert_eq!(post(&server, "/local-userpass/register", &address).status, 201);
    let credential = json!({"username": "ada@people.example", "password": "secret1"});
    let ada = log_in(&server, "local-userpass", &credential);
    let bearer = format!("Bearer {}", text(&ada, "refresh_token"));
    let name = json!({"name": "mine"}).to_string();
    let made =
        server.request("POST", &format!("{AUTH}/api_keys"), &[("Authorization", &bearer)], name.as_bytes());
    assert_eq!(made.status, 201, "{made:?}");
    let api_key = json!({"key": made.json()["key"]});
    assert_eq!(
        post(&server, "/local-userpass/login", &json!({"username": "a", "password": "b"})).status,
        401
    );
    let secret = path("secret");
    std::fs::write(&secret, "sesame").unwrap();
    let set = ["secrets", "set", APP, "word", "--file", secret.to_str().unwrap(), "--data", first];
    assert_eq!(passerby(set).code, 0);
    assert_eq!(server.stop(), 0);
    let before = told(&["--data", first, key[0], key[1]]);

    tables(&move_to(&data, &database));
    let url = database.url();
    let there = ["--data", second, "--store", &url, key[0], key[1]];
    assert_eq!(told(&there), before);
    let server = Server::start(&other, &["--store", &url, key[0], key[1]]);
    for login in [&guest, &leaving, &ada] {
        still_there(&server, login);
    }
    assert_eq!(log_in(&server, "local-userpass", &credential)["user_id"], ada["user_id"]);
    assert_eq!(log_in(&server, "api-key", &api_key)["user_id"], ada["user_id"]);
    let new = log_in(&server, "anon-user", &json!({}));
    let left = server.with_token("DELETE", &format!("{AUTH}/delete"), text(&leaving, "access_token"));
    assert_eq!(left.status, 204, "{left:?}");
    assert_eq!(server.stop(), 0);
    let since = told(&there);

    // Back to where it came from, which is what it was then: it becomes what the store is now.
    tables(&move_back(&database, &data));
    assert_eq!(told(&["--data", first, key[0], key[1]]), since);
    let server = Server::start(&data, key.as_slice());
    for login in [&guest, &ada, &new] {
        still_there(&server, login);
    }
    assert_eq!(log_in(&server, "api-key", &api_key)["user_id"], ada["user_id"]);
    let gone = server.with_token("GET", &format!("{AUTH}/profile"), text(&leaving, "access_token"));
    assert_eq!(gone.status, 401, "{gone:?}");
}

#[test]
fn a_move_that_is_killed_goes_on_when_it_is_run_again() {
    let place = tempfile::tempdir().unwrap();
    let (data, database) = (place.path().join("data"), made());
    filled(&data);
    let (from, url) = (data.to_str().unwrap(), database.url());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        // The move comes as far as the sessions, and waits there.
        client.batch_execute("begin; lock table sessions in exclusive mode").await.unwrap();
        let moving = Running::start(&["move", "--json", "--from", from, "--to", &url]);
        let waits = "select count(*) from pg_locks where not granted and relation = 'sessions'::regclass";
        let mut looks = 0..100_000;
        while client.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            looks.next().expect("the move comes there");
        }
        drop(moving);
    });
    drop(runtime);
    assert_eq!(database.rows("select count(*) from users"), [["9001"]]);
    // What the database had been told and waited with, it did or did not do, but never in part.
    let sessions = database.rows("select count(*) from sessions");
    assert!(["0", "4000"].contains(&sessions[0][0].as_str()), "{sessions:?}");
    let ran = passerby([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        place.path().to_str().unwrap(),
        "--store",
        &url,
    ]);
    assert!(ran.err.contains("the store is not whole: a move from"), "{ran:?}");
    assert!(ran.err.contains("the same `passerby move` again goes on where it broke off"), "{ran:?}");
    let moved = tables(&move_to(&data, &database));
    assert_eq!(moved.iter().find(|(table, ..)| table == "sessions").unwrap().1, 9_001);
}

#[test]
fn a_server_that_runs_moves_itself_and_loses_nobody() {
    let place = tempfile::tempdir().unwrap();
    let (data, other, database) = (place.path().join("data"), place.path().join("other"), made());
    let server = Server::start(&data, &[&people(&place.path().join("people"))]);
    let guest = || log_in(&server, "anon-user", &json!({}));
    let delete = |login: &Value| {
        let reply = server.with_token("DELETE", &format!("{AUTH}/delete"), text(login, "access_token"));
        assert_eq!(reply.status, 204, "{reply:?}");
    };
    let (stays, leaves) = (guest(), guest());
    let (from, url) = (data.to_str().unwrap(), database.url());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (ran, during, gone) = runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        // The copy waits behind the users that it has copied already.
        client.batch_execute("begin; lock table sessions in exclusive mode").await.unwrap();
        let arguments = ["move", "--json", "--from", from, "--to", &url].map(str::to_owned);
        let moving = std::thread::spawn(|| passerby(arguments));
        let waits = "select count(*) from pg_locks where not granted and relation = 'sessions'::regclass";
        while client.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            assert!(!moving.is_finished(), "it ended before");
        }
        // Meanwhile people come and go.
        delete(&leaves);
        let gone = guest();
        delete(&gone);
        let during = guest();
        assert_eq!(
            post(&server, "/local-userpass/login", &json!({"username": "a", "password": "b"})).status,
            401
        );
        let again = passerby(["move", "--from", from, "--to", &url]);
        assert_eq!(again.code, 1, "{again:?}");
        let already = format!("the store moves already to {}: copying sessions, ", named(&database));
        assert!(again.err.contains(&already), "{again:?}");
        client.batch_execute("commit").await.unwrap();
        (moving.join().unwrap(), during, gone)
    });
    let moved = tables(&ran);
    assert_eq!(moved.iter().find(|(table, ..)| table == "users").unwrap().1, 2);
    let failed = database.rows("select count(*) from logs where is_error = 1");
    assert_eq!(failed, [["1"]], "what waited in memory came along");
    // From then on nothing is written that would be missed there; who is there is answered.
    let refused = post(&server, "/anon-user/login", &json!({}));
    assert_eq!((refused.status, refused.header("retry-after").is_some()), (503, true), "{refused:?}");
    let profile = server.with_token("GET", &format!("{AUTH}/profile"), text(&stays, "access_token"));
    assert_eq!(profile.status, 200, "{profile:?}");
    looks_moved(&server, from, &url, &named(&database));
    assert_eq!(server.stop(), 0);
    // That it has moved is a warning, once; nothing that it refuses since is an error.
    let log = std::fs::read_to_string(data.join("server.log")).unwrap();
    let warned = log.matches(&format!("the store has moved to {}", named(&database))).count();
    assert_eq!((warned, log.contains("ERROR")), (1, false), "{log}");
    let ran = passerby(["serve", "--listen", "127.0.0.1:0", "--data", from]);
    assert!(ran.code == 1 && ran.err.contains("was moved to"), "{ran:?}");

    let server = Server::start(&other, &["--store", &url]);
    let audit = passerby(["audit", "--data", other.to_str().unwrap(), "--store", &url]);
    assert!(audit.out.contains("POST /api/passerby/v1/move"), "{audit:?}");
    for login in [&stays, &during] {
        still_there(&server, login);
    }
    for login in [&leaves, &gone] {
        let gone = server.with_token("GET", &format!("{AUTH}/profile"), text(login, "access_token"));
        assert_eq!(gone.status, 401, "{gone:?}");
    }
}

/// How a server tells that its store is elsewhere: a balancer, an operator, and whoever moves it once more.
fn looks_moved(server: &Server, data: &str, url: &str, to: &str) {
    let ready = server.request("GET", "/readyz", &[], b"");
    assert_eq!((ready.status, ready.header("retry-after").is_some()), (503, true), "{ready:?}");
    assert_eq!(server.request("GET", "/healthz", &[], b"").status, 200);
    let ran = passerby(["doctor", "--json", "--data", data]);
    let findings: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
    // The app has a concern of its own.
    let of_store = |finding: &&Value| !finding["name"].as_str().unwrap().starts_with("app ");
    let unwell: Vec<_> =
        findings.iter().filter(|finding| finding["well"] == false).filter(of_store).collect();
    let said = format!("runs, but its store has moved to {to}: stop it, and start one there");
    assert_eq!(unwell, [&json!({"name": "server", "finding": said, "well": false})]);
    assert_eq!(ran.code, 1);
    let again = passerby(["move", "--from", data, "--to", url]);
    let said = format!("the store has moved to {to}: stop this server, and start one there");
    assert!(again.code == 1 && again.err.contains(&said), "{again:?}");
}

#[test]
fn a_move_of_a_server_that_fails_leaves_it_serving() {
    let place = tempfile::tempdir().unwrap();
    let (data, database) = (place.path().join("data"), made());
    let server = Server::start(&data, &[&people(&place.path().join("people"))]);
    log_in(&server, "anon-user", &json!({}));
    // Whatever comes there is changed at once: it cannot be the same.
    database.run(
        "create function spoil() returns trigger language plpgsql as $$
             begin new.last_seen = 7; return new; end $$;
         create trigger spoil before insert on users for each row execute function spoil()",
    );
    let ran = move_to(&data, &database);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.contains("users is not the same in both: 0 rows are missing, 1 differ, 0 are too many"),
        "{ran:?}"
    );
    log_in(&server, "anon-user", &json!({}));
    database.run("drop trigger spoil on users");
    let moved = tables(&move_to(&data, &database));
    assert_eq!(moved.iter().find(|(table, ..)| table == "users").unwrap().1, 2);
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_server_is_told_the_password_that_is_found_where_the_command_runs() {
    let place = tempfile::tempdir().unwrap();
    let (data, database) = (place.path().join("data"), made());
    let server = Server::start(&data, &[]);
    let url = database.url();
    let (who, server_and_name) = url.rsplit_once('@').unwrap();
    let (user, password) = who.strip_prefix("postgres://").unwrap().split_once(':').unwrap();
    let url = format!("postgres://{user}@{server_and_name}");
    let run = |variables: &[(&str, &str)], more: &[&str]| {
        let arguments = [&["move", "--json", "--from", "data", "--to", &url], more].concat();
        passerby_in(place.path(), variables, arguments)
    };
    let said = "password missing; say where it is with --store-password-file, PGPASSFILE or PGPASSWORD";
    let ran = run(&[], &[]);
    assert!(ran.code == 1 && ran.err.contains(said), "{ran:?}");
    let ran = run(&[], &["--store-password-file", "none"]);
    assert!(ran.code == 1 && ran.err.contains("failed to read none"), "{ran:?}");
    let list = place.path().join("list");
    std::fs::write(&list, format!("*:*:*:{user}:{password}\n")).unwrap();
    std::fs::set_permissions(&list, std::fs::Permissions::from_mode(0o600)).unwrap();
    tables(&run(&[("PGPASSFILE", "list")], &[]));
    assert_eq!(server.stop(), 0);
}
