//! RSA signatures of PKCS #1 version 1.5, of SHA-1 too (RFC 8017 section 8.2.2), verified by plain
//! arithmetic: nothing here is secret.

use grantor_jose::{PublicKey, base64url};
use serde_json::Value;

/// A number in words of 64 bits, the lowest first. All numbers of one computation have the same length.
type Number = Vec<u64>;

/// Returns whether `signature` is that of `digest`. `info` is what precedes the digest in DER (RFC 8017
/// section 9.2, note 1).
pub(super) fn verifies(key: &PublicKey, info: &[u8], digest: &[u8], signature: &[u8]) -> bool {
    let jwk = serde_json::to_value(key).unwrap_or_default();
    let member = |name: &str| {
        let text = jwk.get(name).and_then(Value::as_str)?;
        base64url::decode(text).ok()
    };
    let (Some(modulus), Some(exponent)) = (member("n"), member("e")) else {
        return false;
    };
    let size = modulus.len();
    let Some(padding) = size.checked_sub(3 + info.len() + digest.len()) else {
        return false;
    };
    let expected = [&[0, 1][..], &vec![0xff; padding], &[0], info, digest].concat();
    let (n, s) = (number(&modulus, size), number(signature, size));
    signature.len() == size
        && is_less(&s, &n)
        && power(&s, &exponent, &n) == number(&expected, size)
}

fn number(bytes: &[u8], size: usize) -> Number {
    let mut words = vec![0; size.div_ceil(8)];
    for (at, byte) in bytes.iter().rev().enumerate().take(size) {
        words[at / 8] |= u64::from(*byte) << (8 * (at % 8));
    }
    words
}

fn power(base: &Number, exponent: &[u8], n: &Number) -> Number {
    let mut result = number(&[1], n.len() * 8);
    for bit in exponent
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1))
    {
        result = product(&result, &result, n);
        if bit == 1 {
            result = product(&result, base, n);
        }
    }
    result
}

/// The product modulo `n`: doubled for each bit of `b`.
fn product(a: &Number, b: &Number, n: &Number) -> Number {
    let mut result = vec![0; n.len()];
    for word in b.iter().rev() {
        for at in (0..64).rev() {
            double(&mut result, n);
            if word >> at & 1 == 1 {
                add(&mut result, a, n);
            }
        }
    }
    result
}

/// Doubles a number below `n`, modulo `n`.
fn double(number: &mut Number, n: &Number) {
    let mut carry = 0;
    for word in number.iter_mut() {
        (*word, carry) = (*word << 1 | carry, *word >> 63);
    }
    reduce(number, carry == 1, n);
}

/// Adds a number below `n` to another one, modulo `n`.
fn add(number: &mut Number, other: &Number, n: &Number) {
    let mut carry = false;
    for (word, more) in number.iter_mut().zip(other) {
        (*word, carry) = word.carrying_add(*more, carry);
    }
    reduce(number, carry, n);
}

/// Subtracts `n` from a number, which has one bit more if `carry` is set, unless the number is less.
fn reduce(number: &mut Number, carry: bool, n: &Number) {
    if !carry && is_less(number, n) {
        return;
    }
    let mut borrow = false;
    for (word, less) in number.iter_mut().zip(n) {
        (*word, borrow) = word.borrowing_sub(*less, borrow);
    }
}

fn is_less(a: &Number, b: &Number) -> bool {
    a.iter().rev().lt(b.iter().rev())
}
