//! Whom we trust to say who somebody is: Mozilla's roots, which are compiled in, and the operator's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// A file of certificates that is of no use.
#[derive(Debug, thiserror::Error)]
#[error("failed to read certificates from {path}: {reason}")]
pub struct TrustError {
    path: PathBuf,
    reason: String,
}

/// Certificates of authorities.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    own: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// The usual authorities, and those of a PEM file.
    pub fn with_file(path: &Path) -> Result<Trust, TrustError> {
        let error = |reason: String| TrustError { path: path.to_owned(), reason };
        let own: Vec<_> = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|e: rustls::pki_types::pem::Error| error(e.to_string()))?;
        if own.is_empty() {
            return Err(error("there is none in it".to_owned()));
        }
        let trust = Trust { own };
        trust.roots().map_err(|e| error(e.to_string()))?;
        Ok(trust)
    }

    /// The operator's own authorities.
    pub(super) fn own(&self) -> &[CertificateDer<'static>] {
        &self.own
    }

    pub(super) fn client_config(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(self.roots()?)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn roots(&self) -> Result<RootCertStore, rustls::Error> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for certificate in &self.own {
            roots.add(certificate.clone())?;
        }
        Ok(roots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        std::fs::write(&path, "no certificate\n").unwrap();
        let error = Trust::with_file(&path).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("failed to read certificates from {}: there is none in it", path.display())
        );
    }
}
