//! Pushing an authorization request (RFC 9126 section 2.1).

use bytes::Bytes;
use http::Request;
use url::Url;

use crate::authorization::AuthorizationRequest;
use crate::client_authentication::ClientAuthentication;
use crate::quirks::Quirks;
use crate::token::to_request;

impl AuthorizationRequest {
    /// This request to the pushed authorization request endpoint, with the authentication of the
    /// client. The `client_id` is said once: by the authentication if that is in the body.
    #[must_use]
    pub fn to_pushed_request(
        &self,
        endpoint: &Url,
        client: &ClientAuthentication,
        quirks: &Quirks,
    ) -> Request<Bytes> {
        let mut request = self.clone();
        if request.request.is_some() {
            // RFC 9126 section 3: "client authentication parameters and request" are all there is.
            request.response_type = None;
            request.scope = None;
        }
        if !matches!(client, ClientAuthentication::Basic { .. }) {
            request.client_id = None;
        }
        request.scope = request.scope.map(|scope| quirks.write_scope(&scope));
        to_request(endpoint, request.to_params(), client, quirks)
    }

    /// The request that the browser carries in place of one that was pushed (RFC 9126 section 4).
    #[must_use]
    pub fn of_pushed(client_id: impl Into<String>, request_uri: impl Into<String>) -> Self {
        Self {
            client_id: Some(client_id.into()),
            request_uri: Some(request_uri.into()),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Params;
    use crate::quirks::ScopeSeparator;

    #[test]
    fn the_client_is_named_once() {
        let request = AuthorizationRequest {
            client_id: Some("app".to_owned()),
            scope: Some("a b".to_owned()),
            ..AuthorizationRequest::default()
        };
        let endpoint = Url::parse("https://id.example/par").unwrap();
        let mut commas = Quirks::NONE;
        commas.request_scope = ScopeSeparator::Comma;
        for client in [
            ClientAuthentication::None {
                client_id: "app".to_owned(),
            },
            ClientAuthentication::Post {
                client_id: "app".to_owned(),
                client_secret: "s3cret".into(),
            },
            ClientAuthentication::Basic {
                client_id: "app".to_owned(),
                client_secret: "s3cret".into(),
            },
        ] {
            let pushed = request.to_pushed_request(&endpoint, &client, &Quirks::NONE);
            let params = Params::parse(pushed.body()).unwrap();
            assert_eq!(params.all("client_id").collect::<Vec<_>>(), ["app"]);
            assert_eq!(params.get("scope"), Some("a b"));
            let pushed = request.to_pushed_request(&endpoint, &client, &commas);
            let params = Params::parse(pushed.body()).unwrap();
            assert_eq!(params.get("scope"), Some("a,b"));
        }
        let in_object = request.of_request_object("a.b.c");
        let client = ClientAuthentication::None {
            client_id: "app".to_owned(),
        };
        let pushed = in_object.to_pushed_request(&endpoint, &client, &Quirks::NONE);
        assert_eq!(pushed.body(), "request=a.b.c&client_id=app");
        let of_pushed = AuthorizationRequest::of_pushed("app", "urn:x").to_url(&endpoint);
        assert_eq!(
            of_pushed.unwrap().query(),
            Some("client_id=app&request_uri=urn%3Ax")
        );
    }
}
