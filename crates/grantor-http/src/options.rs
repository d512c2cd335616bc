//! How an HTTP client connects.

use crate::{CaCertificates, ClientCertificate, Timeouts};

/// How an HTTP client connects.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TransportOptions {
    /// How long it waits.
    pub timeouts: Timeouts,
    /// Whom it trusts besides the platform's authorities.
    pub ca_certificates: CaCertificates,
    /// The certificate it presents to servers that ask for one.
    pub client_certificate: Option<ClientCertificate>,
}

impl From<Timeouts> for TransportOptions {
    fn from(timeouts: Timeouts) -> Self {
        Self {
            timeouts,
            ..Self::default()
        }
    }
}

impl From<CaCertificates> for TransportOptions {
    fn from(ca_certificates: CaCertificates) -> Self {
        Self {
            ca_certificates,
            ..Self::default()
        }
    }
}
