//! What we ask of others, as traits; the room `outbound` has the real ones.

use std::fmt;
use std::pin::Pin;

use super::letter::Letter;

/// What somebody outside answers, in time.
pub type Outcome<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// Fetches over HTTP from addresses that the operator allows.
pub trait Fetch: Send + Sync {
    /// Sends a request and reads the whole answer, whatever its status; a redirect is an answer like any other.
    fn fetch(&self, request: Request) -> Outcome<'_, Response, FetchError>;
}

/// Sends mail.
pub trait Mail: Send + Sync {
    /// Whether this is an address that mail can be sent to, by its syntax alone.
    fn is_address(&self, text: &str) -> bool;

    /// Whether letters go to a mail server, rather than being printed for a developer.
    fn leaves_this_machine(&self) -> bool;

    /// Hands a letter over; `Ok` means that the next mail server, or the developer's terminal, has it.
    fn send<'a>(&'a self, letter: &'a Letter) -> Outcome<'a, (), MailError>;
}

/// A method of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// HEAD.
    Head,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
    /// OPTIONS.
    Options,
}

impl Method {
    /// The method of a word in capitals.
    pub fn of(word: &str) -> Option<Method> {
        match word {
            "GET" => Some(Method::Get),
            "HEAD" => Some(Method::Head),
            "POST" => Some(Method::Post),
            "PUT" => Some(Method::Put),
            "PATCH" => Some(Method::Patch),
            "DELETE" => Some(Method::Delete),
            "OPTIONS" => Some(Method::Options),
            _ => None,
        }
    }
}

/// What is sent. `Debug` shows the method alone: addresses, headers and bodies carry other people's secrets.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The absolute address, `https://…`.
    pub url: String,
    /// Headers in order; those that belong to the connection, such as `host`, are refused.
    pub headers: Vec<(String, String)>,
    /// The body, perhaps empty.
    pub body: Vec<u8>,
}

impl Request {
    /// Asks for a document.
    pub fn get(url: impl Into<String>) -> Request {
        Request { method: Method::Get, url: url.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// Posts a form, `application/x-www-form-urlencoded`.
    pub fn form(url: impl Into<String>, fields: &[(&str, &str)]) -> Request {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        Request {
            method: Method::Post,
            url: url.into(),
            headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
            body: body.finish().into_bytes(),
        }
    }

    /// The same, with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

/// What came back, whole. `Debug` shows the status alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status, such as 200.
    pub status: u16,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of a name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Why nothing came back. Names the host and never the rest of the address, which may carry a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The request is none.
    #[error("failed to make a request of it: {0}")]
    BadRequest(String),
    /// We do not go there.
    #[error("failed to fetch from {host}: {reason}")]
    Refused {
        /// The host.
        host: String,
        /// Why, and what would allow it.
        reason: String,
    },
    /// Nobody is there, or they do not speak HTTP or TLS as they should.
    #[error("failed to fetch from {host}: {reason}")]
    Unreachable {
        /// The host.
        host: String,
        /// What went wrong.
        reason: String,
    },
    /// It took too long.
    #[error("failed to fetch from {host} in {ms} ms")]
    TimedOut {
        /// The host.
        host: String,
        /// The limit.
        ms: u128,
    },
    /// They sent too much.
    #[error("failed to fetch from {host}: the answer is larger than {limit} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// The limit.
        limit: usize,
    },
}

/// Why a letter did not leave. Names no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The recipient's address is none.
    #[error("failed to read the recipient's address")]
    BadAddress,
    /// The subject has a line break or another control character, or is too long.
    #[error("failed to use the subject: it must be one line of 1 to 256 characters")]
    BadSubject,
    /// The mail server does not want the letter, now or ever.
    #[error("failed to hand the letter over: the mail server answered {0}")]
    Rejected(String),
    /// The mail server is not there, or does not speak SMTP or TLS as it should.
    #[error("failed to reach the mail server: {0}")]
    Unreachable(String),
    /// It took too long, or too many letters were waiting.
    #[error("failed to hand the letter over in {ms} ms")]
    TimedOut {
        /// The limit.
        ms: u128,
    },
}
