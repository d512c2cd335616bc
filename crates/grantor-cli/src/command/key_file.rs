//! Private keys in files: a client's own, and those that tokens are bound to.

use std::path::Path;

use grantor_jose::{Algorithm, Key};

use super::input::text_from_file;
use crate::error::CliError;

/// A private key, and whether its file names it.
pub(super) struct KeyFile {
    key: Key,
    is_jwk: bool,
}

impl KeyFile {
    /// The key under this name. Without one a JWK has its own, and a key in PEM none.
    pub(super) fn named(self, key_id: Option<&str>) -> Key {
        match (key_id, self.is_jwk) {
            (Some(key_id), _) => self.key.with_key_id(key_id),
            (None, true) => self.key,
            (None, false) => self.key.with_key_id(""),
        }
    }
}

/// Reads a private key, in PEM or as a JWK.
///
/// A JWK says its algorithm. Of a key in PEM the curve says it; an RSA key signs with RS256.
///
/// # Errors
/// The file can't be read, or has no private key. The message has nothing of the key.
pub(super) fn read(option: &str, path: &Path) -> Result<KeyFile, CliError> {
    let text = text_from_file(path, option)?;
    let is_jwk = text.trim_start().starts_with('{');
    let key = match is_jwk {
        true => Key::from_jwk(&text).ok(),
        false => BY_PEM
            .into_iter()
            .find_map(|algorithm| Key::from_pem(algorithm, &text).ok()),
    };
    // A secret of two is no key of the client's own.
    let key = key.filter(|key| key.public().is_some()).ok_or_else(|| {
        let path = path.display();
        CliError::configuration(format!("{option} {path}: there is no private key in it")).hint(
            "name a file with a private key in PEM, which begins with -----BEGIN PRIVATE KEY-----, \
             or with a private JWK that has \"alg\"",
        )
    })?;
    Ok(KeyFile { key, is_jwk })
}

const BY_PEM: [Algorithm; 5] = [
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::Es512,
    Algorithm::EdDsa,
    Algorithm::Rs256,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_algorithm_is_that_of_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        for algorithm in BY_PEM {
            let key = Key::generate(algorithm).unwrap();
            std::fs::write(&path, &*key.to_pkcs8_pem().unwrap()).unwrap();
            let read_key = read("--client-key", &path).unwrap().named(None);
            assert_eq!((read_key.algorithm(), read_key.key_id()), (algorithm, ""));
            std::fs::write(&path, &*key.to_private_jwk().unwrap()).unwrap();
            let read_key = read("--client-key", &path).unwrap().named(None);
            assert_eq!(read_key.algorithm(), algorithm);
            let named = read("--client-key", &path).unwrap().named(Some("k"));
            assert_eq!(named.key_id(), "k");
        }
    }

    #[test]
    fn a_file_without_a_private_key_is_an_error_that_shows_nothing_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let symmetric =
            r#"{"kty":"oct","alg":"HS256","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}"#;
        for text in ["hunter2", "{\"hunter2\":1}", "", symmetric] {
            std::fs::write(&path, text).unwrap();
            let error = read("--client-key", &path).err().unwrap().to_string();
            assert!(error.contains("no private key"), "{error}");
            assert!(
                !error.contains("hunter2") && !error.contains("c2Vj"),
                "{error}"
            );
        }
    }
}
