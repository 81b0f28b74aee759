use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

/// Names of the tests' internet.
struct Names(Vec<(&'static str, Vec<IpAddr>)>);

impl Resolve for Names {
    fn resolve<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send + 'a>> {
        let found = self.0.iter().find(|(name, _)| *name == host).map(|(_, addresses)| addresses.clone());
        let missing = || std::io::Error::other("no such name");
        Box::pin(std::future::ready(found.ok_or_else(missing)))
    }
}

fn fetcher(allow: &[String], limits: Limits) -> Fetcher {
    let allow = allow.iter().map(|text| text.parse().unwrap()).collect();
    let names = Names(vec![
        ("inside.example", vec!["127.0.0.1".parse().unwrap()]),
        ("metadata.example", vec!["169.254.169.254".parse().unwrap(), "10.0.0.1".parse().unwrap()]),
        ("mapped.example", vec!["::ffff:127.0.0.1".parse().unwrap()]),
        ("nowhere.example", vec![]),
    ]);
    Fetcher::new(allow, &Trust::default(), limits).unwrap().resolving_with(Arc::new(names))
}

/// Answers every connection with these bytes, keeps what was asked, and hangs up or not.
async fn server(answer: impl Into<Vec<u8>>, hang_up: bool) -> (u16, Arc<std::sync::Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = answer.into();
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = asked.clone();
    tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            let ends = |head: &[u8]| {
                let text = String::from_utf8_lossy(head);
                let Some((before, body)) = text.split_once("\r\n\r\n") else { return false };
                let length = before.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
                body.len() >= length.unwrap_or(0usize)
            };
            while !ends(&head) {
                let mut bytes = [0; 4096];
                let n = stream.read(&mut bytes).await.unwrap();
                assert_ne!(n, 0, "the client left");
                head.extend_from_slice(&bytes[..n]);
            }
            log.lock().unwrap().push(String::from_utf8(head).unwrap());
            // The client may leave in the middle of an answer that is too large.
            let _ = stream.write_all(&answer).await;
            if !hang_up {
                open.push(stream);
            }
        }
    });
    (port, asked)
}

