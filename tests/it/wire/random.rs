//! Random requests to a running server, on the listener for clients and on the socket for commands: never an internal
//! error, never an answer in a wrong form, never a token in the log.
//!
//! The requests repeat themselves from run to run. `PASSERBY_RANDOM_SEED` and `PASSERBY_RANDOM_CASES` make other and
//! longer runs.

use std::cell::RefCell;
use std::env;
use std::path::Path;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use serde_json::{Value, json};

use super::forge::encode;
use super::requests::{Credential, Request, TOKENS, client, desk};
use super::{app_directory, login_target};
use crate::support::{Line, Reply, Server};

const APPS: [&str; 2] = ["shop-aaaaa", "other-aaaaa"];
const CASES: u32 = 1_000;
/// A request that arrives at once.
const SMALL: usize = 4_096;
/// The refusal that the original sends as a 500, with a fixed text: no internal error.
const FIXED_REFUSAL: &str = "linking an anonymous identity is not allowed";

#[test]
fn random_requests_of_clients_never_confuse_the_server() {
    run(|server, _| Door::Client(server.authority().to_owned()), client());
}

#[test]
fn random_requests_of_administrators_never_confuse_the_server() {
    run(|_, data| Door::Desk(data.join("passerby.sock")), desk());
}

/// Found by the above: it was told to come again, and would have been for ever.
#[test]
fn a_directory_with_a_nul_in_a_path_is_refused_for_good() {
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path());
    let mut line = Line::open_socket(&data.path().join("data/passerby.sock")).unwrap();
    for (parameter, body) in [
        ("path", json!({ "path": "/x\0", "files": { "auth_providers/anon-user.json": "e30=" } })),
        ("files", json!({ "path": "/x", "files": { "auth_providers/anon-user.json": "e30=", "a\0": "" } })),
    ] {
        let reply = line.ask("POST", "/api/passerby/v1/import", &[], body.to_string().as_bytes()).unwrap();
        let error = format!("`{parameter}`: a path holds no U+0000");
        assert_eq!(
            (reply.status, reply.json()),
            (400, json!({ "error": error, "error_code": "InvalidParameter" }))
        );
    }
    drop(line);
    assert_eq!(server.stop(), 0);
}

/// Where requests go.
enum Door {
    Client(String),
    Desk(std::path::PathBuf),
}

impl Door {
    fn open(&self) -> Line {
        match self {
            Door::Client(authority) => Line::open(authority),
            Door::Desk(socket) => Line::open_socket(socket),
        }
        .expect("the server listens")
    }
}

fn run(door: impl FnOnce(&Server, &Path) -> Door, requests: impl Strategy<Value = Request>) {
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path());
    let door = door(&server, &data.path().join("data"));
    let visit = RefCell::new(Visit { names: names(&server), door, line: None });

    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let cases = number("PASSERBY_RANDOM_CASES").map_or(CASES, |n| n.try_into().expect("not that many"));
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number("PASSERBY_RANDOM_SEED").unwrap_or(1).to_le_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let outcome = runner
        .run(&requests, |request| visit.borrow_mut().ask(&server, &request).map_err(TestCaseError::fail));
    if let Err(TestError::Fail(reason, request)) = outcome {
        panic!("{reason}\n{request:?}\n{}", last_lines(&server.log()));
    }
    outcome.unwrap();

    let log = server.log();
    assert!(
        log.contains("answered") || log.contains("request refused"),
        "the log says nothing at this level"
    );
    // Every token of ours begins so.
    assert!(!log.contains("eyJ"), "a token is in the log");
    assert!(!log.contains("panicked"), "{}", last_lines(&log));
    assert_eq!(server.request("GET", "/healthz", &[], b"").status, 200);
    assert_eq!(server.stop(), 0);
}

fn start(data: &Path) -> Server {
    let shop = app_directory(data, APPS[0], &["https://shop.example"], &json!({}));
    let other = app_directory(data, APPS[1], &[], &json!({ "access_token": { "form": "original" } }));
    let arguments = [shop.to_str().unwrap(), other.to_str().unwrap(), "--log", "debug"];
    Server::start(&data.join("data"), &arguments)
}

