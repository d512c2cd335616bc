//! Reading public keys (RFC 5280 section 4.1, RFC 8017 appendix A.1.1).

use super::{
    BIT_STRING, EC_PUBLIC_KEY, ED25519, NULL, OBJECT_IDENTIFIER, RSA_ENCRYPTION, Reader, SEQUENCE,
    UNSUPPORTED, X25519,
};

/// The key of a `SubjectPublicKeyInfo`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Spki<'a> {
    /// Modulus and exponent.
    Rsa(&'a [u8], &'a [u8]),
    /// The curve's identifier and the point.
    Ec(&'a [u8], &'a [u8]),
    Ed25519(&'a [u8]),
    X25519(&'a [u8]),
    /// Of this curve.
    Unsupported(&'static str),
    /// Well formed, of another type.
    Other,
}

/// Modulus and exponent of an `RSAPublicKey` (RFC 8017 appendix A.1.1), without leading zeros.
pub(crate) fn rsa_public_key(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut outer = Reader(der);
    let mut key = outer.nested(SEQUENCE)?;
    let numbers = (key.unsigned()?, key.unsigned()?);
    key.end()?;
    outer.end()?;
    Some(numbers)
}

/// RFC 5280 section 4.1; parameters by RFC 3279, 5480 and 8410.
pub(crate) fn subject_public_key_info(der: &[u8]) -> Option<Spki<'_>> {
    let mut outer = Reader(der);
    let mut info = outer.nested(SEQUENCE)?;
    let mut algorithm = info.nested(SEQUENCE)?;
    let identifier = algorithm.element(OBJECT_IDENTIFIER)?;
    // The first byte counts unused bits; keys are whole bytes.
    let (0, key) = info.element(BIT_STRING)?.split_first()? else {
        return None;
    };
    info.end()?;
    outer.end()?;
    let found = match identifier {
        RSA_ENCRYPTION => {
            algorithm.element(NULL).filter(|null| null.is_empty())?;
            let (n, e) = rsa_public_key(key)?;
            Spki::Rsa(n, e)
        }
        EC_PUBLIC_KEY => Spki::Ec(algorithm.element(OBJECT_IDENTIFIER)?, key),
        ED25519 => Spki::Ed25519(key),
        X25519 => Spki::X25519(key),
        other => {
            let mut unsupported = UNSUPPORTED.iter();
            let curve = unsupported.find(|(identifier, _)| *identifier == other);
            return Some(curve.map_or(Spki::Other, |(_, curve)| Spki::Unsupported(curve)));
        }
    };
    algorithm.end()?;
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rsa_key_is_two_integers_and_nothing_else() {
        let der = [0x30, 7, 2, 2, 0, 0x81, 2, 1, 3];
        assert_eq!(rsa_public_key(&der), Some((&[0x81][..], &[3][..])));
        for end in 0..der.len() {
            assert_eq!(rsa_public_key(&der[..end]), None);
        }
        assert_eq!(rsa_public_key(&[0x30, 3, 2, 1, 3, 0]), None);
        assert_eq!(rsa_public_key(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }

    #[test]
    fn an_ed25519_key_has_no_parameters() {
        let mut der = vec![0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 33, 0];
        der.extend([7; 32]);
        assert_eq!(
            subject_public_key_info(&der),
            Some(Spki::Ed25519(&[7; 32][..]))
        );
        for end in 0..der.len() {
            assert_eq!(subject_public_key_info(&der[..end]), None);
        }
        let with_null = [
            &[0x30, 44, 0x30, 7, 6, 3, 0x2b, 0x65, 0x70, 5, 0, 3, 33, 0][..],
            &[7; 32],
        ]
        .concat();
        assert_eq!(subject_public_key_info(&with_null), None);
    }
}
