//! The texts of access tokens that have a record.

use std::fmt;
use std::sync::Arc;

use grantor_core::{Environment, Secret, Timestamp};
use grantor_jose::base64url;
use grantor_jose::digest::sha256;
use grantor_store::Version;

use super::{OpaqueKind, OpaqueToken};
use crate::config::AccessTokens;
use crate::error::Error;
use crate::identifier::Identifier;

/// The application's own way to make texts.
#[derive(Clone)]
pub(crate) struct TokenGenerator(Arc<dyn Fn(&Environment) -> Secret + Send + Sync>);

impl TokenGenerator {
    pub(crate) fn new(generate: impl Fn(&Environment) -> Secret + Send + Sync + 'static) -> Self {
        Self(Arc::new(generate))
    }
}

impl fmt::Debug for TokenGenerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenGenerator")
    }
}

/// A new text, and where its record goes.
pub(super) struct NewText {
    pub(super) text: Secret,
    pub(super) place: Place,
    pub(super) version: Version,
}

/// Where the record of a text is, and what it must have.
pub(super) struct Place {
    pub(super) id: Identifier,
    pub(super) digest: [u8; 32],
}

impl Place {
    /// The place that a text of the usual form names itself.
    pub(super) fn named_by(token: &OpaqueToken) -> Self {
        Self {
            id: token.id,
            digest: token.digest(),
        }
    }

    /// The place of any other text, by its hash.
    pub(super) fn by_hash(text: &str) -> Self {
        let digest = sha256(text.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Self {
            id: Identifier::from_bytes(id),
            digest,
        }
    }
}

/// The shortest and the longest text that is looked for by its hash.
pub(super) const MIN_TEXT: usize = 22;
pub(super) const MAX_TEXT: usize = 512;

/// A new text of the usual form: an identifier and a secret.
pub(super) fn usual(environment: &Environment, now: Timestamp) -> NewText {
    let (token, digest) = OpaqueToken::mint_with_digest(environment, now);
    let mut version = [0; 16];
    version.copy_from_slice(&digest[16..]);
    NewText {
        text: token.to_text(OpaqueKind::AccessToken),
        place: Place {
            id: token.id,
            digest,
        },
        version: Version(version),
    }
}

/// A new text of another form.
pub(super) fn unusual(
    kind: AccessTokens,
    generator: Option<&TokenGenerator>,
    environment: &Environment,
) -> Result<NewText, Error> {
    let text = match (generator, kind) {
        (Some(generator), _) => own(generator, environment)?,
        (None, AccessTokens::OpaqueOfLength(length)) => of_length(length, environment),
        (None, _) => uuid4(environment.random_bytes()),
    };
    Ok(NewText {
        place: Place::by_hash(text.expose()),
        version: Version(environment.random_bytes()),
        text,
    })
}

fn own(generator: &TokenGenerator, environment: &Environment) -> Result<Secret, Error> {
    let text = (generator.0)(environment);
    // RFC 6750 section 2.1, or no client could send it.
    let in_header = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    let fits = (MIN_TEXT..=MAX_TEXT).contains(&text.expose().len())
        && text.expose().bytes().all(in_header);
    let is_usual = OpaqueToken::parse(OpaqueKind::AccessToken, text.expose()).is_some();
    if fits && !is_usual {
        return Ok(text);
    }
    Err(Error::Internal(format!(
        "the application's token generator made a text that is no token: it needs {MIN_TEXT} to \
         {MAX_TEXT} letters, digits and \"-._~+/=\" (RFC 6750 section 2.1), and another form than \
         the server's own"
    )))
}

fn of_length(length: u16, environment: &Environment) -> Secret {
    let length = usize::from(length);
    let prefix = OpaqueKind::AccessToken.prefix();
    let drawn: [u8; 192] = environment.random_bytes();
    let needed = (length.saturating_sub(prefix.len()) * 3).div_ceil(4);
    let mut text = String::with_capacity(length + 4);
    text.push_str(prefix);
    base64url::encode_into(&drawn[..needed.min(drawn.len())], &mut text);
    text.truncate(length);
    Secret::new(text)
}

/// RFC 9562 section 5.4.
fn uuid4(mut bytes: [u8; 16]) -> Secret {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (i, byte) in bytes.into_iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 0x0f] {
            text.push(char::from(DIGITS[usize::from(digit)]));
        }
    }
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_says_its_version_and_variant() {
        let uuid = |byte| uuid4([byte; 16]);
        assert_eq!(uuid(0x00).expose(), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(0xff).expose(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn a_text_has_the_length_that_was_set() {
        let environment = grantor_http::system();
        for length in 25..=256 {
            let (one, other) = (
                of_length(length, &environment),
                of_length(length, &environment),
            );
            assert_eq!(one.expose().len(), usize::from(length));
            assert!(one.expose().starts_with("ga_") && one.expose() != other.expose());
        }
    }

    #[test]
    fn a_text_of_the_application_s_is_one_that_a_header_can_carry() {
        let environment = grantor_http::system();
        let made = |text: &str| {
            let text = text.to_owned();
            let generator = TokenGenerator::new(move |_| Secret::new(text.clone()));
            own(&generator, &environment).is_ok()
        };
        assert!(made(&"a".repeat(MIN_TEXT)) && made("a1-._~+/=a1-._~+/=a1-._~+/="));
        let usual = usual(&environment, Timestamp::from_secs(1)).text;
        for wrong in [
            "",
            &"a".repeat(MIN_TEXT - 1),
            &"a".repeat(MAX_TEXT + 1),
            "with a space within it, see",
            "\u{e9}".repeat(20).as_str(),
            usual.expose(),
        ] {
            assert!(!made(wrong), "{wrong}");
        }
    }
}
