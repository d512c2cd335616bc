use url::Url;

use crate::{Params, Quirks, RedirectUri, ScopeSeparator};

/// A request to the authorization endpoint, its values as they were written: which of them are good
/// is for the server's checks to say, one by one and in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// What is to come back: `code`.
    pub response_type: Option<String>,
    /// Who asks.
    pub client_id: Option<String>,
    /// Where the answer goes.
    pub redirect_uri: Option<String>,
    /// What is asked for.
    pub scope: Option<String>,
    /// Comes back with the answer, bound to the user's browser by the client.
    pub state: Option<String>,
    /// The PKCE challenge (RFC 7636).
    pub code_challenge: Option<String>,
    /// How it was made.
    pub code_challenge_method: Option<String>,
    /// Where the token is to be used (RFC 8707).
    pub resource: Vec<String>,
    /// Further parameters.
    pub extra: Vec<(String, String)>,
}

impl AuthorizationRequest {
    /// As parameters.
    #[must_use]
    pub fn to_params(&self) -> Params<'static> {
        let mut params = Params::new();
        params.push_some("response_type", self.response_type.clone());
        params.push_some("client_id", self.client_id.clone());
        params.push_some("redirect_uri", self.redirect_uri.clone());
        params.push_some("scope", self.scope.clone());
        params.push_some("state", self.state.clone());
        params.push_some("code_challenge", self.code_challenge.clone());
        params.push_some("code_challenge_method", self.code_challenge_method.clone());
        for resource in &self.resource {
            params.push("resource", resource.clone());
        }
        for (name, value) in &self.extra {
            params.push(name.clone(), value.clone());
        }
        params
    }

    /// Reads parameters.
    #[must_use]
    pub fn from_params(params: &Params<'_>) -> Self {
        let mut request = Self::default();
        for (name, value) in params.iter() {
            let value = value.to_owned();
            match name {
                "response_type" => request.response_type = Some(value),
                "client_id" => request.client_id = Some(value),
                "redirect_uri" => request.redirect_uri = Some(value),
                "scope" => request.scope = Some(value),
                "state" => request.state = Some(value),
                "code_challenge" => request.code_challenge = Some(value),
                "code_challenge_method" => request.code_challenge_method = Some(value),
                "resource" => request.resource.push(value),
                _ => request.extra.push((name.to_owned(), value)),
            }
        }
        request
    }

    /// The value of a further parameter.
    #[must_use]
    pub fn extra(&self, name: &str) -> Option<&str> {
        let mut pairs = self.extra.iter();
        pairs
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// The URL to send the user to; the endpoint's own query stays.
    ///
    /// # Errors
    /// The endpoint and the parameters give no URL.
    pub fn to_url(&self, endpoint: &Url) -> Result<Url, url::ParseError> {
        self.to_url_with(endpoint, &Quirks::NONE)
    }

    /// The URL to send the user to, as this server wants it.
    ///
    /// # Errors
    /// The endpoint and the parameters give no URL.
    pub fn to_url_with(&self, endpoint: &Url, quirks: &Quirks) -> Result<Url, url::ParseError> {
        let params = match (quirks.request_scope, &self.scope) {
            (ScopeSeparator::Comma, Some(scope)) => Self {
                scope: Some(scope.replace(' ', ",")),
                ..self.clone()
            }
            .to_params(),
            _ => self.to_params(),
        };
        Url::parse(&RedirectUri::with_query(endpoint.as_str(), &params))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn maybe() -> impl Strategy<Value = Option<String>> {
        proptest::option::of("\\PC{1,12}")
    }

    #[test]
    fn scopes_stand_between_commas_where_the_server_wants_that() {
        let request = AuthorizationRequest {
            scope: Some("a b".into()),
            ..AuthorizationRequest::default()
        };
        let mut quirks = Quirks::NONE;
        quirks.request_scope = ScopeSeparator::Comma;
        let endpoint = Url::parse("https://a.example/authorize").unwrap();
        let url = request.to_url_with(&endpoint, &quirks).unwrap();
        assert_eq!(url.query(), Some("scope=a%2Cb"));
    }

    proptest! {
        #[test]
        fn round_trips(
            response_type in maybe(), client_id in maybe(), redirect_uri in maybe(),
            scope in maybe(), state in maybe(), code_challenge in maybe(),
            resource in proptest::collection::vec("\\PC{1,8}", 0..3), extra in maybe(),
        ) {
            let request = AuthorizationRequest {
                response_type, client_id, redirect_uri, scope, state, resource,
                code_challenge_method: code_challenge.as_ref().map(|_| "S256".to_owned()),
                code_challenge,
                extra: extra.map(|value| ("prompt".to_owned(), value)).into_iter().collect(),
            };
            let url = request.to_url(&Url::parse("https://a.example/authorize?x=").unwrap()).unwrap();
            let params = Params::parse(url.query().unwrap().as_bytes()).unwrap();
            prop_assert_eq!(AuthorizationRequest::from_params(&params), request);
        }
    }
}
