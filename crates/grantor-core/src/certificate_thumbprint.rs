//! The thumbprint by which tokens name a client certificate (RFC 8705 section 3.1).

use std::fmt;

use grantor_jose::base64url;
use grantor_jose::digest::sha256;

/// The SHA-256 thumbprint of a certificate, in base64url: `x5t#S256` of `cnf` (RFC 8705 section 3.1).
///
/// ```
/// use grantor_core::CertificateThumbprint;
///
/// let thumbprint = CertificateThumbprint::of_der(b"the certificate in DER");
/// assert_eq!(thumbprint.as_str().len(), 43);
/// assert_eq!(CertificateThumbprint::parse(thumbprint.as_str()), Some(thumbprint));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CertificateThumbprint(String);

impl CertificateThumbprint {
    /// The thumbprint of a certificate in DER.
    #[must_use]
    pub fn of_der(certificate: &[u8]) -> Self {
        Self(base64url::encode(sha256(certificate)))
    }

    /// Reads the text of one; none, if it is not 32 bytes in base64url without padding.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = base64url::decode(text.as_bytes()).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CertificateThumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_thumbprint_is_refused() {
        let good = CertificateThumbprint::of_der(b"x");
        let text = good.as_str();
        for bad in [
            "",
            &text[1..],
            &format!("{text}="),
            &text.replacen(&text[..1], "!", 1),
        ] {
            assert_eq!(CertificateThumbprint::parse(bad), None, "{bad}");
        }
    }
}
