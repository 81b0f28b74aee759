//! Slowness and excess: over a limit somebody waits or is told so, and everybody else is served.

use std::io::ErrorKind;
use std::time::Duration;

use serde_json::json;

use super::{login_target, said};
use crate::support::{Line, Reply, Server, example};

const APP: &str = "news-aaaaa";

/// How long a silence is listened to before it counts as one.
const SILENCE: Duration = Duration::from_millis(200);
/// Silences in which a limit of one second has surely struck, on a machine that is busy too.
const MANY_SILENCES: usize = 100;

fn news(arguments: &[&str]) -> (tempfile::TempDir, Server) {
    let data = tempfile::tempdir().unwrap();
    let example = example("news");
    let server = Server::start(data.path(), &[&[example.to_str().unwrap()], arguments].concat());
    (data, server)
}

/// Sends byte after byte, a silence apart, until the server answers or hangs up; `None` when it hung up.
fn drip(line: &mut Line, bytes: impl Iterator<Item = u8>) -> Option<Reply> {
    line.be_patient_for(SILENCE);
    for byte in bytes.take(MANY_SILENCES) {
        if line.send(&[byte]).is_err() {
            return None;
        }
        match line.receive(false) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return None,
            Ok(reply) => return Some(reply),
        }
    }
    panic!("the server let itself be dripped at for too long")
}

#[test]
fn a_head_that_never_ends_is_cut_off_and_others_are_served() {
    let (_data, server) = news(&["--header-timeout-secs", "1"]);
    let mut slow: Vec<Line> = (0..20).map(|_| Line::open(server.authority()).unwrap()).collect();
    for line in &mut slow {
        line.send(
            b"POST /api/client/v2.0/app/news-aaaaa/auth/providers/anon-user/login HTTP/1.1\r\nHost: x\r\nX:",
        )
        .unwrap();
    }
    server.log_in(APP);
    assert_eq!(drip(&mut slow[0], std::iter::repeat(b'a')).map(|r| r.status), None);
    for line in &mut slow[1..] {
        line.be_patient_for(Duration::from_secs(30));
        assert!(line.is_closed(), "a connection was kept for a head that does not come");
    }
    server.log_in(APP);
}

#[test]
fn a_body_that_never_ends_is_given_up_and_says_so() {
    let (_data, server) = news(&["--request-timeout-secs", "1"]);
    let mut line = Line::open(server.authority()).unwrap();
    let head = format!("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", login_target(APP));
    line.send(head.as_bytes()).unwrap();
    let reply = drip(&mut line, std::iter::repeat(b' ')).expect("an answer");
    assert_eq!(
        said(&reply),
        (
            503,
            Some("application/json"),
            json!({ "error": "the request took too long: try again in a moment" })
        )
    );
    assert_eq!(reply.header("retry-after"), Some("1"));
}

