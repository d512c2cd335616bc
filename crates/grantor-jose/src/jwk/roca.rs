//! RSA keys that some smart cards made with primes of a known form (CVE-2017-15361, "ROCA"):
//! whoever has the public key can find the private one.

/// Returns whether a modulus has the form. One in many millions of others has it by chance.
pub(super) fn has_known_form(n: &[u8]) -> bool {
    PRIMES.iter().all(|prime| {
        let rest = n
            .iter()
            .fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime);
        is_power(rest, *prime)
    })
}

/// Returns whether `value` is a power of 65537 modulo `prime`, as the primes of those cards are.
fn is_power(value: u32, prime: u32) -> bool {
    let mut power = 1;
    loop {
        if power == value {
            return true;
        }
        power = power * (65537 % prime) % prime;
        if power == 1 {
            return false;
        }
    }
}

/// The factors of the number that the known form is built on, for keys of 512 bits and more.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_powers_have_the_form_and_others_not() {
        // 65537 and its square are powers of it modulo everything.
        assert!(has_known_form(&[1, 0, 1]));
        assert!(has_known_form(&[1, 0, 2, 0, 1]));
        for other in 2..200_u32 {
            assert!(!has_known_form(&other.to_be_bytes()), "{other}");
        }
    }
}
