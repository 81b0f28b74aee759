//! Functions that decide, while the engine has no room for another.

use std::io::Write;
use std::net::TcpStream;

use serde_json::{Value, json};

use super::{APP, Person, Town};
use crate::support::Reply;

const USERPASS: &str = "/auth/providers/local-userpass";
/// Calls that wait may hold 256 MiB together: three of these are too many.
const HEAVY: &str = "const load = new ArrayBuffer(100 << 20); \
                     const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms)); ";

/// An app whose functions hold much while they wait.
fn heavy_town() -> Town {
    let userpass = json!({
        "runConfirmationFunction": true, "confirmationFunctionName": "confirm",
        "runResetFunction": true, "resetFunctionName": "reset",
    });
    Town::built(&json!({}), &userpass, |app| {
        let list = ["confirm", "reset", "hold", "rest"].map(|name| json!({ "name": name }));
        std::fs::write(app.join("functions/config.json"), Value::from(list.to_vec()).to_string()).unwrap();
        let decides = |status: &str| format!("await rest(1); return {{ status: load && {status} }};");
        let source = |name: &str, body: &str| {
            let text = format!("exports = async (about, more) => {{ {HEAVY}{body} }};");
            std::fs::write(app.join(format!("functions/{name}.js")), text).unwrap();
        };
        source("confirm", &decides("'success'"));
        source("reset", &decides("more"));
        source("hold", "await rest(55000); return load.byteLength;");
        source("rest", "await rest(1); return load.byteLength;");
        Vec::new()
    })
}

/// The status of a heavy call that is over at once.
fn rest(town: &Town, person: &Person) -> u16 {
    let body = json!({ "name": "rest", "arguments": [] }).to_string();
    let token = format!("Bearer {}", person.access);
    let target = format!("/api/client/v2.0/app/{APP}/functions/call");
    town.server.request("POST", &target, &[("Authorization", &token)], body.as_bytes()).status
}

/// Calls of `hold` under way, so many that there is no room for another heavy one. Dropping them ends them.
fn fill(town: &Town, person: &Person) -> Vec<TcpStream> {
    let authority = town.server.own_authority();
    let body = json!({ "name": "hold", "arguments": [] }).to_string();
    let call = format!(
        "POST /api/client/v2.0/app/{APP}/functions/call HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Bearer {}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        person.access,
        body.len()
    );
    let mut held = Vec::new();
    // One that comes when others are about to wait may itself be refused, so their number is not known before.
    while held.is_empty() || rest(town, person) != 503 {
        let mut stream = TcpStream::connect(&authority).unwrap();
        stream.write_all(call.as_bytes()).unwrap();
        held.push(stream);
        assert!(held.len() < 200, "there is always room");
    }
    held
}

/// Asserts that an answer says "try again in a moment".
fn assert_busy(reply: &Reply) {
    let said = (reply.status, reply.header("retry-after"), reply.json()["error"].clone());
    assert_eq!(said, (503, Some("1"), json!("the server is busy: try again in a moment")));
}

#[test]
fn a_busy_engine_refuses_no_registration_and_no_reset() {
    let town = heavy_town();
    let guest = town.guest();
    let ann = json!({ "email": "ann@people.example", "password": "secret1" });
    let ben = json!({ "email": "ben@people.example", "password": "secret1" });
    let post = |path: &str, body: &Value| town.post(&format!("{USERPASS}/{path}"), body);
    let log_in = |email: &str, password: &str| {
        post("login", &json!({ "username": email, "password": password })).status
    };
    let new_password =
        json!({ "email": "ben@people.example", "password": "secret2", "arguments": ["success"] });
    assert_eq!(post("register", &ben).status, 201);

    let held = fill(&town, &guest);
    assert_busy(&post("register", &ann));
    assert_busy(&post("confirm/call", &ann));
    assert_busy(&post("reset/call", &new_password));
    assert_eq!(log_in("ben@people.example", "secret1"), 200, "the password is what it was");
    assert_eq!(log_in("ann@people.example", "secret1"), 401, "nobody has confirmed her");

    drop(held);
    assert!((0..10_000).any(|_| rest(&town, &guest) == 200), "who has gone makes room");
    assert_eq!(post("confirm/call", &ann).status, 200, "the registration is there still");
    assert_eq!(log_in("ann@people.example", "secret1"), 200);
    assert_eq!(post("reset/call", &new_password).status, 200);
    assert_eq!(log_in("ben@people.example", "secret2"), 200);
}
