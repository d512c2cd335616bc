//! Reading private keys in PKCS#8 (RFC 5958).

use zeroize::Zeroizing;

use crate::Error;

use super::{
    INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING, RSA_ENCRYPTION, Reader, SEQUENCE, UNSUPPORTED,
};

/// The eight numbers of an `RSAPrivateKey` (RFC 8017 appendix A.1.2) in their order: n, e, d, p,
/// q, dp, dq, qi.
pub(crate) type RsaNumbers = [Zeroizing<Vec<u8>>; 8];

/// The numbers in an unencrypted PKCS#8 document that holds an RSA key of two primes.
pub(crate) fn rsa_private_key(pkcs8: &[u8]) -> Option<RsaNumbers> {
    let (mut algorithm, key) = pkcs8_key(pkcs8, RSA_ENCRYPTION)?;
    algorithm.element(NULL)?;
    let mut numbers = Reader(key).nested(SEQUENCE)?;
    // Version 0 is that of two primes.
    if numbers.element(INTEGER)? != [0] {
        return None;
    }
    let mut out = RsaNumbers::default();
    for number in &mut out {
        *number = Zeroizing::new(numbers.unsigned()?.to_vec());
    }
    numbers.end()?;
    Some(out)
}

/// Returns the error for a document that is not the key that is wanted.
pub(crate) fn not_pkcs8(document: &[u8]) -> Error {
    let mut unsupported = UNSUPPORTED.iter();
    let found = unsupported.find(|(identifier, _)| pkcs8_key(document, identifier).is_some());
    found.map_or(Error::NotPkcs8, |(_, curve)| Error::UnsupportedCurve(curve))
}

/// RFC 5958 section 2, with attributes and public key left aside.
pub(super) fn pkcs8_key<'a>(der: &'a [u8], identifier: &[u8]) -> Option<(Reader<'a>, &'a [u8])> {
    let mut outer = Reader(der);
    let mut document = outer.nested(SEQUENCE)?;
    outer.end()?;
    if !matches!(document.element(INTEGER)?, [0 | 1]) {
        return None;
    }
    let mut algorithm = document.nested(SEQUENCE)?;
    let found = algorithm.element(OBJECT_IDENTIFIER)?;
    let key = document.element(OCTET_STRING)?;
    (found == identifier).then_some((algorithm, key))
}