#[test]
fn heads_without_bodies_give_their_places_back() {
    const PLACES: usize = 4;
    let (_data, server) = news(&["--max-in-flight", &PLACES.to_string(), "--header-timeout-secs", "1"]);
    let target = login_target(APP);
    let head = format!("POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
    let mut held: Vec<Line> = (0..PLACES).map(|_| Line::open(server.authority()).unwrap()).collect();
    held.iter_mut().for_each(|line| line.send(head.as_bytes()).unwrap());
    // One of them goes on sending, which is no body either.
    let reply = drip(&mut held[0], std::iter::repeat(b' ')).expect("an answer");
    let body = reply.json();
    assert_eq!(
        (reply.status, &body["error"], &body["error_code"]),
        (400, &json!("the request body did not arrive"), &json!("BadRequest"))
    );
    for line in &mut held[1..] {
        line.be_patient_for(Duration::from_secs(30));
        assert_eq!(line.receive(false).unwrap().status, 400);
        assert!(line.is_closed(), "a connection was kept for a body that does not come");
    }
    server.log_in(APP);
}

#[test]
fn a_body_over_the_limit_is_refused_however_it_comes() {
    let (_data, server) = news(&["--max-body", "1000"]);
    let target = login_target(APP);
    let fits = format!("{{{}}}", " ".repeat(998));
    assert_eq!(server.request("POST", &target, &[], fits.as_bytes()).status, 200);

    let too_large = format!("{{{}}}", " ".repeat(999));
    let mut whole = Line::open(server.authority()).unwrap();
    let mut in_chunks = Line::open(server.authority()).unwrap();
    in_chunks
        .send(format!("POST {target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").as_bytes())
        .unwrap();
    for _ in 0..11 {
        in_chunks.send(format!("64\r\n{}\r\n", " ".repeat(100)).as_bytes()).unwrap();
    }
    in_chunks.send(b"0\r\n\r\n").unwrap();
    let mut promised = Line::open(server.authority()).unwrap();
    promised
        .send(format!("POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n").as_bytes())
        .unwrap();
    promised.send(&[b' '; 2000]).unwrap();
    let replies = [
        whole.ask("POST", &target, &[], too_large.as_bytes()).unwrap(),
        in_chunks.receive(false).unwrap(),
        promised.receive(false).unwrap(),
    ];
    for reply in replies {
        let mut body = reply.json();
        let link = body.as_object_mut().unwrap().remove("link").expect("a link");
        assert!(link.as_str().unwrap().contains("/logs?co_id="), "{link}");
        assert_eq!((reply.status, reply.header("content-type")), (413, Some("application/json")));
        assert_eq!(
            body,
            json!({ "error": "the request body is larger than 1000 bytes", "error_code": "ReadSizeLimitExceeded" })
        );
    }
}

#[test]
fn large_bodies_are_forgotten_while_the_store_writes() {
    // They keep the threads of a debug build busy for longer than it waits for a database, which is not to blame for that.
    const LINES: usize = 32;
    let (_data, server) = news(&[]);
    // Half a million values of a few dozen bytes each, of one megabyte of text.
    let body = format!("{{\"a\":[{}0]}}", "0,".repeat(500_000));
    let head =
        format!("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", login_target(APP), body.len());
    let request = head + &body;
    let (most, last) = request.as_bytes().split_at(request.len() - 1);
    let mut lines: Vec<Line> = (0..LINES).map(|_| Line::open(server.authority()).unwrap()).collect();
    lines.iter_mut().for_each(|line| line.send(most).unwrap());
    lines.iter_mut().for_each(|line| line.send(last).unwrap());
    for line in &mut lines {
        assert_eq!(line.receive(false).unwrap().status, 200);
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kibibytes: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
    // Each of the server's threads may be reading one; all of them together would be more than a gigabyte.
    let threads = std::thread::available_parallelism().unwrap().get();
    assert!(kibibytes < (192 + 64 * threads) << 10, "{kibibytes} KiB for {LINES} bodies");
}

#[test]
fn more_requests_than_the_server_takes_are_told_to_come_again() {
    let (_data, server) = news(&["--max-in-flight", "1"]);
    let mut held = Line::open(server.authority()).unwrap();
    // With `Expect` the server says when it waits for the body, so the request is surely under way.
    let target = login_target(APP);
    let head =
        format!("POST {target} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    held.send(head.as_bytes()).unwrap();
    held.be_patient_for(SILENCE);
    let interim = held.receive(false).map_err(|error| error.kind());
    assert!(matches!(interim, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)), "{interim:?}");

    let origin = [("Origin", "https://reader.example")];
    let refused = server.request("POST", &target, &origin, b"");
    assert_eq!(
        said(&refused),
        (503, Some("application/json"), json!({ "error": "the server is busy: try again in a moment" }))
    );
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("access-control-allow-origin"), Some("https://reader.example"));
    assert_eq!(server.request("GET", "/healthz", &[], b"").status, 200);

    held.be_patient_for(Duration::from_secs(30));
    held.send(b"{}").unwrap();
    assert_eq!(held.receive(false).unwrap().status, 200);
    server.log_in(APP);
}

#[test]
fn connections_beyond_the_limit_wait_for_a_place() {
    let (_data, server) = news(&["--max-connections", "2"]);
    let mut first = Line::open(server.authority()).unwrap();
    let mut second = Line::open(server.authority()).unwrap();
    for line in [&mut first, &mut second] {
        assert_eq!(line.ask("GET", "/healthz", &[], b"").unwrap().status, 200);
    }
    let mut third = Line::open(server.authority()).unwrap();
    third.be_patient_for(SILENCE);
    let waiting = third.ask("GET", "/healthz", &[], b"").map_err(|error| error.kind());
    assert!(matches!(waiting, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)), "{waiting:?}");

    drop(first);

    third.be_patient_for(Duration::from_secs(30));
    assert_eq!(third.receive(false).unwrap().status, 200);
    assert_eq!(second.ask("GET", "/healthz", &[], b"").unwrap().status, 200);
}

