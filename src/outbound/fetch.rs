//! A small HTTPS client that goes only where it may.
//!
//! It connects to an address that it resolved and checked itself, so that no name can point elsewhere between the check
//! and the connection. It follows no redirect, knows no cookies and no proxies, and keeps no connection: what we ask of
//! others is rare (keys are cached, codes are exchanged once a login).

use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::address;
use super::allow::{self, Allow, Allowed};
use super::trust::Trust;
use crate::auth::outbound::{Fetch, FetchError, Method, Outcome, Request, Response};

/// Addresses of one host that are tried, at most.
const MOST_ADDRESSES: usize = 4;

/// Headers that belong to the connection, which is ours.
const OURS: [&str; 11] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
    "te",
    "trailer",
    "keep-alive",
    "expect",
    "proxy-authorization",
    "proxy-connection",
];

/// How long and how much.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the connection to one address.
    pub connect: Duration,
    /// For everything, including the wait for a place.
    pub total: Duration,
    /// Bytes of the answer's head; at least 8,192.
    pub head_bytes: usize,
    /// Bytes of the answer's body.
    pub body_bytes: usize,
    /// Fetches under way at once.
    pub at_once: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(3),
            total: Duration::from_secs(10),
            head_bytes: 16 * 1024,
            body_bytes: 1024 * 1024,
            at_once: 64,
        }
    }
}

/// Where the addresses of a name come from.
pub trait Resolve: Send + Sync {
    /// The addresses, in the order in which they are to be tried.
    fn resolve<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send + 'a>>;
}

/// The system's resolver.
struct System;

impl Resolve for System {
    fn resolve<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send + 'a>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|a| a.ip()).collect()) })
    }
}

/// The client.
pub struct Fetcher {
    allow: Vec<Allow>,
    limits: Limits,
    resolve: Arc<dyn Resolve>,
    tls: Arc<ClientConfig>,
    places: Semaphore,
}

/// Where a request goes, once it may go there.
struct Target {
    url: Url,
    host: String,
    port: u16,
    allowed: Allowed,
}

impl Fetcher {
    /// A client that goes to public addresses over TLS, and to what is allowed.
    pub fn new(allow: Vec<Allow>, trust: &Trust, limits: Limits) -> Result<Fetcher, rustls::Error> {
        Ok(Fetcher {
            allow,
            limits: Limits { head_bytes: limits.head_bytes.max(8192), ..limits },
            resolve: Arc::new(System),
            tls: trust.client_config()?,
            places: Semaphore::new(limits.at_once.clamp(1, Semaphore::MAX_PERMITS)),
        })
    }

    /// The same, with another source of addresses.
    #[must_use]
    pub fn resolving_with(mut self, resolve: Arc<dyn Resolve>) -> Fetcher {
        self.resolve = resolve;
        self
    }

    async fn fetch_whole(&self, request: Request) -> Result<Response, FetchError> {
        let target = self.target(&request.url)?;
        let wire = wire_form(&target, request)?;
        let whole = async {
            let _place = self.places.acquire().await.map_err(|e| unreachable(&target, e))?;
            let stream = self.connect(&target).await?;
            if target.url.scheme() == "http" {
                return self.exchange(&target, stream, wire).await;
            }
            let name = target.host.trim_start_matches('[').trim_end_matches(']').to_owned();
            let name = ServerName::try_from(name).map_err(|e| unreachable(&target, e))?;
            let connector = TlsConnector::from(self.tls.clone());
            let stream = connector.connect(name, stream).await.map_err(|e| unreachable(&target, e))?;
            self.exchange(&target, stream, wire).await
        };
        let late = || FetchError::TimedOut { host: target.host.clone(), ms: self.limits.total.as_millis() };
        timeout(self.limits.total, whole).await.unwrap_or_else(|_| Err(late()))
    }

