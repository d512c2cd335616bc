//! The certificate that a client presents in TLS (RFC 8705 section 2).

use std::fmt;
use std::sync::Arc;

use grantor_core::CertificateThumbprint;
#[cfg(feature = "blocking")]
use grantor_core::Secret;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::{TransportError, tls};

/// The certificate that an HTTP client presents to servers that ask for one, with its private key.
#[derive(Clone)]
pub struct ClientCertificate(Arc<Parts>);

struct Parts {
    /// The client's own certificate comes first.
    chain: Vec<CertificateDer<'static>>,
    #[cfg(feature = "reqwest")]
    key: PrivateKeyDer<'static>,
    #[cfg(feature = "blocking")]
    key_pem: Secret,
    thumbprint: CertificateThumbprint,
}

impl ClientCertificate {
    /// Reads a certificate and its private key, both in PEM. Certificates of the authorities between it
    /// and the one that the server trusts come after it. One file may hold all: give its text twice.
    ///
    /// # Errors
    /// There is no certificate or no key, or the key is that of another certificate.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TransportError> {
        let read: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(without_mark(certificates)).collect();
        let chain = read.map_err(|error| {
            TransportError::configuration("the client certificate is no PEM").with_source(error)
        })?;
        let Some(own) = chain.first() else {
            return Err(TransportError::configuration(
                "there is no certificate in PEM for the client",
            ));
        };
        let thumbprint = CertificateThumbprint::of_der(own);
        let key_pem = without_mark(key);
        let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(|_| {
            TransportError::configuration(
                "there is no private key in PEM that is not encrypted for the client certificate",
            )
        })?;
        CertifiedKey::from_der(chain.clone(), key.clone_key(), &tls::provider()).map_err(|error| {
            TransportError::configuration(format!(
                "the client certificate can't be used with its key ({error}): give the key that \
                 belongs to the first certificate"
            ))
        })?;
        Ok(Self(Arc::new(Parts {
            chain,
            #[cfg(feature = "reqwest")]
            key,
            #[cfg(feature = "blocking")]
            key_pem: Secret::new(String::from_utf8_lossy(key_pem).into_owned()),
            thumbprint,
        })))
    }

    /// The certificate in `x5t#S256` (RFC 8705 section 3.1), to which tokens are bound.
    #[must_use]
    pub fn thumbprint(&self) -> &CertificateThumbprint {
        &self.0.thumbprint
    }

    pub(crate) fn chain(&self) -> &[CertificateDer<'static>] {
        &self.0.chain
    }

    #[cfg(feature = "blocking")]
    pub(crate) fn key_pem(&self) -> &[u8] {
        self.0.key_pem.expose().as_bytes()
    }

    #[cfg(feature = "reqwest")]
    pub(crate) fn key(&self) -> &PrivateKeyDer<'static> {
        &self.0.key
    }
}

fn without_mark(pem: &[u8]) -> &[u8] {
    pem.strip_prefix(b"\xef\xbb\xbf").unwrap_or(pem)
}

impl fmt::Debug for ClientCertificate {
    /// Leaves the key out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientCertificate")
            .field(&self.0.thumbprint)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::testing::{CLIENT, CLIENT_KEY, OTHER_CLIENT_KEY};

    #[test]
    fn a_certificate_is_read_with_its_key_from_one_file_or_two() {
        let certificate = ClientCertificate::from_pem(CLIENT, CLIENT_KEY).unwrap();
        let both = [b"\xef\xbb\xbf", CLIENT, CLIENT_KEY].concat();
        let from_one = ClientCertificate::from_pem(&both, &both).unwrap();
        assert_eq!(from_one.thumbprint(), certificate.thumbprint());
        // openssl x509 -in client.pem -outform der | openssl dgst -sha256 -binary | basenc --base64url
        assert_eq!(
            certificate.thumbprint().as_str(),
            "cC9hipKTC680BhzOKsHAvpsm4dP3sBMoKBThrJ9yzt8"
        );
        assert!(!format!("{certificate:?}").contains("PRIVATE"));
    }

    #[test]
    fn what_is_no_pair_is_refused() {
        for (certificate, key) in [
            (CLIENT, OTHER_CLIENT_KEY),
            (CLIENT, CLIENT),
            (CLIENT_KEY, CLIENT_KEY),
            (b"", CLIENT_KEY),
            (CLIENT, b""),
        ] {
            let error = ClientCertificate::from_pem(certificate, key).unwrap_err();
            assert_eq!(
                error.kind(),
                grantor_core::exchange::FailureKind::Configuration
            );
        }
    }
}
