//! TLS: served, and read again when the certificate is renewed.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Server, example};

/// Writes a new self-signed certificate for `localhost`.
fn renew(dir: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(dir.join("cert.pem"), made.cert.pem()).unwrap();
    made.cert.der().clone()
}

/// `GET /healthz` by a client that trusts one certificate alone; `None` when the handshake fails.
fn health(port: u16, trusted: &CertificateDer<'static>) -> Option<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(client, TcpStream::connect(("127.0.0.1", port)).unwrap());
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[test]
fn a_renewed_certificate_is_served_and_a_broken_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let first = renew(dir.path());
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    let news = example("news");
    let args =
        [news.to_str().unwrap(), "--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let server = Server::start(&dir.path().join("data"), &args);
    let url = server.ready["client_url"].as_str().unwrap().to_owned();
    let port = url.strip_prefix("https://127.0.0.1:").unwrap().parse().unwrap();
    assert!(health(port, &first).unwrap().ends_with("\r\n\r\nok\n"));
    assert!(server.log().contains("`public_url` is not set"), "{}", server.log());

    let second = renew(dir.path());
    hang_up(&server, "the certificate was read again");
    assert!(health(port, &second).unwrap().ends_with("ok\n"));
    assert!(health(port, &first).is_none(), "the old certificate is no longer served");

    std::fs::write(&key, "nonsense").unwrap();
    hang_up(&server, "the old certificate stays in use");
    assert!(health(port, &second).unwrap().ends_with("ok\n"));
}

/// Asks for the certificate to be read again, and waits until the log says what came of it.
fn hang_up(server: &Server, outcome: &str) {
    assert!(Command::new("kill").args(["-HUP", &server.pid().to_string()]).status().unwrap().success());
    server.wait_for_log(outcome);
}
