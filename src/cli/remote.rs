//! A server elsewhere, asked as somebody who logged in there.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::desk::read;
use super::failure::CliError;
use super::profile::Profile;
use crate::model::Secret;

/// How long to wait until a server takes the connection.
const TO_CONNECT: Duration = Duration::from_secs(10);
/// How long to wait for an answer.
const TO_ANSWER: Duration = Duration::from_secs(300);
/// The largest answer.
const LARGEST: usize = 512 * 1024 * 1024;
/// Where access tokens come from.
const SESSION: &str = "/api/admin/v3.0/auth/session";

/// Who answers at a URL.
pub(super) struct Wire {
    url: Url,
    tls: TlsConnector,
}

/// A server, and the session there.
pub(super) struct Remote {
    wire: Wire,
    profile: Mutex<Profile>,
}

impl Remote {
    pub(super) fn new(profile: Profile) -> Result<Remote, CliError> {
        Ok(Remote { wire: Wire::to(&profile.url)?, profile: Mutex::new(profile) })
    }

    /// Sends a request; once more with a new access token when the old one is over.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), CliError> {
        let token = self.with(|profile| profile.access_token.clone());
        let answer = self.wire.ask(method.clone(), path, Some(&token), body.clone()).await?;
        if !wants_new_session(&answer) {
            return Ok(answer);
        }
        let token = self.refresh().await?;
        let answer = self.wire.ask(method, path, Some(&token), body).await?;
        if wants_new_session(&answer) { Err(self.not_logged_in()) } else { Ok(answer) }
    }

    /// Ends the session there.
    pub(super) async fn log_out(&self) -> Result<(), CliError> {
        let token = self.with(|profile| profile.refresh_token.clone());
        self.wire.ask(Method::DELETE, SESSION, Some(&token), Bytes::new()).await.map(drop)
    }

    async fn refresh(&self) -> Result<Secret<String>, CliError> {
        #[derive(Deserialize)]
        struct Refreshed {
            access_token: String,
        }
        let token = self.with(|profile| profile.refresh_token.clone());
        let (status, bytes) = self.wire.ask(Method::POST, SESSION, Some(&token), Bytes::new()).await?;
        if !status.is_success() {
            return Err(self.not_logged_in());
        }
        let Refreshed { access_token } = read(&bytes)?;
        let token = Secret::new(access_token);
        self.with(|profile| {
            profile.access_token = token.clone();
            profile.save()
        })?;
        Ok(token)
    }

    fn not_logged_in(&self) -> CliError {
        CliError::NotLoggedIn(self.wire.url.to_string())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Profile) -> T) -> T {
        act(&mut self.profile.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether a server says that a token is no longer good, rather than that it is not enough.
fn wants_new_session((status, bytes): &(StatusCode, Bytes)) -> bool {
    let said = || serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    *status == StatusCode::UNAUTHORIZED && said()["error_code"] == "InvalidSession"
}

impl Wire {
    pub(super) fn to(url: &Url) -> Result<Wire, CliError> {
        Ok(Wire { url: url.clone(), tls: tls()? })
    }

    /// Sends a request, with a bearer token if there is one. Redirects are not followed: they would carry it elsewhere.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        token: Option<&Secret<String>>,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), CliError> {
        let unreachable = |source| CliError::Unreachable { url: self.url.to_string(), source };
        let mut request = Request::builder().method(method);
        request = request.uri(format!("{}{path}", self.url.path().trim_end_matches('/')));
        request = request.header(header::HOST, self.authority());
        request = request.header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose()));
        }
        let request = request.body(Full::new(body)).map_err(|error| CliError::Lost(error.into()))?;
        let stream = within(TO_CONNECT, self.connect()).await.map_err(unreachable)?;
        let answer = async {
            match self.url.scheme() {
                "https" => exchange(self.tls.connect(self.server_name()?, stream).await?, request).await,
                _ => exchange(stream, request).await,
            }
        };
        within(TO_ANSWER, answer).await.map_err(unreachable)
    }

    async fn connect(&self) -> Result<TcpStream, Fault> {
        let port = self.url.port_or_known_default().unwrap_or_default();
        Ok(match self.url.host() {
            Some(Host::Domain(name)) => TcpStream::connect((name, port)).await?,
            Some(Host::Ipv4(ip)) => TcpStream::connect((ip, port)).await?,
            Some(Host::Ipv6(ip)) => TcpStream::connect((ip, port)).await?,
            None => return Err("the URL names no host".into()),
        })
    }

    fn server_name(&self) -> Result<ServerName<'static>, Fault> {
        Ok(match self.url.host() {
            Some(Host::Ipv4(ip)) => ServerName::IpAddress(std::net::IpAddr::from(ip).into()),
            Some(Host::Ipv6(ip)) => ServerName::IpAddress(std::net::IpAddr::from(ip).into()),
            name => ServerName::try_from(name.map(|name| name.to_string()).unwrap_or_default())?,
        })
    }

    fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

type Fault = Box<dyn std::error::Error + Send + Sync>;

async fn within<T>(span: Duration, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    match tokio::time::timeout(span, work).await {
        Ok(done) => done,
        Err(_) => Err(format!("no answer within {} seconds", span.as_secs()).into()),
    }
}

/// One request and its whole answer on a connection of its own.
pub(super) async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), Fault>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driven = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status();
    let bytes = Limited::new(response.into_body(), LARGEST).collect().await?.to_bytes();
    driven.abort();
    Ok((status, bytes))
}

/// Mozilla's authorities, and those of the file that `SSL_CERT_FILE` names, as other tools take it.
fn tls() -> Result<TlsConnector, CliError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = std::env::var_os("SSL_CERT_FILE") {
        let bad = |reason: String| {
            CliError::Usage(format!("failed to read SSL_CERT_FILE {}: {reason}", Path::new(&file).display()))
        };
        let certificates = CertificateDer::pem_file_iter(&file).map_err(|error| bad(error.to_string()))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| bad(error.to_string()))?;
            roots.add(certificate).map_err(|error| bad(error.to_string()))?;
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| CliError::Lost(error.into()))?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}
