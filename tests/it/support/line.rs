//! A connection that is kept: many requests, one after another, and failures as values, for servers that are killed,
//! limited or sent nonsense.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::http::{PATIENCE, Reply};

/// A connection to a server.
pub(crate) struct Line {
    stream: Stream,
    authority: String,
    /// What was read beyond the last answer.
    read: Vec<u8>,
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Line {
    /// Connects to `authority`, such as `127.0.0.1:8080`.
    pub(crate) fn open(authority: &str) -> io::Result<Line> {
        let stream = TcpStream::connect(authority)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Line { stream: Stream::Tcp(stream), authority: authority.to_owned(), read: Vec::new() })
    }

    /// Connects to a server's owner-only socket.
    pub(crate) fn open_socket(path: &Path) -> io::Result<Line> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Line { stream: Stream::Unix(stream), authority: "localhost".to_owned(), read: Vec::new() })
    }

    /// Where it leads.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// How long to wait for each read.
    pub(crate) fn be_patient_for(&self, span: Duration) {
        let set = match &self.stream {
            Stream::Tcp(stream) => stream.set_read_timeout(Some(span)),
            Stream::Unix(stream) => stream.set_read_timeout(Some(span)),
        };
        set.expect("a socket takes a timeout");
    }

    /// Sends a request and waits for its answer.
    pub(crate) fn ask(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Reply> {
        self.send_request(method, target, headers, body)?;
        self.receive(method == "HEAD")
    }

    /// The same, with a bearer token and no body.
    pub(crate) fn ask_with_token(&mut self, method: &str, target: &str, token: &str) -> io::Result<Reply> {
        self.ask(method, target, &[("Authorization", &format!("Bearer {token}"))], b"")
    }

    /// Sends a request. `Host` and `Content-Length` are added.
    pub(crate) fn send_request(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<()> {
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n", self.authority);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        self.send(&[head.as_bytes(), body].concat())
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.stream {
            Stream::Tcp(stream) => stream.write_all(bytes),
            Stream::Unix(stream) => stream.write_all(bytes),
        }
    }

    /// Reads an answer; `bare` when its body is left out, as after `HEAD`.
    pub(crate) fn receive(&mut self, bare: bool) -> io::Result<Reply> {
        loop {
            let mut reply = self.head()?;
            if (100..200).contains(&reply.status) {
                continue;
            }
            if bare || matches!(reply.status, 204 | 304) {
                return Ok(reply);
            }
            assert_eq!(reply.header("transfer-encoding"), None, "answers come whole: {reply:?}");
            let length = reply.header("content-length").map(|n| n.parse().expect("a length"));
            while self.read.len() < length.unwrap_or(usize::MAX) {
                if self.read_more()? == 0 {
                    if length.is_none() {
                        break;
                    }
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            let end = length.unwrap_or(self.read.len());
            reply.body = self.read.drain(..end).collect();
            return Ok(reply);
        }
    }

    /// Waits until the server asks for the body, as it does when a request's head said that it would wait for that.
    pub(crate) fn wait_for_continue(&mut self) -> io::Result<()> {
        let head = self.head()?;
        assert_eq!(head.status, 100, "{head:?}");
        Ok(())
    }

    /// Whether the other end closed the connection, sending nothing more.
    pub(crate) fn is_closed(&mut self) -> bool {
        match self.read_more() {
            Ok(0) => true,
            Ok(_) => false,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }

    fn head(&mut self) -> io::Result<Reply> {
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|w| w == b"\r\n\r\n") {
                break end + 4;
            }
            if self.read_more()? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        };
        let head: Vec<u8> = self.read.drain(..end).collect();
        Ok(Reply::head(&head[..end - 4]))
    }

    fn read_more(&mut self) -> io::Result<usize> {
        let mut bytes = [0; 16 * 1024];
        let count = match &mut self.stream {
            Stream::Tcp(stream) => stream.read(&mut bytes)?,
            Stream::Unix(stream) => stream.read(&mut bytes)?,
        };
        self.read.extend_from_slice(&bytes[..count]);
        Ok(count)
    }
}
