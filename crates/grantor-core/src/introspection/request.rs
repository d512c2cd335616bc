//! The request to an introspection endpoint (RFC 7662 section 2.1).

use bytes::Bytes;
use http::Request;
use url::Url;

use crate::client_authentication::ClientAuthentication;
use crate::params::Params;
use crate::quirks::Quirks;
use crate::secret::Secret;
use crate::token::to_request;
use crate::token_type_hint::TokenTypeHint;

/// Asks an introspection endpoint about a token (RFC 7662 section 2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IntrospectionRequest {
    /// The token.
    pub token: Secret,
    /// The kind of the token, if the client knows it.
    pub token_type_hint: Option<TokenTypeHint>,
}

impl IntrospectionRequest {
    /// A request about `token`.
    pub fn new(token: impl Into<Secret>) -> Self {
        Self {
            token: token.into(),
            token_type_hint: None,
        }
    }

    /// As parameters.
    #[must_use]
    pub fn to_params(&self) -> Params<'static> {
        let mut params = Params::new();
        params.push("token", self.token.expose().to_owned());
        params.push_some(
            "token_type_hint",
            self.token_type_hint.map(TokenTypeHint::as_str),
        );
        params
    }

    /// Reads parameters; none without a token. An unknown hint is no hint.
    #[must_use]
    pub fn from_params(params: &Params<'_>) -> Option<Self> {
        Some(Self {
            token: Secret::new(params.get("token")?),
            token_type_hint: params.get("token_type_hint").and_then(TokenTypeHint::parse),
        })
    }

    /// The HTTP request to an introspection endpoint.
    #[must_use]
    pub fn to_request(&self, endpoint: &Url, client: &ClientAuthentication) -> Request<Bytes> {
        self.to_request_with(endpoint, client, &Quirks::NONE)
    }

    /// The HTTP request to an introspection endpoint, as this server wants it. Only the quirk of HTTP
    /// Basic applies here.
    #[must_use]
    pub fn to_request_with(
        &self,
        endpoint: &Url,
        client: &ClientAuthentication,
        quirks: &Quirks,
    ) -> Request<Bytes> {
        let quirks = Quirks {
            basic: quirks.basic,
            ..Quirks::NONE
        };
        to_request(endpoint, self.to_params(), client, &quirks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_round_trip_and_unknown_hints_are_ignored() {
        let mut request = IntrospectionRequest::new("t");
        request.token_type_hint = Some(TokenTypeHint::RefreshToken);
        let form = request.to_params().to_form();
        let params = Params::parse(form.as_bytes()).unwrap();
        assert_eq!(IntrospectionRequest::from_params(&params), Some(request));
        let params = Params::parse(b"token=t&token_type_hint=x").unwrap();
        let read = IntrospectionRequest::from_params(&params);
        assert_eq!(read, Some(IntrospectionRequest::new("t")));
        assert_eq!(IntrospectionRequest::from_params(&Params::new()), None);
    }
}
