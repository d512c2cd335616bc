//! Which token a request gets: the handle's one, or one of the request's own.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use grantor_core::Secret;
use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap};

use super::http_request::HttpRequest;
use crate::cache::slot::TokenSlot;
use crate::error::Error;
use crate::observe::hooks::ApiRequest;
use crate::token::subject::{PasswordCredentials, Subject, SubjectSource, SubjectToken};
use crate::tokens::Tokens;

impl Tokens {
    /// Shows a request to the hooks, then finds its slot.
    pub(crate) async fn slot_for(
        &self,
        request: &mut impl HttpRequest,
    ) -> Result<Arc<TokenSlot>, Error> {
        self.slot.run_request_hooks(request).await;
        // A request that may get no token makes no room for one.
        self.origins
            .find(request.uri(), request.localhost_names())?;
        self.slot_of_request(request).await
    }

    /// The slot for a request. Takes the user's Basic header off, where tokens are fetched by it.
    async fn slot_of_request(
        &self,
        request: &mut impl HttpRequest,
    ) -> Result<Arc<TokenSlot>, Error> {
        match self.subjects.as_deref() {
            Some(SubjectSource::Basic) => {
                let headers = request.headers_mut();
                let user = basic(headers).ok_or_else(|| {
                    Error::configuration(
                        "the request has no Basic header with the user's name and password",
                    )
                })?;
                headers.remove(AUTHORIZATION);
                Ok(self.subject_slot(Subject::Password(user)))
            }
            _ => {
                let named: Option<&SubjectToken> = request.extensions().and_then(Extensions::get);
                match named.cloned() {
                    Some(subject) if self.exchanges() => {
                        Ok(self.subject_slot(Subject::Token(subject)))
                    }
                    Some(_) => Err(Error::configuration(
                        "the request names a subject, and these tokens are none of \
                         \"token_exchange\"",
                    )),
                    None => self.slot_without_request().await,
                }
            }
        }
    }
}

impl TokenSlot {
    /// Shows a request to the hooks.
    pub(crate) async fn run_request_hooks(&self, request: &mut impl HttpRequest) {
        let hooks = &self.renewer.services.shared.connection.hooks;
        if hooks.leaves_api_requests() {
            return;
        }
        let method = request.method().clone();
        let mut uri = request.uri().clone();
        let mut seen = ApiRequest {
            method: &method,
            uri: &mut uri,
            headers: request.headers_mut(),
        };
        hooks.on_api_request(&mut seen).await;
        if uri != *request.uri() {
            request.set_uri(uri);
        }
    }
}

/// Name and password of a Basic header (RFC 7617); the password may have colons.
fn basic(headers: &HeaderMap) -> Option<PasswordCredentials> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(credentials.trim()).ok()?;
    let text = Secret::new(String::from_utf8(decoded).ok()?);
    let (username, password) = text.expose().split_once(':')?;
    Some(PasswordCredentials {
        username: username.to_owned(),
        password: Secret::new(password),
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(header: &str) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_bytes(header.as_bytes()).unwrap();
        headers.insert(AUTHORIZATION, value);
        let user = basic(&headers)?;
        Some((user.username, user.password.expose().to_owned()))
    }

    fn encoded(credentials: &[u8]) -> String {
        format!("Basic {}", STANDARD.encode(credentials))
    }

    #[test]
    fn a_name_ends_with_the_first_colon_and_a_password_does_not() {
        for (credentials, name, password) in [
            ("ada:pw", "ada", "pw"),
            ("ada:p:w:", "ada", "p:w:"),
            ("ada:", "ada", ""),
            (":pw", "", "pw"),
            ("Ådå: p w ", "Ådå", " p w "),
        ] {
            let read = read(&encoded(credentials.as_bytes()));
            assert_eq!(read, Some((name.into(), password.into())));
        }
    }

    #[test]
    fn the_scheme_is_written_in_any_case_and_followed_by_space() {
        for header in ["basic YTpi", "BASIC YTpi", "Basic   YTpi", "Basic YTpi "] {
            assert!(read(header).is_some(), "{header}");
        }
    }

    #[test]
    fn what_is_no_basic_header_names_nobody() {
        for header in [
            "Basic",
            "BasicYTpi",
            "Basic a:b",
            "Basic YTpi YTpi",
            "Bearer YTpi",
            "Digest YTpi",
            "Basic Å",
        ] {
            assert_eq!(read(header), None, "{header}");
        }
        assert_eq!(read(&encoded(b"no colon")), None);
        assert_eq!(read(&encoded(b"a:\xff")), None);
        assert!(basic(&HeaderMap::new()).is_none());
    }
}
