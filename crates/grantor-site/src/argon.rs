//! Password hashing with argon2id.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use grantor_core::Secret;
use grantor_jose::digest::constant_time_eq;

use crate::error::PasswordError;

/// argon2id with memory that is kept from one password to the next: 19 MiB that are taken and given
/// back at every login stay with the allocator many times over.
#[derive(Default)]
pub(super) struct Argon {
    blocks: Vec<Block>,
}

impl Argon {
    /// The hash of a password, as a PHC string with its salt and parameters.
    pub(super) fn hash(
        &mut self,
        params: &Params,
        password: &Secret,
        salt: &[u8; 16],
    ) -> Result<String, PasswordError> {
        let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
        let argon2 = argon2id(params.clone());
        self.fill(&argon2, password, salt, &mut output)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(params).map_err(failed)?,
            salt: Some(Salt::new(salt).map_err(failed)?),
            hash: Some(Output::new(&output).map_err(failed)?),
        };
        Ok(hash.to_string())
    }

    /// Returns whether a password is the one of a hash, with the parameters that are in it.
    pub(super) fn verify(&mut self, password: &Secret, hash: &str) -> Result<bool, PasswordError> {
        let hash = PasswordHash::new(hash).map_err(failed)?;
        let ours = hash.algorithm == Algorithm::Argon2id.ident()
            && hash.version == Some(Version::V0x13.into());
        let (true, Some(salt), Some(expected)) = (ours, hash.salt, hash.hash) else {
            return Err(PasswordError::Failed);
        };
        let argon2 = argon2id(Params::try_from(&hash).map_err(failed)?);
        let mut output = vec![0; expected.len()];
        self.fill(&argon2, password, &salt, &mut output)?;
        Ok(constant_time_eq(&output, expected.as_ref()))
    }

    fn fill(
        &mut self,
        argon2: &Argon2<'_>,
        password: &Secret,
        salt: &[u8],
        output: &mut [u8],
    ) -> Result<(), PasswordError> {
        let needed = argon2.params().block_count();
        if self.blocks.len() < needed {
            self.blocks.resize(needed, Block::new());
        }
        let blocks = self.blocks.get_mut(..needed).unwrap_or_default();
        argon2
            .hash_password_into_with_memory(password.expose().as_bytes(), salt, output, blocks)
            .map_err(failed)
    }
}

fn argon2id(params: Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn failed<E>(_: E) -> PasswordError {
    PasswordError::Failed
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{PasswordHasher, PasswordVerifier};

    /// With what is left in the memory from other passwords, and as the library does it alone.
    #[test]
    fn hashes_as_the_library_does() {
        let (small, large) = (params(8), params(64));
        let mut argon = Argon::default();
        for params in [&large, &small, &large] {
            for password in ["right", "wrong"] {
                let ours = argon.hash(params, &password.into(), &[7; 16]).unwrap();
                let library = argon2id(params.clone());
                let theirs = library.hash_password_with_salt(password.as_bytes(), &[7; 16]);
                assert_eq!(ours, theirs.unwrap().to_string());
                library
                    .verify_password(password.as_bytes(), &*ours)
                    .unwrap();
                assert_eq!(argon.verify(&password.into(), &ours), Ok(true));
                assert_eq!(argon.verify(&"other".into(), &ours), Ok(false));
            }
        }
    }

    #[test]
    fn takes_no_hash_of_another_kind() {
        let mut argon = Argon::default();
        let hash = argon.hash(&params(8), &"p".into(), &[7; 16]).unwrap();
        for other in [
            "",
            "x",
            &hash.replace("argon2id", "argon2i"),
            &hash.replace("v=19", "v=16"),
        ] {
            let verified = argon.verify(&"p".into(), other);
            assert_eq!(verified, Err(PasswordError::Failed), "{other}");
        }
    }

    fn params(kib: u32) -> Params {
        Params::new(kib, 2, 1, None).unwrap()
    }
}
