//! The answers of the two endpoints that hand out credentials (RFC 5849 sections 2.1 and 2.3).

use std::fmt;

use http::{Response, StatusCode};
use serde_json::Value;

use super::Credentials;
use crate::secret::Secret;

/// Credentials that a server handed out: temporary ones, or those of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialsResponse {
    /// The identifier and its secret.
    pub credentials: Credentials,
    /// Further members of the answer, as `user_id` of some servers.
    pub extra: Vec<(String, String)>,
}

/// The reason why an answer has no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialsError {
    /// The server refused. `problem` is its `oauth_problem`, an extension that many servers have.
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// The reason, if the server named one.
        problem: Option<String>,
    },
    /// The answer lacks this member, or has it twice.
    Missing(&'static str),
    /// The answer is neither a form nor a JSON object.
    Malformed,
    /// The server did not confirm the callback. Then it speaks OAuth 1.0, in which an attacker can
    /// have somebody else authorize the attacker's request (RFC 5849 section 2.1).
    Unconfirmed,
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, problem } => {
                write!(f, "the server answered {}", status.as_u16())?;
                match problem {
                    Some(problem) => write!(f, ": {problem}"),
                    None => Ok(()),
                }
            }
            Self::Missing(member) => write!(f, "the answer has not \"{member}\" once"),
            Self::Malformed => f.write_str("the answer is neither a form nor a JSON object"),
            Self::Unconfirmed => f.write_str(
                "the server did not confirm the callback (\"oauth_callback_confirmed\"): it speaks \
                 OAuth 1.0, which has a hole there",
            ),
        }
    }
}

impl std::error::Error for CredentialsError {}

const TOKEN: &str = "oauth_token";
const SECRET: &str = "oauth_token_secret";
const CONFIRMED: &str = "oauth_callback_confirmed";

impl CredentialsResponse {
    /// Reads temporary credentials (RFC 5849 section 2.1).
    ///
    /// # Errors
    /// The server refused, answered something else, or did not confirm the callback.
    pub fn temporary<B: AsRef<[u8]>>(response: &Response<B>) -> Result<Self, CredentialsError> {
        let mut read = Self::token(response)?;
        let confirmed = read.extra.iter().position(|(name, _)| name == CONFIRMED);
        let confirmed = confirmed.map(|at| read.extra.remove(at).1);
        match confirmed.as_deref() {
            Some("true") => Ok(read),
            _ => Err(CredentialsError::Unconfirmed),
        }
    }

    /// Reads the credentials of a token (RFC 5849 section 2.3).
    ///
    /// # Errors
    /// The server refused, or answered something else.
    pub fn token<B: AsRef<[u8]>>(response: &Response<B>) -> Result<Self, CredentialsError> {
        let body = response.body().as_ref();
        if !response.status().is_success() {
            return Err(CredentialsError::Refused {
                status: response.status(),
                problem: problem(body),
            });
        }
        let mut members = members(body).ok_or(CredentialsError::Malformed)?;
        let identifier = take(&mut members, TOKEN)?;
        let secret = take(&mut members, SECRET)?;
        Ok(Self {
            credentials: Credentials::new(identifier, Secret::from(secret)),
            extra: members,
        })
    }
}

/// Takes a member that must be there once, and not empty but for a secret.
fn take(
    members: &mut Vec<(String, String)>,
    name: &'static str,
) -> Result<String, CredentialsError> {
    let missing = CredentialsError::Missing(name);
    let Some(at) = members.iter().position(|(own, _)| own == name) else {
        return Err(missing);
    };
    let (_, value) = members.remove(at);
    let again = members.iter().any(|(own, _)| own == name);
    match again || (value.is_empty() && name == TOKEN) {
        true => Err(missing),
        false => Ok(value),
    }
}

/// A form, as RFC 5849 has it, or the JSON object that some servers answer with.
fn members(body: &[u8]) -> Option<Vec<(String, String)>> {
    let text = std::str::from_utf8(body).ok()?.trim();
    if !text.starts_with('{') {
        let pairs = form_urlencoded::parse(text.as_bytes());
        return Some(pairs.into_owned().collect());
    }
    let Ok(Value::Object(json)) = serde_json::from_str(text) else {
        return None;
    };
    let members = json.into_iter().filter_map(|(name, value)| match value {
        Value::String(text) => Some((name, text)),
        Value::Bool(_) | Value::Number(_) => Some((name, value.to_string())),
        _ => None,
    });
    Some(members.collect())
}

/// Returns the problem that the server names, if it is a word: other parts of its page may repeat
/// what was sent.
fn problem(body: &[u8]) -> Option<String> {
    let members = members(body)?;
    let (_, problem) = members
        .into_iter()
        .find(|(name, _)| name == "oauth_problem")?;
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    (problem.len() <= 64 && problem.bytes().all(is_word)).then_some(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Response<Vec<u8>> {
        let response = Response::builder().status(status);
        response.body(body.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn forms_and_json_are_read_with_further_members() {
        for body in [
            "oauth_token=ab%20c&oauth_token_secret=xyz&user_id=7&oauth_callback_confirmed=true",
            "{\"oauth_token\":\"ab c\",\"oauth_token_secret\":\"xyz\",\"user_id\":7,\
             \"oauth_callback_confirmed\":true}",
        ] {
            let read = CredentialsResponse::temporary(&answer(200, body)).unwrap();
            assert_eq!(read.credentials, Credentials::new("ab c", "xyz"));
            assert_eq!(read.extra, [("user_id".to_owned(), "7".to_owned())]);
        }
    }

    #[test]
    fn a_secret_may_be_empty_and_an_identifier_may_not() {
        let token = |body| CredentialsResponse::token(&answer(200, body));
        let read = token("oauth_token=a&oauth_token_secret=").unwrap();
        assert!(read.credentials.secret.is_empty());
        for (body, expected) in [
            (
                "oauth_token=&oauth_token_secret=a",
                CredentialsError::Missing(TOKEN),
            ),
            ("oauth_token=a", CredentialsError::Missing(SECRET)),
            (
                "oauth_token=a&oauth_token_secret=a&oauth_token=b",
                CredentialsError::Missing(TOKEN),
            ),
            ("", CredentialsError::Missing(TOKEN)),
            ("{", CredentialsError::Malformed),
            ("[1]", CredentialsError::Missing(TOKEN)),
        ] {
            assert_eq!(token(body), Err(expected), "{body}");
        }
        assert_eq!(
            CredentialsResponse::token(&answer(200, "").map(|_| [0xFF])),
            Err(CredentialsError::Malformed)
        );
    }

    #[test]
    fn a_callback_that_is_not_confirmed_is_refused() {
        for confirmed in [
            "",
            "&oauth_callback_confirmed=false",
            "&oauth_callback_confirmed",
        ] {
            let body = format!("oauth_token=a&oauth_token_secret=b{confirmed}");
            let read = CredentialsResponse::temporary(&answer(200, &body));
            assert_eq!(read, Err(CredentialsError::Unconfirmed), "{confirmed}");
        }
    }

    #[test]
    fn a_refusal_names_its_problem_and_nothing_else_of_the_page() {
        let refused = |body: &str| CredentialsResponse::token(&answer(401, body)).unwrap_err();
        let text = refused("oauth_problem=token_rejected&oauth_token=secret").to_string();
        assert_eq!(text, "the server answered 401: token_rejected");
        for body in ["oauth_problem=<b>s3cret</b>", "Invalid s3cret", "{\"a\":1}"] {
            assert_eq!(
                refused(body).to_string(),
                "the server answered 401",
                "{body}"
            );
        }
    }
}
