//! Finding the key of a content (RFC 7516 section 5.2, steps 6 to 13).

use std::num::NonZeroU32;

use zeroize::Zeroizing;

use super::content_key::ContentKey;
use super::encryption_key::oaep;
use super::key::Secret;
use super::parameters::Parameters;
use super::{DecryptionKey, Policy, agreement, wrap};
use crate::Error;
use crate::jwk::Material;

impl DecryptionKey {
    /// The key of the content; one that nobody knows if the encrypted one is wrong, so that this
    /// shows in nothing but the content's tag (RFC 7516 section 11.5).
    pub(super) fn content_key(
        &self,
        header: &Parameters<'_>,
        wrapped: &[u8],
        policy: &Policy,
    ) -> Result<ContentKey, Error> {
        let (algorithm, encryption) = (header.algorithm, header.encryption);
        let unwrap = |wrapping: &[u8]| {
            ContentKey::fill(wrapped.len().saturating_sub(8), |key| {
                wrap::unwrap(wrapping, wrapped, key)
            })
        };
        let found = match &self.secret {
            Secret::Rsa(private, _) => {
                let mut out = Zeroizing::new(vec![0; private.min_output_size()]);
                private
                    .decrypt(oaep(algorithm), wrapped, &mut out, None)
                    .map_err(|_| Error::Undecipherable)
                    .and_then(|key| ContentKey::copy(key))
            }
            Secret::Agreement(private) => {
                let epk = header.epk()?;
                // RFC 7518 section 4.6.1.1: "only public key parameters".
                if epk.contains_key("d") {
                    return Err(Error::InvalidHeader("epk"));
                }
                let epk = Material::from_jwk(epk).map_err(|error| match error {
                    Error::UnsupportedCurve(_) => error,
                    _ => Error::InvalidHeader("epk"),
                })?;
                let parties = header.parties()?;
                let info = agreement::Info {
                    algorithm,
                    encryption,
                    parties: [&parties[0], &parties[1]],
                };
                let agreed = agreement::agree(private, &epk, &info)?;
                if algorithm.is_direct() {
                    return Ok(agreed);
                }
                unwrap(&agreed)
            }
            Secret::Shared(shared) if algorithm.is_password() => {
                let (salt, count) = header.password()?;
                let count = policy.count(count)?;
                let wrapping = wrap::from_password(algorithm, shared.bytes(), &salt, count)?;
                unwrap(&wrapping)
            }
            Secret::Shared(shared) if algorithm.is_gcm() => {
                let [iv, tag] = header.wrapping()?;
                let mut key = Zeroizing::new(wrapped.to_vec());
                shared
                    .wrapping_cipher()?
                    .open(&iv, &[], &tag, &mut key)
                    .and_then(|()| ContentKey::copy(&key))
            }
            Secret::Shared(shared) => unwrap(shared.bytes()),
        };
        match found {
            Ok(key) if key.len() == encryption.key_length() => Ok(key),
            _ => ContentKey::copy(&self.substitute[..encryption.key_length()]),
        }
    }
}

impl Policy {
    fn count(&self, count: u64) -> Result<NonZeroU32, Error> {
        u32::try_from(count)
            .ok()
            .filter(|count| (MIN_PASSWORD_COUNT..=self.max_password_count).contains(count))
            .and_then(NonZeroU32::new)
            .ok_or(Error::InvalidHeader("p2c"))
    }
}

/// RFC 7518 section 4.8.1.2: "A minimum iteration count of 1000 is RECOMMENDED."
const MIN_PASSWORD_COUNT: u32 = 1000;
