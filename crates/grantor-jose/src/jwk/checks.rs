//! Checks of a public key's numbers that the library does not make.

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey};

use super::roca;
use crate::Error;

/// RFC 7518 section 3.3: "A key of size 2048 bits or larger MUST be used".
pub(super) fn modulus(n: &[u8]) -> Result<(), Error> {
    let leading = n.first().map_or(0, |first| first.leading_zeros() as usize);
    let bits = (n.len() * 8).saturating_sub(leading);
    let odd = n.last().is_some_and(|last| last % 2 == 1);
    if (2048..=8192).contains(&bits) && odd && !roca::has_known_form(n) {
        Ok(())
    } else {
        Err(Error::InvalidKey("n"))
    }
}

/// Exponents in use are 3 and 65537; a huge one makes each verification slow.
pub(super) fn exponent(e: &[u8]) -> Result<(), Error> {
    let value = e
        .iter()
        .try_fold(0_u32, |sum, byte| {
            sum.checked_mul(256)?.checked_add(u32::from(*byte))
        })
        .ok_or(Error::InvalidKey("e"))?;
    if value >= 3 && value % 2 == 1 {
        Ok(())
    } else {
        Err(Error::InvalidKey("e"))
    }
}

/// Points of small order give every private key the same secret, which is zero.
pub(super) fn x25519(x: &[u8; 32]) -> Result<(), Error> {
    let invalid = Error::InvalidKey("x");
    let any = PrivateKey::from_private_key(&agreement::X25519, &[7; 32]).map_err(|_| invalid)?;
    let peer = UnparsedPublicKey::new(&agreement::X25519, x);
    agreement::agree(&any, peer, invalid, |_| Ok(()))
}

/// Refuses points whose order divides 8, and encodings of y that are not reduced: with such a key,
/// one signature fits many messages.
pub(super) fn ed25519(x: &[u8; 32]) -> Result<(), Error> {
    let mut y = *x;
    y[31] &= 0x7f;
    let not_reduced = y[0] >= 0xed && y[1..31].iter().all(|b| *b == 0xff) && y[31] == 0x7f;
    if not_reduced || SMALL_ORDER.contains(&y) {
        return Err(Error::InvalidKey("x"));
    }
    Ok(())
}

const SMALL_ORDER: [[u8; 32]; 5] = {
    let zero = [0; 32];
    let mut one = [0; 32];
    one[0] = 1;
    let mut minus_one = [0xff; 32];
    minus_one[0] = 0xec;
    minus_one[31] = 0x7f;
    [
        zero,
        one,
        minus_one,
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
            0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
            0x92, 0xac, 0x03, 0x7a,
        ],
    ]
};

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, ParsedPublicKey};

    use super::*;

    /// With S = 0 the equation of the signature has no private key in it, and holds for some
    /// messages if the public key has small order.
    #[test]
    fn small_order_keys_can_be_forged_and_are_refused() {
        let signs = [0, 0x80];
        let points = SMALL_ORDER.map(|y| signs.map(|sign| signed(y, sign)));
        for x in SMALL_ORDER
            .into_iter()
            .flat_map(|y| signs.map(|sign| signed(y, sign)))
        {
            assert_eq!(ed25519(&x), Err(Error::InvalidKey("x")));
        }
        for x in SMALL_ORDER {
            let key = ParsedPublicKey::new(&ED25519, x).unwrap();
            let forged = points.as_flattened().iter().any(|r| {
                let signature = [r.as_slice(), &[0; 32]].concat();
                (0..=u8::MAX).any(|message| key.verify_sig(&[message], &signature).is_ok())
            });
            assert!(forged, "{x:x?}");
        }
    }

    #[test]
    fn coordinates_that_are_not_reduced_are_refused() {
        for first in 0xed..=0xff {
            let mut x = [0xff; 32];
            x[0] = first;
            x[31] = 0x7f;
            assert_eq!(ed25519(&x), Err(Error::InvalidKey("x")));
        }
    }

    #[test]
    fn exponents_are_small_odd_and_not_one() {
        assert_eq!(exponent(&[3]), Ok(()));
        assert_eq!(exponent(&[1, 0, 1]), Ok(()));
        for bad in [&[1][..], &[2], &[1, 0, 0], &[1, 0, 0, 0, 1], &[0xff; 600]] {
            assert_eq!(exponent(bad), Err(Error::InvalidKey("e")));
        }
    }

    #[test]
    fn a_modulus_has_2048_to_8192_bits() {
        let has = |bytes, first| {
            let mut n = vec![0xff; bytes];
            n[0] = first;
            modulus(&n).is_ok()
        };
        assert!(has(256, 0x80) && !has(256, 0x7f));
        assert!(has(1024, 0xff) && !has(1025, 1));
        assert!(modulus(&[0xfe; 256]).is_err());
    }

    fn signed(mut y: [u8; 32], sign: u8) -> [u8; 32] {
        y[31] |= sign;
        y
    }
}
