//! The three steps by which a client gets the credentials of a token (RFC 5849 section 2).

use std::fmt;

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_LENGTH;
use url::Url;

use super::{Credentials, Signing, Unsignable};
use crate::secret::Secret;
use grantor_jose::Timestamp;

/// Where the user comes back to after the authorization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callback {
    /// An address, by a redirect.
    Url(Url),
    /// `oob`: nowhere. The server shows the verifier, and the user types it into the program.
    OutOfBand,
}

impl Callback {
    fn as_str(&self) -> &str {
        match self {
            Self::Url(url) => url.as_str(),
            Self::OutOfBand => "oob",
        }
    }
}

/// The reason why a callback brings no verifier.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallbackError {
    /// It is about other temporary credentials: it belongs to another browser or another request.
    OtherCredentials,
    /// The user said no.
    Denied,
    /// It lacks this parameter, or has it twice.
    Missing(&'static str),
}

impl fmt::Display for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherCredentials => {
                f.write_str("\"oauth_token\" is not that of the request that was begun")
            }
            Self::Denied => f.write_str("the user said no"),
            Self::Missing(name) => write!(f, "the callback has not \"{name}\" once"),
        }
    }
}

impl std::error::Error for CallbackError {}

impl Signing {
    /// The request for temporary credentials (RFC 5849 section 2.1), signed by the client's
    /// credentials alone. Its answer is read by
    /// [`CredentialsResponse::temporary`](super::CredentialsResponse::temporary).
    ///
    /// # Errors
    /// The request can't be signed.
    pub fn temporary_credentials_request(
        &self,
        endpoint: &Url,
        callback: &Callback,
        nonce: &str,
        timestamp: Timestamp,
    ) -> Result<Request<Bytes>, Unsignable> {
        let mut signing = self.clone();
        signing.token = None;
        signing.push("oauth_callback", callback.as_str());
        signing.post(endpoint, nonce, timestamp)
    }

    /// Where the user authorizes the temporary credentials (RFC 5849 section 2.2).
    #[must_use]
    pub fn authorization_url(endpoint: &Url, temporary: &Credentials) -> Url {
        let mut url = endpoint.clone();
        url.query_pairs_mut()
            .append_pair("oauth_token", &temporary.identifier);
        url
    }

    /// The request for the credentials of a token (RFC 5849 section 2.3). Its answer is read by
    /// [`CredentialsResponse::token`](super::CredentialsResponse::token).
    ///
    /// # Errors
    /// The request can't be signed.
    pub fn token_credentials_request(
        &self,
        endpoint: &Url,
        temporary: &Credentials,
        verifier: &Secret,
        nonce: &str,
        timestamp: Timestamp,
    ) -> Result<Request<Bytes>, Unsignable> {
        let mut signing = self.clone();
        signing.token = Some(temporary.clone());
        signing.push("oauth_verifier", verifier.expose());
        signing.post(endpoint, nonce, timestamp)
    }

    fn push(&mut self, name: &str, value: &str) {
        self.extra.retain(|(own, _)| own != name);
        self.extra.push((name.to_owned(), value.to_owned()));
    }

    fn post(
        &self,
        endpoint: &Url,
        nonce: &str,
        timestamp: Timestamp,
    ) -> Result<Request<Bytes>, Unsignable> {
        let request = Request::post(endpoint.as_str());
        let request = request.header(CONTENT_LENGTH, 0).body(Bytes::new());
        let mut request = request.map_err(|_| Unsignable::Uri)?;
        self.sign(&mut request, nonce, timestamp)?;
        Ok(request)
    }
}

/// The verifier that a callback brings (RFC 5849 section 2.2): of its whole URL or of its query.
///
/// # Errors
/// The callback is about other temporary credentials, or the user said no.
pub fn verifier_of_callback(
    callback: &str,
    temporary: &Credentials,
) -> Result<Secret, CallbackError> {
    let query = callback.split('#').next().unwrap_or_default();
    let query = query.split_once('?').map_or(query, |(_, query)| query);
    let parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let all = |name: &'static str| {
        let named = parameters.iter().filter(move |(own, _)| own == name);
        named.map(|(_, value)| &**value)
    };
    let once = |name: &'static str| {
        let mut values = all(name);
        match (values.next(), values.next()) {
            (Some(value), None) if !value.is_empty() => Ok(value),
            _ => Err(CallbackError::Missing(name)),
        }
    };
    // `denied` is what Twitter sends, with the identifier as its value; `oauth_problem` is an
    // extension.
    let denied = all("denied").any(|value| value == temporary.identifier);
    if denied || all("oauth_problem").next().is_some() {
        return Err(CallbackError::Denied);
    }
    if once("oauth_token")? != temporary.identifier {
        return Err(CallbackError::OtherCredentials);
    }
    once("oauth_verifier").map(Secret::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_is_taken_for_its_own_credentials_only() {
        let temporary = Credentials::new("hdk48Djdsa", "xyz");
        let verifier = |callback: &str| verifier_of_callback(callback, &temporary);
        for callback in [
            "https://client.example/cb?x=1&oauth_token=hdk48Djdsa&oauth_verifier=473f82d3",
            "oauth_token=hdk48Djdsa&oauth_verifier=473f82d3#_=_",
            "/cb?oauth_verifier=473f82d3&oauth_token=hdk48Djdsa",
        ] {
            assert_eq!(
                verifier(callback).unwrap().expose(),
                "473f82d3",
                "{callback}"
            );
        }
        for (callback, expected) in [
            (
                "?oauth_token=other&oauth_verifier=1",
                CallbackError::OtherCredentials,
            ),
            (
                "?oauth_token=hdk48Djdsa",
                CallbackError::Missing("oauth_verifier"),
            ),
            (
                "?oauth_token=hdk48Djdsa&oauth_verifier=",
                CallbackError::Missing("oauth_verifier"),
            ),
            (
                "?oauth_token=hdk48Djdsa&oauth_verifier=1&oauth_verifier=2",
                CallbackError::Missing("oauth_verifier"),
            ),
            (
                "?oauth_token=hdk48Djdsa&oauth_token=other&oauth_verifier=1",
                CallbackError::Missing("oauth_token"),
            ),
            ("", CallbackError::Missing("oauth_token")),
            ("?denied=hdk48Djdsa", CallbackError::Denied),
            ("?denied=other", CallbackError::Missing("oauth_token")),
            ("?oauth_problem=permission_denied", CallbackError::Denied),
        ] {
            assert_eq!(verifier(callback), Err(expected), "{callback}");
        }
    }
}
