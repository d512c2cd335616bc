//! The few structures of DER that keys are written in, read strictly (X.690 section 10).

#[cfg(feature = "jwe")]
mod agreement_key;
mod private_key;
mod public_key;
mod write;

#[cfg(feature = "jwe")]
pub(crate) use agreement_key::{ec_private_key, x25519_pkcs8, x25519_private_key};
pub(crate) use private_key::{RsaNumbers, not_pkcs8, rsa_private_key};
pub(crate) use public_key::{Spki, rsa_public_key, subject_public_key_info};
pub(crate) use write::spki;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OBJECT_IDENTIFIER: u8 = 0x06;

const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const X25519: &[u8] = &[0x2b, 0x65, 0x6e];
/// RFC 8410 section 3: known by name alone.
const UNSUPPORTED: [(&[u8], &str); 2] = [
    (&[0x2b, 0x65, 0x6f], "X448"),
    (&[0x2b, 0x65, 0x71], "Ed448"),
];

/// Returns whether a document is one sequence and nothing follows it: not each reader of the
/// library looks further than the key that it wants.
pub(crate) fn is_one_sequence(der: &[u8]) -> bool {
    let mut outer = Reader(der);
    outer.element(SEQUENCE).is_some() && outer.end().is_some()
}

/// The bytes that are left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The content of the next element, which must have this tag and the shortest length.
    fn element(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&found, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81 => {
                let (&length, rest) = rest.split_first()?;
                (usize::from(length), rest)
            }
            0x82 => {
                let (&length, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(length)), rest)
            }
            _ => return None,
        };
        let shortest = match first {
            0x81 => length > 0x7f,
            0x82 => length > 0xff,
            _ => true,
        };
        if found != tag || !shortest {
            return None;
        }
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    fn nested(&mut self, tag: u8) -> Option<Self> {
        self.element(tag).map(Self)
    }

    /// An integer that is not negative, without its leading zero.
    fn unsigned(&mut self) -> Option<&'a [u8]> {
        match self.element(INTEGER)? {
            [] => None,
            [0] => Some(&[]),
            [0, second, ..] if *second < 0x80 => None,
            [0, rest @ ..] => Some(rest),
            [first, ..] if *first >= 0x80 => None,
            bytes => Some(bytes),
        }
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_the_shortest_and_integers_minimal() {
        let integer = |der: &[u8]| Reader(der).unsigned().map(<[u8]>::to_vec);
        assert_eq!(integer(&[2, 1, 5]), Some(vec![5]));
        assert_eq!(integer(&[2, 2, 0, 0x80]), Some(vec![0x80]));
        for bad in [
            &[2, 0x81, 1, 5][..],
            &[2, 0x82, 0, 1, 5],
            &[2, 0x83, 0, 0, 1, 5],
            &[2, 0x80, 5, 0, 0],
            &[2, 0],
            &[2, 1, 0x80],
            &[2, 2, 0, 5],
            &[2, 2, 5],
            &[3, 1, 5],
            &[],
        ] {
            assert_eq!(integer(bad), None, "{bad:x?}");
        }
    }
}
