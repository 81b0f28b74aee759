//! TLS to the server, as its clients' `sslmode` says, and the binding of a password to it.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::{TlsConnector, client};

/// Why there is no TLS to be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// The file with authorities is no readable PEM, or holds none.
    #[error("failed to read the authorities in {path}: {reason}")]
    Authorities {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The system has no authorities that we find.
    #[error("this system names no authorities: name a PEM file with `sslrootcert`")]
    NoAuthorities,
    /// The library refused.
    #[error("failed to set TLS up")]
    Setup(#[source] rustls::Error),
}

/// What the certificate of a server must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Nothing: whoever listens is kept out, whoever stands in between is not.
    Anyone,
    /// That an authority signed it, for whatever name.
    Authority,
    /// That an authority signed it for the name that we connect to.
    Name,
}

/// Whose word counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Authorities {
    /// Those of the system.
    System,
    /// Those in a PEM file, and nobody else.
    File(PathBuf),
}

/// Turns a connection into a private one, if that is wanted.
#[derive(Clone)]
pub(super) struct Connector(Option<TlsConnector>);

impl Connector {
    /// For connections that stay as they are.
    pub(super) fn plain() -> Connector {
        Connector(None)
    }

    /// Reads the authorities anew, so that a file that was replaced counts from the next connection on.
    pub(super) fn new(trust: Trust, authorities: &Authorities) -> Result<Connector, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?;
        let builder = match trust {
            Trust::Name => builder.with_root_certificates(roots(authorities)?),
            Trust::Authority => builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyName {
                authorities: Some(roots(authorities)?),
                provider,
            })),
            Trust::Anyone => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyName { authorities: None, provider })),
        };
        Ok(Connector(Some(TlsConnector::from(Arc::new(builder.with_no_client_auth())))))
    }
}

fn roots(authorities: &Authorities) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    match authorities {
        Authorities::File(path) => {
            let unreadable = |reason: String| TlsError::Authorities { path: path.to_owned(), reason };
            for certificate in pem(path).map_err(unreadable)? {
                roots.add(certificate).map_err(|error| unreadable(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(unreadable("it holds no certificate".to_owned()));
            }
        }
        // A system's list has certificates that nobody can read, and is of use all the same.
        Authorities::System => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err(TlsError::NoAuthorities);
            }
        }
    }
    Ok(roots)
}

fn pem(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|error| error.to_string())
}

/// Believes certificates for whatever name, and without authorities those that anybody signed.
#[derive(Debug)]
struct AnyName {
    authorities: Option<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(authorities) = &self.authorities {
            let algorithms = self.provider.signature_verification_algorithms.all;
            let certificate = ParsedCertificate::try_from(end_entity)?;
            verify_server_cert_signed_by_trust_anchor(
                &certificate,
                authorities,
                intermediates,
                now,
                algorithms,
            )?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl MakeTlsConnect<Socket> for Connector {
    type Stream = Stream;
    type TlsConnect = Handshake;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> io::Result<Handshake> {
        Ok(Handshake { connector: self.0.clone(), host: host.to_owned() })
    }
}

/// What is about to be said on a connection.
pub(super) struct Handshake {
    connector: Option<TlsConnector>,
    host: String,
}

impl TlsConnect<Socket> for Handshake {
    type Stream = Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            let connector = self.connector.ok_or(io::ErrorKind::Unsupported)?;
            let name = ServerName::try_from(self.host)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
            Ok(Stream(connector.connect(name, socket).await?))
        })
    }
}

/// A private connection.
pub(in super::super) struct Stream(client::TlsStream<Socket>);

impl TlsStream for Stream {
    /// What a password is bound to, so that it is of no use on another connection than the one to this certificate.
    fn channel_binding(&self) -> ChannelBinding {
        let certificates = self.0.get_ref().1.peer_certificates();
        certificates
            .and_then(|certificates| server_end_point(certificates.first()?))
            .map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// The algorithms of certificates' signatures whose digest `tls-server-end-point` takes (RFC 5929, 4.1), as the bytes
/// of their object identifiers. MD5 and SHA-1 are raised to SHA-256. Those without a digest of their own have none.
const SIGNATURES: [(&[u8], &digest::Algorithm); 9] = [
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4], &SHA256),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5], &SHA256),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11], &SHA256),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12], &SHA384),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13], &SHA512),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1], &SHA256),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2], &SHA256),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3], &SHA384),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4], &SHA512),
];

const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;

/// The digest of a certificate, by the algorithm that signed it.
fn server_end_point(certificate: &CertificateDer<'_>) -> Option<Vec<u8>> {
    let (whole, _) = element(certificate, SEQUENCE)?;
    let (_, after_content) = element(whole, SEQUENCE)?;
    let (algorithm, _) = element(after_content, SEQUENCE)?;
    let (identifier, _) = element(algorithm, OBJECT_IDENTIFIER)?;
    let (_, digest) = SIGNATURES.iter().find(|(signature, _)| *signature == identifier)?;
    Some(digest::digest(digest, certificate).as_ref().to_vec())
}

/// The content of the DER element that comes first, and what comes after it.
fn element(bytes: &[u8], expected: u8) -> Option<(&[u8], &[u8])> {
    let (&[tag, length], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match length {
        0..0x80 => (usize::from(length), rest),
        // The long form: so many bytes of length follow.
        _ => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            let length = digits
                .iter()
                .try_fold(0_usize, |length, digit| length.checked_mul(256)?.checked_add(usize::from(*digit)));
            (length?, rest)
        }
    };
    (tag == expected).then(|| rest.split_at_checked(length))?
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

    use super::*;

    #[test]
    fn a_certificate_is_digested_by_the_algorithm_that_signed_it() {
        let certificate = |algorithm| {
            let key = KeyPair::generate_for(algorithm).unwrap();
            CertificateParams::new(["db.example".to_owned()]).unwrap().self_signed(&key).unwrap()
        };
        let by = |algorithm: &'static digest::Algorithm, certificate: &[u8]| {
            Some(digest::digest(algorithm, certificate).as_ref().to_vec())
        };
        let p256 = certificate(&PKCS_ECDSA_P256_SHA256);
        assert_eq!(server_end_point(p256.der()), by(&SHA256, p256.der()));
        let p384 = certificate(&PKCS_ECDSA_P384_SHA384);
        assert_eq!(server_end_point(p384.der()), by(&SHA384, p384.der()));
        assert_eq!(server_end_point(certificate(&PKCS_ED25519).der()), None);
    }

    #[test]
    fn what_is_no_certificate_has_no_digest() {
        let key = KeyPair::generate().unwrap();
        let whole = CertificateParams::new(["db.example".to_owned()]).unwrap().self_signed(&key).unwrap();
        for length in 0..whole.der().len() / 2 {
            assert_eq!(server_end_point(&CertificateDer::from(&whole.der()[..length])), None, "{length}");
        }
        for bytes in
            [&[0x30, 0x89, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff][..], &[0x30, 0x80], &[]]
        {
            assert_eq!(server_end_point(&CertificateDer::from(bytes)), None);
        }
    }
}