fn plain(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

#[tokio::test]
async fn a_request_and_its_answer_arrive_whole() {
    let answer = "HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nX-Two: a\r\nX-Two: b\r\ncontent-length: 5\r\n\r\nhello";
    let (port, asked) = server(answer, true).await;
    let fetcher = fetcher(&[plain(port)], Limits::default());
    let request = Request::form(format!("http://127.0.0.1:{port}/a%20b?c=d#e"), &[("f", "g&h"), ("i", "ü")])
        .with_header("Authorization", "Bearer x")
        .with_header("accept", "application/json");
    let response = fetcher.fetch(request).await.unwrap();
    let expected = Response {
        status: 201,
        headers: [("content-type", "text/plain"), ("x-two", "a"), ("x-two", "b"), ("content-length", "5")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        body: b"hello".to_vec(),
    };
    assert_eq!(response, expected);
    assert_eq!(response.header("x-two"), Some("a"));
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        *asked.lock().unwrap(),
        [format!(
            "POST /a%20b?c=d HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\naccept: application/json\r\n\
             user-agent: passerby/{version}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             authorization: Bearer x\r\ncontent-length: 16\r\n\r\nf=g%26h&i=%C3%BC"
        )]
    );
}

#[tokio::test]
async fn a_body_without_a_length_ends_with_the_connection() {
    let (port, _) = server("HTTP/1.1 200 OK\r\n\r\nhello", true).await;
    let response = fetcher(&[plain(port)], Limits::default()).fetch(Request::get(plain(port))).await.unwrap();
    assert_eq!(response.body, b"hello");
}

#[tokio::test]
async fn a_redirect_is_answered_and_not_followed() {
    let (port, asked) =
        server("HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n", true).await;
    let response = fetcher(&[plain(port)], Limits::default()).fetch(Request::get(plain(port))).await.unwrap();
    assert_eq!((response.status, response.header("location")), (302, Some("/elsewhere")));
    assert_eq!(asked.lock().unwrap().len(), 1);
}

async fn refusal(fetcher: &Fetcher, url: &str) -> String {
    fetcher.fetch(Request::get(url)).await.unwrap_err().to_string()
}

#[tokio::test]
async fn closed_addresses_are_refused_in_every_spelling() {
    let (port, asked) = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", true).await;
    let fetcher = fetcher(&[], Limits::default());
    for (host, named, kind) in [
        ("127.0.0.1", "127.0.0.1", "a loopback address"),
        ("127.1", "127.0.0.1", "a loopback address"),
        ("2130706433", "127.0.0.1", "a loopback address"),
        ("0x7f000001", "127.0.0.1", "a loopback address"),
        ("0177.0.0.1", "127.0.0.1", "a loopback address"),
        ("127.0.0.1.", "127.0.0.1", "a loopback address"),
        ("\u{ff11}27.0.0.1", "127.0.0.1", "a loopback address"),
        ("[::1]", "[::1]", "a loopback address"),
        ("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "a loopback address"),
        ("[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "a loopback address"),
        ("0.0.0.0", "0.0.0.0", "an address of this network"),
        ("inside.example", "inside.example", "a loopback address"),
        ("INSIDE.example", "inside.example", "a loopback address"),
        ("mapped.example", "mapped.example", "a loopback address"),
        ("metadata.example", "metadata.example", "a private address"),
    ] {
        let error = refusal(&fetcher, &format!("https://{host}:{port}/?secret=x")).await;
        let expected =
            format!("failed to fetch from {named}: it is at {kind}, which the settings do not allow");
        assert_eq!(error, expected, "{host}");
    }
    assert_eq!(asked.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_name_is_looked_up_once_so_it_cannot_move_after_the_check() {
    struct Moving(AtomicUsize);
    impl Resolve for Moving {
        fn resolve<'a>(
            &'a self,
            _: &'a str,
        ) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send + 'a>> {
            let closed = self.0.fetch_add(1, Ordering::SeqCst) == 0;
            let address = if closed { "10.0.0.1" } else { "127.0.0.1" };
            Box::pin(std::future::ready(Ok(vec![address.parse().unwrap()])))
        }
    }
    let names = Arc::new(Moving(AtomicUsize::new(0)));
    let fetcher = fetcher(&["127.0.0.0/8".to_owned()], Limits::default()).resolving_with(names.clone());
    let error = refusal(&fetcher, "https://moving.example/").await;
    assert!(error.contains("a private address"), "{error}");
    assert_eq!(names.0.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_the_settings_allow_is_reached() {
    let (port, asked) = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", true).await;
    let by_name = fetcher(&[format!("http://inside.example:{port}")], Limits::default());
    let response = by_name.fetch(Request::get(format!("http://inside.example:{port}/"))).await.unwrap();
    assert_eq!(response.status, 200);
    assert!(asked.lock().unwrap()[0].contains(&format!("\r\nhost: inside.example:{port}\r\n")));
    // Another port, another name of the same address, and a network without `http://`.
    let other = port ^ 1;
    let error = refusal(&by_name, &format!("http://inside.example:{other}/")).await;
    assert!(
        error.contains("only https is allowed, unless the settings allow http://inside.example"),
        "{error}"
    );
    let error = refusal(&by_name, &format!("http://127.0.0.1:{port}/")).await;
    assert!(error.contains("only https is allowed"), "{error}");
    let by_network = fetcher(&["127.0.0.0/8".to_owned()], Limits::default());
    let error = refusal(&by_network, &format!("http://127.0.0.1:{port}/")).await;
    assert!(error.contains("only https is allowed"), "{error}");
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let fetcher = fetcher(&[], Limits::default());
    for (url, reason) in [
        ("", "its address is no absolute URL"),
        ("/path", "its address is no absolute URL"),
        ("https://", "its address is no absolute URL"),
        ("https://user:secret@a.example/", "its address holds credentials"),
        ("https://user@a.example/", "its address holds credentials"),
        ("file:///etc/passwd", "its address is neither https nor http"),
        ("ftp://a.example/", "its address is neither https nor http"),
        ("data:text/plain,x", "its address is neither https nor http"),
    ] {
        assert_eq!(
            refusal(&fetcher, url).await,
            format!("failed to make a request of it: {reason}"),
            "{url}"
        );
    }
    for (name, value, reason) in [
        ("Host", "b.example", "the header `host` is not the request's to set"),
        ("Transfer-Encoding", "chunked", "the header `transfer-encoding` is not the request's to set"),
        ("content-length", "7", "the header `content-length` is not the request's to set"),
        ("a b", "c", "a header's name is none"),
        ("x-a", "b\r\nhost: c", "the header `x-a` holds what none may"),
    ] {
        let request = Request::get("https://a.example/").with_header(name, value);
        let error = fetcher.fetch(request).await.unwrap_err().to_string();
        assert_eq!(error, format!("failed to make a request of it: {reason}"), "{name}");
    }
    assert_eq!(
        refusal(&fetcher, "https://nowhere.example/").await,
        "failed to fetch from nowhere.example: the name has no address"
    );
    assert_eq!(
        refusal(&fetcher, "https://unknown.example/").await,
        "failed to fetch from unknown.example: the name has no address"
    );
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_cut_off() {
    let limits = Limits { body_bytes: 10, ..Limits::default() };
    let endless =
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}", "1\r\na\r\n".repeat(100));
    for answer in [format!("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{}", "a".repeat(11)), endless] {
        let (port, _) = server(answer, false).await;
        let error = fetcher(&[plain(port)], limits).fetch(Request::get(plain(port))).await.unwrap_err();
        assert_eq!(error, FetchError::TooLarge { host: "127.0.0.1".to_owned(), limit: 10 });
    }
    let (port, _) =
        server(format!("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{}", "a".repeat(10)), true).await;
    let response = fetcher(&[plain(port)], limits).fetch(Request::get(plain(port))).await.unwrap();
    assert_eq!(response.body.len(), 10);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_cut_off() {
    let limits = Limits { head_bytes: 8192, ..Limits::default() };
    for head in [
        format!("x: {}\r\n", "a".repeat(9000)),
        "x: y\r\n".repeat(200),
        format!("x: {}", "a".repeat(100_000)),
    ] {
        let (port, _) = server(format!("HTTP/1.1 200 OK\r\n{head}\r\n"), false).await;
        let error = fetcher(&[plain(port)], limits).fetch(Request::get(plain(port))).await.unwrap_err();
        assert!(
            matches!(&error, FetchError::Unreachable { reason, .. } if reason.contains("too large")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_or_does_not_end_is_given_up() {
    let limits = Limits { total: Duration::from_millis(50), ..Limits::default() };
    let expected = FetchError::TimedOut { host: "127.0.0.1".to_owned(), ms: 50 };
    for answer in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel"] {
        let (port, _) = server(answer, false).await;
        let error = fetcher(&[plain(port)], limits).fetch(Request::get(plain(port))).await.unwrap_err();
        assert_eq!(error, expected, "{answer:?}");
    }
    // Somebody who waits for a place waits within the same time.
    let (port, _) = server("", false).await;
    let one = fetcher(&[plain(port)], Limits { at_once: 1, ..limits });
    let (a, b) = tokio::join!(one.fetch(Request::get(plain(port))), one.fetch(Request::get(plain(port))));
    assert_eq!((a.unwrap_err(), b.unwrap_err()), (expected.clone(), expected));
}

#[tokio::test]
async fn an_answer_that_breaks_off_or_is_none_fails() {
    for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel", "SMTP ready\r\n\r\n"] {
        let (port, _) = server(answer, true).await;
        let error =
            fetcher(&[plain(port)], Limits::default()).fetch(Request::get(plain(port))).await.unwrap_err();
        assert!(matches!(error, FetchError::Unreachable { .. }), "{answer:?}: {error}");
    }
}

#[tokio::test]
async fn a_certificate_is_checked_against_the_name_and_the_authorities() {
    let key = rcgen::generate_simple_self_signed(vec!["idp.example".to_owned()]).unwrap();
    let server_config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![key.cert.der().clone()],
                rustls::pki_types::PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap(),
            )
            .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server_config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await;
            let _ = stream.shutdown().await;
        }
    });
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, key.cert.pem()).unwrap();
    let names = Arc::new(Names(vec![
        ("idp.example", vec!["127.0.0.1".parse().unwrap()]),
        ("other.example", vec!["127.0.0.1".parse().unwrap()]),
    ]));
    let fetcher = |trust: &Trust| {
        Fetcher::new(vec!["127.0.0.0/8".parse().unwrap()], trust, Limits::default())
            .unwrap()
            .resolving_with(names.clone())
    };
    let trusting = fetcher(&Trust::with_file(&file).unwrap());
    let response = trusting.fetch(Request::get(format!("https://idp.example:{port}/"))).await.unwrap();
    assert_eq!(response.body, b"hi");
    let error = refusal(&trusting, &format!("https://other.example:{port}/")).await;
    assert!(error.contains("not valid for name"), "{error}");
    let error = refusal(&fetcher(&Trust::default()), &format!("https://idp.example:{port}/")).await;
    assert!(error.contains("UnknownIssuer"), "{error}");
}

#[test]
fn neither_request_nor_answer_shows_its_content() {
    let request = Request::get("https://a.example/?token=secret").with_header("authorization", "secret");
    assert_eq!(format!("{request:?}"), "Request { method: Get, .. }");
    let response = Response { status: 200, headers: Vec::new(), body: b"secret".to_vec() };
    assert_eq!(format!("{response:?}"), "Response { status: 200, .. }");
}
