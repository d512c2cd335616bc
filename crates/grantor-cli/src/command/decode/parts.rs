//! A token taken apart, of which nothing is verified.

use grantor_core::Timestamp;
use grantor_jose::{Error, base64url, jwt};
use serde_json::{Map, Value};

use crate::error::{CliError, Exit};

/// A token in compact form.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) header: Map<String, Value>,
    pub(super) content: Content,
    /// The reason why nothing here would take such a token, apart from its signature.
    pub(super) refused: Option<Error>,
}

/// The parts after the header.
#[derive(Debug)]
pub(super) enum Content {
    /// Of a signed token.
    Claims(Map<String, Value>),
    /// Of an encrypted one.
    Encrypted,
}

/// The validity of a token at some time, by its own claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Validity {
    Good,
    Expired,
    NotYet,
    /// It has no `exp`.
    Unknown,
}

/// The claims that are times (RFC 7519 section 4.1, OpenID Connect Core sections 2 and 5.1).
const TIMES: [&str; 5] = ["exp", "nbf", "iat", "auth_time", "updated_at"];

/// A token without the name of its scheme, which comes along when a header is copied.
pub(super) fn bare(text: &str) -> &str {
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => text,
    }
}

impl Parts {
    pub(super) fn of(token: &str) -> Result<Self, CliError> {
        let parts: Vec<&str> = token.split('.').take(6).collect();
        match parts[..] {
            [header, payload, signature] => Self::signed(token, header, payload, signature),
            [header, key, vector, text, tag] => {
                let header = object(header, "header")?;
                let others = [
                    (key, "encrypted key"),
                    (vector, "initialization vector"),
                    (text, "cipher text"),
                    (tag, "tag"),
                ];
                for (part, name) in others {
                    bytes(part, name)?;
                }
                Ok(Self {
                    header,
                    content: Content::Encrypted,
                    refused: None,
                })
            }
            _ if token.starts_with('{') => Err(malformed(
                "a token in JSON is not read, only one in compact form",
            )),
            [_] => Err(malformed(
                "it has no dots: an opaque token can only be read by its server, so ask that: \
                 grantor introspect",
            )),
            _ => Err(malformed(
                "a signed token has three parts between dots, an encrypted one five",
            )),
        }
    }

    fn signed(token: &str, header: &str, payload: &str, signature: &str) -> Result<Self, CliError> {
        let header = object(header, "header")?;
        let claims = object(payload, "payload")?;
        bytes(signature, "signature")?;
        // A reader that takes the last of two members of one name reads another token than one that
        // takes the first, so such a token is none.
        let refused = match jwt::claimed_issuer(token) {
            Ok(_) | Err(Error::MissingClaim(_)) => None,
            Err(error @ Error::DuplicateMember(_)) => return Err(malformed(&error.to_string())),
            Err(error) => Some(error),
        };
        Ok(Self {
            header,
            content: Content::Claims(claims),
            refused,
        })
    }

    /// The claims that are times, with their names.
    pub(super) fn times(&self) -> Vec<(&'static str, Timestamp)> {
        let times = TIMES.into_iter();
        let times = times.filter_map(|name| Some((name, self.time(name)?)));
        times.collect()
    }

    pub(super) fn validity(&self, now: Timestamp) -> Validity {
        if self.time("nbf").is_some_and(|from| from > now) {
            return Validity::NotYet;
        }
        // RFC 7519 section 4.1.4: not "on or after" that time.
        match self.time("exp") {
            Some(end) if end <= now => Validity::Expired,
            Some(_) => Validity::Good,
            None => Validity::Unknown,
        }
    }

    fn time(&self, name: &str) -> Option<Timestamp> {
        let Content::Claims(claims) = &self.content else {
            return None;
        };
        let value = claims.get(name)?;
        let whole = value.as_i64().map(Timestamp::from_secs);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "numbers out of range saturate"
        )]
        let fraction = || Some(Timestamp::from_millis((value.as_f64()? * 1000.0) as i64));
        whole.or_else(fraction)
    }
}

fn object(part: &str, name: &str) -> Result<Map<String, Value>, CliError> {
    let bytes = bytes(part, name)?;
    serde_json::from_slice(&bytes).map_err(|_| malformed(&format!("its {name} is no JSON object")))
}

fn bytes(part: &str, name: &str) -> Result<Vec<u8>, CliError> {
    let bytes = base64url::decode(part);
    bytes.map_err(|_| malformed(&format!("its {name} is not base64url without padding")))
}

fn malformed(why: &str) -> CliError {
    CliError::new(
        Exit::Malformed,
        format!("this is no token that can be decoded: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, claims: &str) -> String {
        let (header, claims) = (base64url::encode(header), base64url::encode(claims));
        format!("{header}.{claims}.AA")
    }

    #[test]
    fn a_token_stands_as_its_times_say() {
        let validity = |claims: &str| {
            let parts = Parts::of(&token(r#"{"alg":"ES256"}"#, claims)).unwrap();
            parts.validity(Timestamp::from_secs(100))
        };
        assert_eq!(validity(r#"{"exp":101}"#), Validity::Good);
        assert_eq!(validity(r#"{"exp":100}"#), Validity::Expired);
        assert_eq!(validity(r#"{"exp":99.5}"#), Validity::Expired);
        assert_eq!(validity(r#"{"exp":1e300}"#), Validity::Good);
        assert_eq!(validity(r#"{"exp":200,"nbf":101}"#), Validity::NotYet);
        assert_eq!(validity(r#"{"exp":"soon"}"#), Validity::Unknown);
    }

    #[test]
    fn what_would_be_refused_is_known() {
        let refused =
            |header: &str, claims: &str| Parts::of(&token(header, claims)).unwrap().refused;
        assert_eq!(refused(r#"{"alg":"ES256"}"#, "{}"), None);
        assert_eq!(
            refused(r#"{"alg":"none"}"#, "{}"),
            Some(Error::UnsupportedAlgorithm)
        );
        let times = r#"{"exp":"soon"}"#;
        assert_eq!(
            refused(r#"{"alg":"ES256"}"#, times),
            Some(Error::InvalidClaim("exp"))
        );
    }

    #[test]
    fn two_members_of_one_name_are_no_token() {
        let error =
            Parts::of(&token(r#"{"alg":"ES256"}"#, r#"{"sub":"a","sub":"b"}"#)).unwrap_err();
        assert_eq!(error.exit(), Exit::Malformed);
        assert!(
            error.to_string().contains("two members of one name"),
            "{error}"
        );
    }
}
