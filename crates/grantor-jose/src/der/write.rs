//! Writing keys in DER.

use super::{
    BIT_STRING, EC_PUBLIC_KEY, ED25519, INTEGER, NULL, OBJECT_IDENTIFIER, RSA_ENCRYPTION, SEQUENCE,
    Spki, X25519,
};

/// Writes a `SubjectPublicKeyInfo`; nothing for one that is not supported.
pub(crate) fn spki(key: &Spki<'_>) -> Option<Vec<u8>> {
    let (algorithm, key) = match key {
        Spki::Rsa(n, e) => {
            let numbers = [unsigned(n), unsigned(e)].concat();
            let parameters = element(NULL, &[]);
            (
                [identifier(RSA_ENCRYPTION), parameters].concat(),
                element(SEQUENCE, &numbers),
            )
        }
        Spki::Ec(curve, point) => (
            [identifier(EC_PUBLIC_KEY), identifier(curve)].concat(),
            point.to_vec(),
        ),
        Spki::Ed25519(x) => (identifier(ED25519), x.to_vec()),
        Spki::X25519(x) => (identifier(X25519), x.to_vec()),
        Spki::Unsupported(_) | Spki::Other => return None,
    };
    let key = element(BIT_STRING, &[&[0], key.as_slice()].concat());
    let content = [element(SEQUENCE, &algorithm), key].concat();
    Some(element(SEQUENCE, &content))
}

pub(super) fn identifier(bytes: &[u8]) -> Vec<u8> {
    element(OBJECT_IDENTIFIER, bytes)
}

fn unsigned(bytes: &[u8]) -> Vec<u8> {
    match bytes.first() {
        Some(first) if *first < 0x80 => element(INTEGER, bytes),
        _ => element(INTEGER, &[&[0], bytes].concat()),
    }
}

/// Keys are shorter than the 65535 bytes that two bytes of length can say.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let [high, low] = (length as u16).to_be_bytes();
    let mut out = Vec::with_capacity(length + 4);
    out.push(tag);
    match length {
        0..=0x7f => out.push(low),
        0x80..=0xff => out.extend([0x81, low]),
        _ => out.extend([0x82, high, low]),
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use super::super::subject_public_key_info;
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let long = [0xab; 512];
        for key in [
            Spki::Rsa(&long, &[1, 0, 1]),
            Spki::Rsa(&[0x7f; 200], &[3]),
            Spki::Ec(&[0x2b, 0x81, 4, 0, 0x22], &long[..97]),
            Spki::Ed25519(&long[..32]),
            Spki::X25519(&long[..32]),
        ] {
            let der = spki(&key).unwrap();
            assert_eq!(subject_public_key_info(&der), Some(key));
        }
    }
}