#[test]
fn a_server_whose_places_are_all_taken_stops_all_the_same() {
    let (_data, server) = news(&["--max-connections", "1", "--header-timeout-secs", "86400"]);
    let mut held = Line::open(server.authority()).unwrap();
    assert_eq!(held.ask("GET", "/healthz", &[], b"").unwrap().status, 200);
    assert_eq!(server.stop(), 0);
}

#[test]
fn many_requests_in_one_packet_are_answered_in_order() {
    let (_data, server) = news(&[]);
    let mut line = Line::open(server.authority()).unwrap();
    let login = format!("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", login_target(APP));
    let nothing = "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n".to_owned();
    line.send([login.as_str(), &nothing].repeat(50).concat().as_bytes()).unwrap();
    for _ in 0..50 {
        assert_eq!(line.receive(false).unwrap().status, 200);
        assert_eq!(line.receive(false).unwrap().status, 404);
    }
}

#[test]
fn an_answer_does_not_wait_for_what_follows_the_request() {
    let (_data, server) = news(&[]);
    let login = format!("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", login_target(APP));
    // Old clients end a body with an empty line, and impatient ones begin their next request.
    for rest in ["\r\n", "GET /hea"] {
        let mut line = Line::open(server.authority()).unwrap();
        line.be_patient_for(Duration::from_secs(5));
        line.send([&login, rest].concat().as_bytes()).unwrap();
        assert_eq!(line.receive(false).unwrap().status, 200, "{rest:?}");
        line.send(b"lthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    }
}

#[test]
fn what_is_no_http_is_told_so() {
    let (_data, server) = news(&[]);
    let long = "x".repeat(500_000);
    for (bytes, status) in [
        ("garbage\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\nHost: x\r\nX: {long}\r\n\r\n"), 431),
        (format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"), 431),
        ("GET / HTTP/9.9\r\nHost: x\r\n\r\n".to_owned(), 400),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}".to_owned(), 400),
    ] {
        let mut line = Line::open(server.authority()).unwrap();
        // The server may hang up before everything was sent.
        let _ = line.send(bytes.as_bytes());
        let start = &bytes[..bytes.len().min(20)];
        match line.receive(false) {
            Ok(reply) => assert_eq!((reply.status, reply.body.len()), (status, 0), "{start:?}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{start:?}"),
        }
    }
    server.log_in(APP);
}

#[test]
fn a_request_that_could_be_read_in_two_ways_ends_its_connection() {
    let (_data, server) = news(&[]);
    let target = login_target(APP);
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    for framing in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked, identity\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 5, 5x\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n",
        " Content-Length: 5\r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding\0: chunked\r\n",
    ] {
        let mut line = Line::open(server.authority()).unwrap();
        line.send(format!("POST {target} HTTP/1.1\r\nHost: x\r\n{framing}\r\n{smuggled}").as_bytes())
            .unwrap();
        let reply = line.receive(false).unwrap_or_else(|e| panic!("{framing:?}: {e}"));
        assert_eq!((reply.status, reply.body.as_slice()), (400, b"".as_slice()), "{framing:?}");
        assert!(line.is_closed(), "{framing:?}: the connection went on");
    }
}
