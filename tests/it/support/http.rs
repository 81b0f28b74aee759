//! A small HTTP/1.1 client: one request to a connection, so that nothing is shared between two tests' lines.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Longer than any answer takes; a test that waits for it has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names in lower case, in the order in which they came.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// The first header of a name, which is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    fn parse(bytes: &[u8]) -> Reply {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no whole head: {:?}", String::from_utf8_lossy(bytes)));
        let reply = Reply { body: bytes[end + 4..].to_vec(), ..Reply::head(&bytes[..end]) };
        assert_eq!(reply.header("transfer-encoding"), None, "this client reads whole bodies only");
        if let Some(length) = reply.header("content-length") {
            assert_eq!(length, reply.body.len().to_string(), "the body was cut off");
        }
        reply
    }

    /// An answer without its body, from what stands before the empty line.
    pub(super) fn head(bytes: &[u8]) -> Reply {
        let head = std::str::from_utf8(bytes).expect("the head is text");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|s| s.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_owned())).collect();
        Reply { status: status.expect("a status"), headers, body: Vec::new() }
    }
}

/// Sends a request to `authority`, such as `127.0.0.1:8080`, and reads the answer to the end of the connection.
///
/// `Host`, unless the caller has one, `Connection` and, with a body, `Content-Length` are added; the content type is the
/// caller's. With a `Transfer-Encoding` of the caller's, the body goes in chunks.
pub(crate) fn request(
    authority: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Reply {
    exchange(authority, method, target, headers, body)
        .unwrap_or_else(|error| panic!("{method} {target} at {authority}: {error}"))
}

fn exchange(
    authority: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Reply> {
    let mut stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let has = |wanted: &str| headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let mut head = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    if !has("host") {
        head.push_str(&format!("Host: {authority}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let is_chunked = has("transfer-encoding");
    if !body.is_empty() && !is_chunked {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    let body = if is_chunked { chunked(body) } else { body.to_vec() };
    let mut answer = Vec::new();
    stream.write_all(&[head.into_bytes(), body].concat())?;
    stream.read_to_end(&mut answer)?;
    if answer.is_empty() {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Reply::parse(&answer))
}

/// A body in chunks, the last of which is empty.
fn chunked(body: &[u8]) -> Vec<u8> {
    let mut chunked = Vec::new();
    for chunk in body.chunks(1000) {
        chunked.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    chunked
}
