//! The PKCS#8 of keys that agree on a secret.

use super::private_key::pkcs8_key;
use super::write::{element, identifier};
use super::{EC_PUBLIC_KEY, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, X25519};

/// The curve's identifier of an unencrypted PKCS#8 document that holds an EC key.
pub(crate) fn ec_private_key(pkcs8: &[u8]) -> Option<&[u8]> {
    let (mut algorithm, _) = pkcs8_key(pkcs8, EC_PUBLIC_KEY)?;
    algorithm.element(OBJECT_IDENTIFIER)
}

/// The 32 bytes in an unencrypted PKCS#8 document that holds an X25519 key (RFC 8410 section 7).
pub(crate) fn x25519_private_key(pkcs8: &[u8]) -> Option<&[u8]> {
    let (_, key) = pkcs8_key(pkcs8, X25519)?;
    let mut key = Reader(key);
    let secret = key.element(OCTET_STRING)?;
    key.end()?;
    Some(secret)
}

/// The PKCS#8 of an X25519 key (RFC 8410 section 7).
pub(crate) fn x25519_pkcs8(secret: &[u8]) -> Vec<u8> {
    let content = [
        element(INTEGER, &[0]),
        element(SEQUENCE, &identifier(X25519)),
        element(OCTET_STRING, &element(OCTET_STRING, secret)),
    ];
    element(SEQUENCE, &content.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let secret = &[9; 32];
        let written = x25519_pkcs8(secret);
        assert_eq!(x25519_private_key(&written), Some(&secret[..]));
    }
}
