//! Answers of an introspection endpoint that are signed (RFC 9701).

use std::borrow::Cow;
use std::fmt;

use grantor_jose::jwt::{self, Policy};
use grantor_jose::{Algorithm, Error, KeySet, Leeway, Timestamp};
use http::{HeaderMap, Response, header};

use crate::answer::content_coding;
use crate::introspection::{Introspection, InvalidIntrospection};
use crate::openid::TokenDecryption;
use crate::openid::tokens::{Plain, nested, plain};

/// The rules that a signed answer to a resource server must keep (RFC 9701 section 5): its type, its
/// issuer, its audience, and its signature. What it says of the token is in `token_introspection`.
///
/// ```
/// use grantor_core::SignedIntrospection;
/// # use grantor_core::{Introspection, InvalidSignedIntrospection};
/// # use grantor_jose::{KeySet, Timestamp};
/// # fn read(
/// #     answer: &http::Response<Vec<u8>>,
/// #     keys: &KeySet,
/// #     now: Timestamp,
/// # ) -> Result<Introspection, InvalidSignedIntrospection> {
/// let rules = SignedIntrospection::new("https://idp.example", "https://api.example");
/// let introspection = rules.read(answer, keys, now)?;
/// # Ok(introspection)
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SignedIntrospection {
    policy: Policy,
    decryption: Option<TokenDecryption>,
}

/// The reason why a signed answer is refused. No message holds a value of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidSignedIntrospection {
    /// Its content type is another one: it is not signed.
    NotSigned,
    /// Its form, its signature, its type or a registered claim.
    Token(Error),
    /// What it says of the token.
    Introspection(InvalidIntrospection),
    /// It is encrypted, and no key to decrypt it was given.
    Encrypted,
    /// It has to be encrypted, and is not.
    NotEncrypted,
}

impl InvalidSignedIntrospection {
    /// Returns whether newer keys of the server may make it valid.
    #[must_use]
    pub fn may_have_newer_key(&self) -> bool {
        *self == Self::Token(Error::UnknownKey)
    }
}

impl fmt::Display for InvalidSignedIntrospection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer of the introspection endpoint is refused: ")?;
        match self {
            Self::NotSigned => write!(
                f,
                "it is not signed, as it must be (\"{}\")",
                SignedIntrospection::MEDIA_TYPE
            ),
            Self::Token(error) => error.fmt(f),
            Self::Introspection(error) => error.fmt(f),
            Self::Encrypted => {
                f.write_str("it is encrypted, and the client has no key to decrypt it")
            }
            Self::NotEncrypted => f.write_str("it is not encrypted, as it must be"),
        }
    }
}

impl std::error::Error for InvalidSignedIntrospection {}

impl From<Error> for InvalidSignedIntrospection {
    fn from(error: Error) -> Self {
        Self::Token(error)
    }
}

impl SignedIntrospection {
    /// The content type of such an answer, and what a request accepts (RFC 9701 section 4).
    pub const MEDIA_TYPE: &str = "application/token-introspection+jwt";

    /// The rules for answers of an issuer to this resource server, by its client identifier.
    pub fn new(issuer: impl Into<String>, resource_server: impl Into<String>) -> Self {
        Self {
            policy: Policy::introspection(issuer, resource_server),
            decryption: None,
        }
    }

    /// Allows only these algorithms: that of `introspection_signed_response_alg`, or those that the issuer
    /// publishes.
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.policy = self.policy.with_algorithms(algorithms);
        self
    }

    /// Decrypts answers that are encrypted to the resource server.
    #[must_use]
    pub fn with_decryption(mut self, decryption: TokenDecryption) -> Self {
        self.decryption = Some(decryption);
        self
    }

    /// Accepts times that are wrong by this much.
    #[must_use]
    pub fn with_leeway(mut self, leeway: Leeway) -> Self {
        self.policy = self.policy.with_leeway(leeway);
        self
    }

    /// Reads an answer whose status is 200.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn read<B: AsRef<[u8]>>(
        &self,
        response: &Response<B>,
        keys: &KeySet,
        now: Timestamp,
    ) -> Result<Introspection, InvalidSignedIntrospection> {
        if let Some(coding) = content_coding(response.headers()) {
            let compressed = InvalidIntrospection::Compressed(coding);
            return Err(InvalidSignedIntrospection::Introspection(compressed));
        }
        if !is_signed(response.headers()) {
            return Err(InvalidSignedIntrospection::NotSigned);
        }
        let text = std::str::from_utf8(response.body().as_ref());
        let text = text.map_err(|_| InvalidSignedIntrospection::NotSigned)?;
        let token = match plain(text.trim(), self.decryption.as_ref())? {
            Plain::AsSent(token) => Cow::Borrowed(token),
            Plain::Decrypted(text, content_type) => nested(text, content_type.as_deref())?,
            Plain::NoKey => return Err(InvalidSignedIntrospection::Encrypted),
            Plain::NotEncrypted => return Err(InvalidSignedIntrospection::NotEncrypted),
        };
        let verified = jwt::verify(&token, keys, &self.policy, now)?;
        let said = verified.claims.other.get("token_introspection");
        let said = said.ok_or(Error::MissingClaim("token_introspection"))?;
        let read = Introspection::from_json(said.to_string().as_bytes());
        read.map_err(InvalidSignedIntrospection::Introspection)
    }
}

