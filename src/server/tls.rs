//! TLS, with certificates that are read again when their files change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// What went wrong with a certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is no readable PEM.
    #[error("failed to read {path}: {reason}")]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Certificate and key do not go together, or are of no use.
    #[error("failed to use the certificate")]
    Unusable(#[source] rustls::Error),
}

/// The certificate of the moment.
pub(super) struct Certificate {
    files: (PathBuf, PathBuf),
    current: ArcSwap<ServerConfig>,
    read_at: std::sync::Mutex<[Option<SystemTime>; 2]>,
}

impl Certificate {
    pub(super) fn read(files: (PathBuf, PathBuf)) -> Result<Certificate, TlsError> {
        let times = changed_at(&files);
        let current = ArcSwap::new(Arc::new(config(&files)?));
        Ok(Certificate { files, current, read_at: std::sync::Mutex::new(times) })
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.load_full())
    }

    /// Reads the files again if they changed; a bad pair changes nothing. `true` when there is a new certificate.
    pub(super) fn reread(&self) -> Result<bool, TlsError> {
        let times = changed_at(&self.files);
        let mut read_at = self.read_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *read_at == times {
            return Ok(false);
        }
        self.current.store(Arc::new(config(&self.files)?));
        *read_at = times;
        Ok(true)
    }
}

fn changed_at(files: &(PathBuf, PathBuf)) -> [Option<SystemTime>; 2] {
    [&files.0, &files.1].map(|file| file.metadata().and_then(|m| m.modified()).ok())
}

fn config((cert, key): &(PathBuf, PathBuf)) -> Result<ServerConfig, TlsError> {
    let pem = |path: &Path, error: rustls::pki_types::pem::Error| TlsError::Pem {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(cert).and_then(Iterator::collect).map_err(|error| pem(cert, error))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| pem(key, error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(TlsError::Unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
