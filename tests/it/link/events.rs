//! Triggers and the user creation function: told of everybody who is made, logs in or goes, also across a crash.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use super::{APP, AUTH, Person};
use crate::support::{Database, Server};

/// Longer than any event takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody outside whom the functions tell.
struct Listener {
    port: u16,
    told: Receiver<Value>,
}

impl Listener {
    fn open() -> Listener {
        Listener::on(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    fn on(listener: TcpListener) -> Listener {
        let port = listener.local_addr().unwrap().port();
        let (teller, told) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let (mut line, mut length) = (String::new(), 0);
                while stream.read_line(&mut line).unwrap_or_default() > 2 {
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    line.clear();
                }
                let mut body = vec![0; length];
                stream.read_exact(&mut body).unwrap();
                let _ = stream
                    .get_mut()
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                if teller.send(serde_json::from_slice(&body).unwrap_or_default()).is_err() {
                    return;
                }
            }
        });
        Listener { port, told }
    }

    fn next(&self) -> Value {
        self.told.recv_timeout(PATIENCE).expect("an event")
    }
}

/// An app whose triggers tell the listener, and whose user creation function refuses who is called `nobody`.
fn app(path: &Path, port: u16) {
    super::people(path, &json!({}), &json!({"autoConfirm": true}));
    let file = |name: &str, text: &str| {
        let path = path.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    file(
        "functions/config.json",
        &json!([{"name": "tell", "private": true}, {"name": "meet", "private": true}, {"name": "whoIs", "private": true}])
            .to_string(),
    );
    let tell = format!(
        "exports = async (event) => {{ await context.http.post({{ url: 'http://127.0.0.1:{port}/', body: event, \
         encodeBodyAsJSON: true }}); }};"
    );
    file("functions/tell.js", &tell);
    file(
        "functions/meet.js",
        "exports = (user) => { if (user.identities[0].id === 'unwelcome') throw new Error('not here'); };",
    );
    file(
        "auth/custom_user_data.json",
        &json!({"enabled": false, "on_user_creation_function_name": "meet"}).to_string(),
    );
    for operation in ["CREATE", "LOGIN", "DELETE"] {
        let trigger = json!({
            "name": operation, "type": "AUTHENTICATION", "disabled": false, "function_name": "tell",
            "config": {"operation_type": operation, "providers": ["anon-user", "local-userpass", "api-key"]},
        });
        file(&format!("triggers/{operation}.json"), &trigger.to_string());
    }
}

fn serve(directory: &Path, port: u16) -> Server {
    let dir = directory.join("people");
    app(&dir, port);
    let allow = format!("http://127.0.0.1:{port}");
    Server::start(&directory.join("data"), &[dir.to_str().unwrap(), "--outbound-allow", &allow])
}

fn post(server: &Server, path: &str, token: Option<&str>, body: &Value) -> crate::support::Reply {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<(&str, &str)> = bearer.iter().map(|value| ("Authorization", value.as_str())).collect();
    server.request(
        "POST",
        &format!("/api/client/v2.0/app/{APP}{path}"),
        &headers,
        body.to_string().as_bytes(),
    )
}

/// What was told, without the time.
fn of(event: &Value) -> (String, Value, Value) {
    let text = event["operationType"].as_str().unwrap_or_else(|| panic!("{event}"));
    (text.to_owned(), event["providers"].clone(), event["user"]["id"].clone())
}

#[test]
fn triggers_are_told_of_a_guest_who_comes_becomes_someone_and_goes() {
    let directory = tempfile::tempdir().unwrap();
    let listener = Listener::open();
    let server = serve(directory.path(), listener.port);
    let guest = Person::of(&server.log_in(APP));
    let id = json!(guest.id);
    let mut told = [of(&listener.next()), of(&listener.next())];
    told.sort_by_key(|(operation, ..)| operation.clone());
    let anonymous = json!(["anon-user"]);
    assert_eq!(
        told,
        [("CREATE".to_owned(), anonymous.clone(), id.clone()), ("LOGIN".to_owned(), anonymous, id.clone())]
    );

    let account = json!({"email": "ann@people.example", "password": "secret1"});
    assert_eq!(post(&server, "/auth/providers/local-userpass/register", None, &account).status, 201);
    let credential = json!({"username": "ann@people.example", "password": "secret1"});
    let linked =
        post(&server, "/auth/providers/local-userpass/login?link=true", Some(&guest.access), &credential);
    assert_eq!(linked.status, 200);
    let mut told = [listener.next(), listener.next()];
    told.sort_by_key(|event| event["operationType"].to_string());
    for (event, operation) in told.iter().zip(["CREATE", "LOGIN"]) {
        assert_eq!(of(event), (operation.to_owned(), json!(["local-userpass"]), id.clone()));
        assert_eq!(event["user"]["data"], json!({"email": "ann@people.example"}));
        assert_eq!(event["user"]["identities"].as_array().unwrap().len(), 2);
    }

    assert_eq!(server.with_token("DELETE", &format!("{AUTH}/delete"), &guest.access).status, 204);
    let gone = listener.next();
    assert_eq!(of(&gone), ("DELETE".to_owned(), json!(["anon-user", "local-userpass"]), id));
    assert_eq!(gone["user"]["data"], json!({"email": "ann@people.example"}), "the user as it was");
}

#[test]
fn triggers_are_told_of_a_server_key_that_is_made_used_and_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let listener = Listener::open();
    let server = serve(directory.path(), listener.port);
    let data = directory.path().join("data");
    let keys = |arguments: &[&str]| {
        let at = ["--data", data.to_str().unwrap()];
        let ran = crate::support::passerby(["api-keys"].iter().chain(arguments).chain(&at));
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.out
    };
    let made: Value = serde_json::from_str(&keys(&["create", APP, "worker", "--json"])).unwrap();
    let created = listener.next();
    let (operation, providers, user) = of(&created);
    assert_eq!((operation.as_str(), &providers), ("CREATE", &json!(["api-key"])));
    assert_eq!(created["user"]["identities"][0]["id"], made["_id"]);

    let login = post(&server, "/auth/providers/api-key/login", None, &json!({"key": made["key"]}));
    assert_eq!(login.json()["user_id"], user);
    assert_eq!(of(&listener.next()), ("LOGIN".to_owned(), providers.clone(), user.clone()));

    keys(&["delete", APP, made["_id"].as_str().unwrap()]);
    let gone = listener.next();
    assert_eq!(of(&gone), ("DELETE".to_owned(), providers, user));
    assert_eq!(gone["user"]["data"], json!({"name": "worker"}), "the user as it was");
}

