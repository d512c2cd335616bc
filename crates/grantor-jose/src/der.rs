//! The one structure of DER that a public RSA key needs.

/// Modulus and exponent of an `RSAPublicKey` (RFC 8017 appendix A.1.1), without leading zeros.
pub(crate) fn rsa_public_key(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, rest) = element(0x30, der)?;
    let (n, after) = element(0x02, sequence)?;
    let (e, end) = element(0x02, after)?;
    (rest.is_empty() && end.is_empty()).then(|| (without_sign(n), without_sign(e)))
}

fn without_sign(integer: &[u8]) -> &[u8] {
    integer.strip_prefix(&[0]).unwrap_or(integer)
}

fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&found, der) = der.split_first()?;
    let (&first, der) = der.split_first()?;
    let (length, der) = match first {
        0..=0x7f => (usize::from(first), der),
        0x81 => der.split_first().map(|(&a, der)| (usize::from(a), der))?,
        0x82 => der
            .split_first_chunk()
            .map(|(&bytes, der)| (usize::from(u16::from_be_bytes(bytes)), der))?,
        _ => return None,
    };
    (found == tag)
        .then(|| der.split_at_checked(length))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_two_integers_and_nothing_else() {
        let der = [0x30, 7, 2, 2, 0, 0x81, 2, 1, 3];
        assert_eq!(rsa_public_key(&der), Some((&[0x81][..], &[3][..])));
        for end in 0..der.len() {
            assert_eq!(rsa_public_key(&der[..end]), None);
        }
        assert_eq!(rsa_public_key(&[0x30, 3, 2, 1, 3, 0]), None);
        assert_eq!(rsa_public_key(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