/// What stands for the names in targets.
fn names(server: &Server) -> Vec<(&'static str, String)> {
    let user = server.log_in(APPS[0])["user_id"].as_str().unwrap().to_owned();
    let refused =
        server.request("POST", &format!("/api/client/v2.0/app/{}/functions/call", APPS[0]), &[], b"");
    let link = refused.json()["link"].as_str().unwrap().to_owned();
    let after = |word: &str| link.split_once(word).unwrap().1.split('/').next().unwrap().to_owned();
    vec![
        ("{app}", APPS[0].to_owned()),
        ("{other}", APPS[1].to_owned()),
        ("{user}", user),
        ("{group}", after("/groups/")),
        ("{app_id}", after("/apps/")),
    ]
}

fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// One client with one connection.
struct Visit {
    names: Vec<(&'static str, String)>,
    door: Door,
    line: Option<Line>,
}

impl Visit {
    fn ask(&mut self, server: &Server, request: &Request) -> Result<(), String> {
        let tokens = match &request.credential {
            None | Some(Credential::Header(_)) => Vec::new(),
            Some(_) => fresh_tokens(server),
        };
        let target = self.filled(&request.target);
        let bytes = self.bytes(request, &target, &tokens);
        let mut line = self.line.take().unwrap_or_else(|| self.door.open());
        // The server may refuse the head, or the length, before everything was sent.
        let sent = line.send(&bytes);
        let reply = match line.receive(request.method == "HEAD") {
            Ok(reply) => reply,
            Err(_) if sent.is_err() || bytes.len() > SMALL => return Ok(()),
            Err(error) => return Err(format!("no answer: {error}")),
        };
        let is_client = matches!(self.door, Door::Client(_));
        check(request, &target, &reply, is_client).map_err(|wrong| format!("{wrong}: {}", shown(&reply)))?;
        let ends = reply.header("connection").is_some_and(|c| c.eq_ignore_ascii_case("close"));
        // A body that nobody wanted ends the connection, unless it had come with the head.
        let waits = request.headers.iter().any(|(name, _)| *name == "Expect");
        if sent.is_ok() && !ends && !waits && request.version == "HTTP/1.1" && bytes.len() < SMALL {
            self.line = Some(line);
        }
        Ok(())
    }

