//! Encryption of the connection, by rustls.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rumqttc::{TlsConfiguration, Transport};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::config::Tls;

/// Why a connection can't be encrypted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file can't be read or isn't PEM.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The system trusts nobody.
    #[error("this system has no certificates of authorities")]
    NoAuthorities,
    /// Certificate and key don't fit.
    #[error("{0}")]
    Rustls(#[from] rustls::Error),
}

impl TlsError {
    /// What a person can do about it, in one sentence.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::File { .. } => {
                Some("The file must be PEM: it has a line -----BEGIN CERTIFICATE----- or KEY.")
            }
            Self::NoAuthorities => Some("Name the broker's authority with mqtt.tls.ca."),
            Self::Rustls(_) => {
                Some("mqtt.tls.certificate and mqtt.tls.key must be a pair, and mqtt.tls.ca an authority.")
            }
        }
    }
}

pub(super) fn transport(tls: &Tls) -> Result<Transport, TlsError> {
    let mut roots = RootCertStore::empty();
    match &tls.ca {
        Some(path) => {
            for certificate in certificates(path)? {
                roots.add(certificate)?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(TlsError::NoAuthorities);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let config = match (&tls.certificate, &tls.key) {
        (Some(certificate), Some(key)) => {
            let key = PrivateKeyDer::from_pem_file(key).map_err(|error| file(key, &error))?;
            config.with_client_auth_cert(certificates(certificate)?, key)?
        }
        _ => config.with_no_client_auth(),
    };
    Ok(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::new(
        config,
    ))))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).map_err(|error| file(path, &error))?;
    let all: Result<Vec<_>, _> = read.collect();
    let all = all.map_err(|error| file(path, &error))?;
    if all.is_empty() {
        return Err(file(path, &"no certificate in it"));
    }
    Ok(all)
}

fn file(path: &Path, reason: &dyn std::fmt::Display) -> TlsError {
    TlsError::File {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}
