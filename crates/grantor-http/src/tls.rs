//! TLS by rustls, with one provider of cryptography whatever else is installed in the process.

use std::fmt;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::TransportError;

/// Certificates of authorities that are trusted besides those of the platform, as of a company's
/// own.
#[derive(Clone, Default)]
pub struct CaCertificates(Vec<CertificateDer<'static>>);

impl CaCertificates {
    /// Reads one or more certificates in PEM. Text around them is passed over.
    ///
    /// # Errors
    /// There is no certificate, or one that can't be read.
    pub fn from_pem(pem: &[u8]) -> Result<Self, TransportError> {
        let pem = pem.strip_prefix(b"\xef\xbb\xbf").unwrap_or(pem);
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let certificates = read.map_err(|error| {
            TransportError::configuration("the CA certificates are no PEM").with_source(error)
        })?;
        if certificates.is_empty() {
            return Err(TransportError::configuration(
                "there is no certificate in PEM among the CA certificates",
            ));
        }
        let mut store = RootCertStore::empty();
        for certificate in &certificates {
            store.add(certificate.clone()).map_err(|error| {
                TransportError::configuration("a CA certificate can't be read").with_source(error)
            })?;
        }
        Ok(Self(certificates))
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.0.iter()
    }
}

impl fmt::Debug for CaCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CaCertificates")
            .field(&self.0.len())
            .finish()
    }
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_read_from_what_files_hold() {
        let authority = include_str!("../tests/certificates/authority.pem");
        let twice = format!("\u{feff}{authority}\n# another\n{authority}");
        assert_eq!(
            CaCertificates::from_pem(twice.as_bytes()).unwrap().0.len(),
            2
        );
    }

    #[test]
    fn what_holds_no_certificate_is_refused() {
        let key = include_str!("../tests/certificates/server.key");
        let broken = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";
        for pem in ["", "x", key, broken] {
            let error = CaCertificates::from_pem(pem.as_bytes()).unwrap_err();
            assert_eq!(
                error.kind(),
                grantor_core::exchange::FailureKind::Configuration
            );
        }
    }
}