    fn filled(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    fn bytes(&self, request: &Request, target: &str, tokens: &[String]) -> Vec<u8> {
        let mut bytes =
            format!("{} {target} {}\r\nHost: localhost\r\n", request.method, request.version).into_bytes();
        let mut header = |name: &str, value: &[u8]| {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        };
        if let Some(credential) = &request.credential {
            header("Authorization", &self.authorization(credential, tokens));
        }
        if let Some(origin) = request.origin {
            header("Origin", origin.as_bytes());
        }
        for (name, value) in &request.headers {
            header(name, value.as_bytes());
        }
        if request.chunked {
            header("Transfer-Encoding", b"chunked");
            bytes.extend(b"\r\n");
            for chunk in request.body.chunks(70_000) {
                bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                bytes.extend([chunk, b"\r\n"].concat());
            }
            bytes.extend(b"0\r\n\r\n");
        } else {
            header("Content-Length", request.body.len().to_string().as_bytes());
            bytes.extend([b"\r\n", request.body.as_slice()].concat());
        }
        bytes
    }

    fn authorization(&self, credential: &Credential, tokens: &[String]) -> Vec<u8> {
        let token = match credential {
            Credential::Header(bytes) => return bytes.clone(),
            Credential::Good(n) => tokens[*n].clone().into_bytes(),
            Credential::Changed(n, at, byte) => {
                let mut token = tokens[*n].clone().into_bytes();
                let at = at % token.len();
                token[at] = if matches!(byte, b'\r' | b'\n') { b'.' } else { *byte };
                token
            }
            Credential::Cut(n, at) => tokens[*n].as_bytes()[..at % tokens[*n].len()].to_vec(),
            Credential::Crossed(head, tail) => {
                let head = tokens[*head].rsplit_once('.').map_or("", |(head, _)| head);
                let tail = tokens[*tail].rsplit('.').next().unwrap_or_default();
                format!("{head}.{tail}").into_bytes()
            }
            Credential::Made(algorithm, claims) => {
                let header = json!({ "alg": algorithm, "typ": "JWT" }).to_string();
                format!("{}.{}.", encode(header.as_bytes()), encode(self.filled(claims).as_bytes()))
                    .into_bytes()
            }
        };
        [b"Bearer ", token.as_slice()].concat()
    }
}

/// Access and refresh tokens of somebody new in each app: the case may use them up. An administrator's request may have
/// deleted an app, or closed it: then there are none.
fn fresh_tokens(server: &Server) -> Vec<String> {
    let mut line = Line::open(server.authority()).expect("the server listens");
    let mut tokens = Vec::new();
    for app in APPS {
        let guest = line.ask("POST", &login_target(app), &[], b"").expect("an answer").json();
        tokens.extend(
            ["access_token", "refresh_token"].map(|name| guest[name].as_str().unwrap_or("none").to_owned()),
        );
    }
    assert_eq!(tokens.len(), TOKENS);
    tokens
}

/// Everything that is true of every answer.
fn check(request: &Request, target: &str, reply: &Reply, is_client: bool) -> Result<(), String> {
    let wrong = |what: &str| Err(what.to_owned());
    let content_type = reply.header("content-type");
    if reply.header("x-appservices-request-id").is_none() {
        // What is no HTTP never came to us: the machinery refuses it bare.
        let bare = matches!(reply.status, 400 | 414 | 431 | 501 | 505) && reply.body.is_empty();
        return if bare && content_type.is_none() { Ok(()) } else { wrong("an answer without a request id") };
    }
    let is_head = request.method == "HEAD";
    if reply.status >= 500 && !(reply.status == 500 && !is_head && reply.json()["error"] == FIXED_REFUSAL) {
        return wrong("an internal error");
    }
    match content_type {
        None if reply.body.is_empty() => {}
        Some("application/json") if is_head || !reply.body.is_empty() => {}
        Some("text/plain; charset=utf-8") if is_head || !reply.body.is_empty() => {}
        Some("text/event-stream") if target.contains("/functions/call") && reply.status == 200 => {}
        _ => return wrong("a wrong content type"),
    }
    if content_type == Some("application/json") && !is_head {
        is_well_formed(reply)?;
    }
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let path = format!("/{}", path.trim_start_matches('/'));
    if is_client && path.starts_with("/api/client/") {
        is_readable_across_origins(request, reply)?;
        let keys = path.contains("/.well-known/") && reply.status == 200;
        let cache = reply.header("cache-control");
        if !keys && cache != Some("no-cache, no-store, must-revalidate") {
            return wrong("an answer that caches may keep");
        }
    }
    Ok(())
}

/// Errors have a text, and a code and a link or none at all; nothing is null.
fn is_well_formed(reply: &Reply) -> Result<(), String> {
    let body: Value = serde_json::from_slice(&reply.body).map_err(|e| format!("no JSON: {e}"))?;
    if reply.status < 400 {
        return Ok(());
    }
    let object = body.as_object().ok_or("an error that is no object")?;
    for (name, value) in object {
        let fits = match name.as_str() {
            "error" | "error_code" | "link" => value.as_str().is_some_and(|text| !text.is_empty()),
            "problems" => value.is_array(),
            _ => false,
        };
        if !fits {
            return Err(format!("an error with {name} = {value}"));
        }
    }
    if object.contains_key("error") { Ok(()) } else { Err("an error without a text".to_owned()) }
}

/// A page of an allowed origin can read every answer; one that was refused for its origin reads nothing.
fn is_readable_across_origins(request: &Request, reply: &Reply) -> Result<(), String> {
    let allowed = reply.header("access-control-allow-origin");
    let refused_origin = reply.status == 403
        && request.method != "HEAD"
        && content_is_json(reply)
        && reply.json()["error_code"] == "DomainNotAllowed";
    let first = request.origin.or_else(|| {
        request.headers.iter().find(|(name, _)| *name == "Origin").map(|(_, origin)| origin.as_str())
    });
    let preflight = request.method == "OPTIONS" && reply.status == 204;
    match (first, allowed) {
        (_, Some(_)) if refused_origin => Err("a refused origin may read the answer".to_owned()),
        (None, Some(_)) => Err("CORS headers for nobody".to_owned()),
        (Some(origin), Some(allowed)) if origin.trim() != allowed => {
            Err("another origin is allowed".to_owned())
        }
        (Some(_), None) if !refused_origin && !preflight && request.method != "HEAD" => {
            Err("a page cannot read the answer".to_owned())
        }
        _ => Ok(()),
    }
}

fn content_is_json(reply: &Reply) -> bool {
    reply.header("content-type") == Some("application/json")
}

fn shown(reply: &Reply) -> String {
    let body = String::from_utf8_lossy(&reply.body);
    format!("{} {:?} {:.300}", reply.status, reply.headers, body)
}
