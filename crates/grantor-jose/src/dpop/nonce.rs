//! Nonces that a server makes without keeping them (RFC 9449 sections 8 and 9).

use std::fmt;
use std::time::Duration;

use crate::check::holds;
use crate::digest::MacKey;
use crate::{Error, Timestamp, base64url};

/// Makes and checks the nonces of a server: each is the time when it was made, under a MAC.
///
/// Nothing has to be stored, and all processes with the same key accept each other's nonces.
#[derive(Clone)]
pub struct Nonces {
    key: MacKey,
    lifetime: Duration,
}

impl Nonces {
    /// Takes 32 random bytes. A nonce is accepted for five minutes.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self {
            key: MacKey::new(secret).derive("dpop-nonce/1"),
            lifetime: Duration::from_secs(300),
        }
    }

    /// Accepts a nonce for this long.
    #[must_use]
    pub fn with_lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    /// A nonce for the header `DPoP-Nonce`.
    #[must_use]
    pub fn issue(&self, now: Timestamp) -> String {
        let time = now.as_secs().to_be_bytes();
        base64url::encode([&time[..], &self.tag(time)].concat())
    }

    /// Returns whether a client should get a newer nonce with the answer (RFC 9449 section 8.2):
    /// its nonce has been accepted for half of its lifetime.
    #[must_use]
    pub fn is_renewal_due(&self, nonce: &str, now: Timestamp) -> bool {
        self.issued_at(nonce)
            .is_none_or(|issued| now.since(issued) >= self.lifetime / 2)
    }

    /// Accepts what [`issue`](Self::issue) made, by a clock that may be a little behind.
    pub(super) fn check(
        &self,
        nonce: Option<&str>,
        leeway: Duration,
        now: Timestamp,
    ) -> Result<(), Error> {
        let issued = self.issued_at(nonce.ok_or(Error::MissingClaim("nonce"))?);
        let in_time = |issued| issued <= now + leeway && now < issued + self.lifetime;
        if holds("dpop.nonce", issued.is_some_and(in_time)) {
            Ok(())
        } else {
            Err(Error::WrongNonce)
        }
    }

    fn issued_at(&self, nonce: &str) -> Option<Timestamp> {
        let bytes = base64url::decode(nonce).ok()?;
        let (time, tag) = bytes.split_first_chunk::<8>()?;
        let is_ours = crate::digest::constant_time_eq(&self.tag(*time), tag);
        is_ours.then(|| Timestamp::from_secs(i64::from_be_bytes(*time)))
    }

    fn tag(&self, time: [u8; 8]) -> [u8; 16] {
        let mac = self.key.sign(&[&time]);
        std::array::from_fn(|at| mac[at])
    }
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nonces")
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_760_000_000;
    const LEEWAY: Duration = Duration::from_secs(60);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(START + seconds)
    }

    fn check(nonce: &str, now: Timestamp) -> Result<(), Error> {
        Nonces::new(&[7; 32]).check(Some(nonce), LEEWAY, now)
    }

    #[test]
    fn a_nonce_is_accepted_for_its_lifetime_and_by_clocks_that_are_behind() {
        let nonce = Nonces::new(&[7; 32]).issue(at(0));
        for seconds in [-60, 0, 1, 299] {
            assert_eq!(check(&nonce, at(seconds)), Ok(()), "{seconds}");
        }
        for seconds in [-61, 300, 1000] {
            assert_eq!(check(&nonce, at(seconds)), Err(Error::WrongNonce));
        }
        let short = Nonces::new(&[7; 32]).with_lifetime(Duration::from_secs(10));
        assert!(short.check(Some(&nonce), LEEWAY, at(9)).is_ok());
        assert!(short.check(Some(&nonce), LEEWAY, at(10)).is_err());
    }

    #[test]
    fn what_was_made_up_or_changed_is_refused() {
        let nonce = Nonces::new(&[7; 32]).issue(at(0));
        for at_byte in 0..nonce.len() {
            let mut changed = nonce.clone().into_bytes();
            changed[at_byte] = if changed[at_byte] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(check(&changed, at(0)), Err(Error::WrongNonce), "{changed}");
        }
        let other = Nonces::new(&[8; 32]).issue(at(0));
        for made_up in ["", "x", "AAAAAAAAAAA", &nonce[..20], &other] {
            assert_eq!(check(made_up, at(0)), Err(Error::WrongNonce), "{made_up}");
        }
        let none = Nonces::new(&[7; 32]).check(None, LEEWAY, at(0));
        assert_eq!(none, Err(Error::MissingClaim("nonce")));
    }

    #[test]
    fn a_newer_one_is_due_after_half_of_the_lifetime() {
        let nonces = Nonces::new(&[7; 32]);
        let nonce = nonces.issue(at(0));
        assert!(!nonces.is_renewal_due(&nonce, at(149)));
        assert!(nonces.is_renewal_due(&nonce, at(150)));
    }

    /// RFC 9449 section 8.1: the characters of a scope value.
    #[test]
    fn a_nonce_fits_into_a_header() {
        let nonce = Nonces::new(&[7; 32]).issue(at(0));
        let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(nonce.bytes().all(allowed), "{nonce}");
        assert_eq!(nonce.len(), 32);
    }
}