    fn target(&self, url: &str) -> Result<Target, FetchError> {
        let bad = |reason: &str| FetchError::BadRequest(reason.to_owned());
        let mut url = Url::parse(url).map_err(|_| bad("its address is no absolute URL"))?;
        url.set_fragment(None);
        if !matches!(url.scheme(), "https" | "http") {
            return Err(bad("its address is neither https nor http"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("its address holds credentials"));
        }
        let host = url.host_str().ok_or_else(|| bad("its address has no host"))?.to_owned();
        let port = url.port_or_known_default().ok_or_else(|| bad("its address has no port"))?;
        let allowed = allow::at_host(&self.allow, &host, port);
        if url.scheme() == "http" && !allowed.plain {
            let reason = format!("only https is allowed, unless the settings allow http://{host}:{port}");
            return Err(FetchError::Refused { host, reason });
        }
        Ok(Target { url, host, port, allowed })
    }

    /// Connects to the first address that may be asked and answers.
    async fn connect(&self, target: &Target) -> Result<TcpStream, FetchError> {
        let addresses = match target.url.host() {
            Some(Host::Ipv4(address)) => vec![IpAddr::V4(address)],
            Some(Host::Ipv6(address)) => vec![IpAddr::V6(address)],
            _ => self.resolve.resolve(&target.host).await.map_err(|_| FetchError::Unreachable {
                host: target.host.clone(),
                reason: "the name has no address".to_owned(),
            })?,
        };
        let mut failure = FetchError::Unreachable {
            host: target.host.clone(),
            reason: "the name has no address".to_owned(),
        };
        let mut tried = 0;
        for address in addresses {
            if let Some(kind) = self.refusal(target, address) {
                // Without the address itself: the answer may reach people who should not learn our network.
                let reason = format!("it is at {kind}, which the settings do not allow");
                if tried == 0 {
                    failure = FetchError::Refused { host: target.host.clone(), reason };
                }
                continue;
            }
            tried += 1;
            match timeout(self.limits.connect, TcpStream::connect(SocketAddr::new(address, target.port)))
                .await
            {
                Ok(Ok(stream)) => {
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => failure = unreachable(target, error),
                Err(_) => failure = unreachable(target, "the connection took too long"),
            }
            if tried == MOST_ADDRESSES {
                break;
            }
        }
        Err(failure)
    }

    fn refusal(&self, target: &Target, address: IpAddr) -> Option<&'static str> {
        if target.allowed.closed_addresses || allow::in_network(&self.allow, address) {
            return None;
        }
        address::refusal(address)
    }

    async fn exchange<S>(
        &self,
        target: &Target,
        stream: S,
        request: http::Request<Full<Bytes>>,
    ) -> Result<Response, FetchError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut http = hyper::client::conn::http1::Builder::new();
        http.max_header_size(self.limits.head_bytes).max_buf_size(self.limits.head_bytes * 2);
        let io = TokioIo::new(stream);
        let (mut sender, connection) = http.handshake(io).await.map_err(|e| unreachable(target, e))?;
        let answer = async {
            let response = sender.send_request(request).await.map_err(|e| unreachable(target, e))?;
            self.read(target, response).await
        };
        let (mut answer, connection) = (pin!(answer), pin!(connection));
        // The connection does its part of the work only while it is polled.
        tokio::select! {
            biased;
            answer = &mut answer => answer,
            _ = connection => answer.await,
        }
    }

    async fn read(
        &self,
        target: &Target,
        response: http::Response<Incoming>,
    ) -> Result<Response, FetchError> {
        let limit = self.limits.body_bytes;
        let too_large = || FetchError::TooLarge { host: target.host.clone(), limit };
        let (head, mut incoming) = response.into_parts();
        let mut body = Vec::new();
        while let Some(frame) = incoming.frame().await {
            let frame = frame.map_err(|e| unreachable(target, e))?;
            if let Some(data) = frame.data_ref() {
                if body.len() + data.len() > limit {
                    return Err(too_large());
                }
                body.extend_from_slice(data);
            }
        }
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        Ok(Response { status: head.status.as_u16(), headers, body })
    }
}

impl Fetch for Fetcher {
    fn fetch(&self, request: Request) -> Outcome<'_, Response, FetchError> {
        Box::pin(self.fetch_whole(request))
    }
}

/// The chain of causes, which names hosts and never what was asked.
fn unreachable(target: &Target, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> FetchError {
    let error = error.into();
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let next_reason = next.to_string();
        if !reason.ends_with(&next_reason) {
            reason = format!("{reason}: {next_reason}");
        }
        cause = next.source();
    }
    FetchError::Unreachable { host: target.host.clone(), reason }
}

fn wire_form(target: &Target, request: Request) -> Result<http::Request<Full<Bytes>>, FetchError> {
    let bad = |reason: String| FetchError::BadRequest(reason);
    let method = match request.method {
        Method::Get => http::Method::GET,
        Method::Head => http::Method::HEAD,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
        Method::Options => http::Method::OPTIONS,
    };
    let mut headers = HeaderMap::new();
    let authority = &target.url[url::Position::BeforeHost..url::Position::AfterPort];
    let host = HeaderValue::from_str(authority).map_err(|_| bad("its host is none".to_owned()))?;
    headers.insert(http::header::HOST, host);
    headers.insert(http::header::CONNECTION, HeaderValue::from_static("close"));
    headers.insert(http::header::ACCEPT, HeaderValue::from_static("*/*"));
    let agent = concat!("passerby/", env!("CARGO_PKG_VERSION"));
    headers.insert(http::header::USER_AGENT, HeaderValue::from_static(agent));
    let mut given = HeaderMap::new();
    for (name, value) in &request.headers {
        let name: HeaderName = name.parse().map_err(|_| bad("a header's name is none".to_owned()))?;
        if OURS.contains(&name.as_str()) {
            return Err(bad(format!("the header `{name}` is not the request's to set")));
        }
        let value = HeaderValue::from_str(value)
            .map_err(|_| bad(format!("the header `{name}` holds what none may")))?;
        given.append(name, value);
    }
    headers.extend(given);
    let path = &target.url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut wire = http::Request::new(Full::new(Bytes::from(request.body)));
    *wire.method_mut() = method;
    *wire.uri_mut() = path.parse().map_err(|_| bad("its path is none".to_owned()))?;
    *wire.headers_mut() = headers;
    Ok(wire)
}

#[cfg(test)]
mod tests;