#[test]
fn an_event_survives_a_crash_before_its_delivery() {
    let directory = tempfile::tempdir().unwrap();
    // Nobody listens yet: delivery fails and is tried again.
    let later = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = later.local_addr().unwrap().port();
    drop(later);
    let server = serve(directory.path(), port);
    let guest = Person::of(&server.log_in(APP));
    server.wait_for_log("a trigger failed");
    let listener = Listener::on(TcpListener::bind(("127.0.0.1", port)).unwrap());
    let _server = server.restart();
    let told = [of(&listener.next()), of(&listener.next())];
    let operations: std::collections::BTreeSet<_> =
        told.iter().map(|(operation, ..)| operation.as_str()).collect();
    assert_eq!(operations, ["CREATE", "LOGIN"].into());
    assert!(told.iter().all(|(_, _, id)| *id == json!(guest.id)));
}

#[test]
fn a_trigger_that_has_run_is_not_called_again_for_one_that_failed() {
    let directory = tempfile::tempdir().unwrap();
    let listener = Listener::open();
    let later = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = later.local_addr().unwrap().port();
    drop(later);
    let people = directory.path().join("people");
    app(&people, listener.port);
    // Called after the trigger `LOGIN`, since its file comes after that one's.
    let second = json!({
        "name": "second", "type": "AUTHENTICATION", "function_name": "tellLater",
        "config": {"operation_type": "LOGIN", "providers": ["anon-user"]},
    });
    std::fs::write(people.join("triggers/second.json"), second.to_string()).unwrap();
    std::fs::remove_file(people.join("triggers/CREATE.json")).unwrap();
    let tell = std::fs::read_to_string(people.join("functions/tell.js")).unwrap();
    let tell_later = tell.replace(&listener.port.to_string(), &port.to_string());
    std::fs::write(people.join("functions/tellLater.js"), tell_later).unwrap();
    let functions = json!(["tell", "tellLater", "meet", "whoIs"].map(|name| json!({"name": name})));
    std::fs::write(people.join("functions/config.json"), functions.to_string()).unwrap();
    let allow = format!("http://127.0.0.1:{},http://127.0.0.1:{port}", listener.port);
    let data = directory.path().join("data");
    let server = Server::start(&data, &[people.to_str().unwrap(), "--outbound-allow", &allow]);

    let guest = Person::of(&server.log_in(APP));
    assert_eq!(of(&listener.next()).2, json!(guest.id));
    server.wait_for_log("a trigger failed");
    let late = Listener::on(TcpListener::bind(("127.0.0.1", port)).unwrap());
    assert_eq!(of(&late.next()).2, json!(guest.id), "what failed is tried again");
    let next = Person::of(&server.log_in(APP));
    assert_eq!(of(&listener.next()).2, json!(next.id), "what ran is not");
    assert_eq!(of(&late.next()).2, json!(next.id));
}

#[test]
fn who_cannot_be_read_keeps_nobody_elses_events_waiting() {
    let (directory, database) = (tempfile::tempdir().unwrap(), Database::fresh());
    let later = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = later.local_addr().unwrap().port();
    drop(later);
    let people = directory.path().join("people");
    app(&people, port);
    let (data, allow) = (directory.path().join("data"), format!("http://127.0.0.1:{port}"));
    let start =
        || Server::start_on(&database, &data, &[people.to_str().unwrap(), "--outbound-allow", &allow]);
    let server = start();
    server.log_in(APP);
    server.wait_for_log("a trigger failed");
    server.kill();
    // As a mistake of an operator might. Its events are the first ones due.
    database.run("update users set custom_data = 'no JSON'; update events set due = 0");
    let listener = Listener::on(TcpListener::bind(("127.0.0.1", port)).unwrap());
    let server = start();
    let guest = Person::of(&server.log_in(APP));
    for _ in 0..2 {
        assert_eq!(of(&listener.next()).2, json!(guest.id));
    }
}

#[test]
fn nobody_is_made_when_the_user_creation_function_throws() {
    let directory = tempfile::tempdir().unwrap();
    let listener = Listener::open();
    let server = serve(directory.path(), listener.port);
    let login = |id: &str| post(&server, "/auth/providers/custom-function/login", None, &json!({"id": id}));
    assert_eq!(login("welcome").status, 200);
    for _ in 0..2 {
        let refused = login("unwelcome");
        assert_eq!(
            (refused.status, refused.json()["error_code"].clone(), refused.json()["error"].clone()),
            (400, json!("FunctionExecutionError"), json!("Error: not here"))
        );
    }
    let data = directory.path().join("data");
    let args = ["users", "list", APP, "--json", "--data", data.to_str().unwrap()];
    let users: Value = serde_json::from_str(&crate::support::passerby(args).out).unwrap();
    assert_eq!(users.as_array().unwrap().len(), 1);
}
