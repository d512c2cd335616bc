//! The request to a device authorization endpoint (RFC 8628 section 3.1).

use bytes::Bytes;
use http::Request;
use url::Url;

use crate::client_authentication::ClientAuthentication;
use crate::params::Params;
use crate::quirks::Quirks;
use crate::scope::Scope;
use crate::token::InvalidTokenRequest;
use crate::token::to_request;

/// A request of a device whose user decides elsewhere (RFC 8628 section 3.1), without the client's
/// authentication.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceAuthorizationRequest {
    /// The requested scope.
    pub scope: Option<Scope>,
    /// Where the token is to be used (RFC 8707).
    pub resource: Vec<String>,
    /// Further parameters.
    pub extra: Vec<(String, String)>,
}

const KNOWN: [&str; 4] = ["scope", "resource", "client_id", "client_secret"];

impl DeviceAuthorizationRequest {
    /// Returns it as parameters.
    #[must_use]
    pub fn to_params(&self) -> Params<'static> {
        self.to_params_with(&Quirks::NONE)
    }

    fn to_params_with(&self, quirks: &Quirks) -> Params<'static> {
        let mut params = Params::new();
        let scope = self.scope.as_ref();
        params.push_some(
            "scope",
            scope.map(|scope| quirks.write_scope(scope.as_str())),
        );
        for resource in &self.resource {
            params.push("resource", resource.clone());
        }
        for (name, value) in &self.extra {
            params.push(name.clone(), value.clone());
        }
        params
    }

    /// Reads the parameters of a request; the client's authentication is read elsewhere.
    ///
    /// # Errors
    /// The scope is malformed.
    pub fn from_params(params: &Params<'_>) -> Result<Self, InvalidTokenRequest> {
        let scope = match params.get("scope") {
            None => None,
            Some(text) => Some(Scope::parse(text).map_err(|_| InvalidTokenRequest::Scope)?),
        };
        let extra = params.iter().filter(|(name, _)| !KNOWN.contains(name));
        Ok(Self {
            scope: scope.filter(|scope| !scope.is_empty()),
            resource: params.all("resource").map(str::to_owned).collect(),
            extra: extra.map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
        })
    }

    /// The HTTP request to a device authorization endpoint, as this server wants it.
    #[must_use]
    pub fn to_request(
        &self,
        endpoint: &Url,
        client: &ClientAuthentication,
        quirks: &Quirks,
    ) -> Request<Bytes> {
        to_request(endpoint, self.to_params_with(quirks), client, quirks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quirks::ScopeSeparator;
    use proptest::prelude::*;

    #[test]
    fn scopes_stand_between_commas_where_the_server_wants_that() {
        let request = DeviceAuthorizationRequest {
            scope: Some(Scope::parse("a b").unwrap()),
            ..DeviceAuthorizationRequest::default()
        };
        let mut quirks = Quirks::NONE;
        quirks.request_scope = ScopeSeparator::Comma;
        let client = ClientAuthentication::None {
            client_id: "app".into(),
        };
        let endpoint = Url::parse("https://a.example/device").unwrap();
        let sent = request.to_request(&endpoint, &client, &quirks);
        let params = Params::parse(sent.body()).unwrap();
        assert_eq!(params.get("scope"), Some("a,b"));
    }

    proptest! {
        #[test]
        fn round_trips(
            scope in proptest::option::of("[a-z]{1,5} [a-z]{6,8}"),
            resource in proptest::collection::vec("https://[a-z]{1,8}", 0..3),
            extra in proptest::collection::vec("[ -~]{1,8}", 0..3),
        ) {
            let request = DeviceAuthorizationRequest {
                scope: scope.map(|text| Scope::parse(&text).unwrap()),
                resource,
                extra: extra.into_iter().enumerate().map(|(i, v)| (format!("x{i}"), v)).collect(),
            };
            let form = request.to_params().to_form();
            let params = Params::parse(form.as_bytes()).unwrap();
            prop_assert_eq!(DeviceAuthorizationRequest::from_params(&params).unwrap(), request);
        }
    }
}