fn is_signed(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| {
        essence
            .trim()
            .eq_ignore_ascii_case(SignedIntrospection::MEDIA_TYPE)
    })
}

#[cfg(test)]
mod tests {
    use grantor_jose::Key;
    use grantor_jose::jwt::Typ;
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://idp.example";
    const API: &str = "https://api.example";

    fn key() -> Key {
        Key::generate(Algorithm::Es256).unwrap().with_key_id("k")
    }

    fn keys(key: &Key) -> KeySet {
        KeySet::from_iter([key.public().unwrap().clone()])
    }

    fn claims() -> Value {
        json!({
            "iss": ISSUER,
            "aud": API,
            "iat": 1_760_000_000,
            "token_introspection": { "active": true, "scope": "read", "sub": "ada" },
        })
    }

    fn answer(key: &Key, typ: Typ, claims: &Value) -> Response<String> {
        let token = jwt::sign(key, typ, claims).unwrap();
        let response = Response::builder().header("content-type", SignedIntrospection::MEDIA_TYPE);
        response.body(token).unwrap()
    }

    fn read(
        keys: &KeySet,
        answer: &Response<String>,
    ) -> Result<Introspection, InvalidSignedIntrospection> {
        let rules = SignedIntrospection::new(ISSUER, API);
        rules.read(answer, keys, Timestamp::from_secs(1_760_000_010))
    }

    #[test]
    fn a_signed_answer_says_what_it_is_signed_for() {
        let key = key();
        let answer = answer(&key, Typ::INTROSPECTION, &claims());
        let introspection = read(&keys(&key), &answer).unwrap();
        assert!(introspection.active);
        assert_eq!(introspection.sub.as_deref(), Some("ada"));
        assert_eq!(introspection.iss, None);
    }

    #[test]
    fn what_breaks_a_rule_is_refused() {
        let key = key();
        let refused = |typ, name: &str, value: Value| {
            let mut claims = claims();
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                value => claims
                    .as_object_mut()
                    .unwrap()
                    .insert(name.to_owned(), value),
            };
            read(&keys(&key), &answer(&key, typ, &claims)).unwrap_err()
        };
        for (name, value) in [
            ("iss", json!("https://other.example")),
            ("iss", Value::Null),
            ("aud", json!("https://other.example")),
            ("aud", Value::Null),
            ("iat", Value::Null),
            ("token_introspection", Value::Null),
            ("token_introspection", json!({ "scope": "read" })),
            ("token_introspection", json!("active")),
        ] {
            refused(Typ::INTROSPECTION, name, value);
        }
        // Another kind of token of the same issuer is no answer (RFC 9701 section 8.1).
        for typ in [Typ::JWT, Typ::ACCESS_TOKEN, Typ::LOGOUT_TOKEN] {
            refused(typ, "x", json!(1));
        }
    }

    #[test]
    fn an_answer_that_is_not_signed_by_the_server_is_refused() {
        let key = key();
        let mut plain = answer(&key, Typ::INTROSPECTION, &claims());
        let json = "application/json".parse().unwrap();
        plain.headers_mut().insert(header::CONTENT_TYPE, json);
        let error = read(&keys(&key), &plain).unwrap_err();
        assert_eq!(error, InvalidSignedIntrospection::NotSigned);
        let other = self::key().with_key_id("other");
        let forged = answer(&other, Typ::INTROSPECTION, &claims());
        let error = read(&keys(&key), &forged).unwrap_err();
        assert!(error.may_have_newer_key(), "{error}");
    }
}
