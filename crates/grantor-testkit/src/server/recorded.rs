//! A request as the server saw it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use grantor_core::{ClientAuthentication, Params, RequestView, Timestamp, TokenEndpointAuthMethod};
use http::{HeaderMap, Request, StatusCode, header};
use serde_json::Value;
use url::Url;

use super::Endpoint;

/// A request that a [`FakeServer`](crate::FakeServer) received. Its `Debug` shows no values.
#[derive(Clone)]
pub struct RecordedRequest {
    endpoint: Endpoint,
    request: Request<Bytes>,
    at: Option<Timestamp>,
    status: Arc<OnceLock<StatusCode>>,
}

impl RecordedRequest {
    pub(super) fn new(endpoint: Endpoint, request: Request<Bytes>, at: Option<Timestamp>) -> Self {
        Self {
            endpoint,
            request,
            at,
            status: Arc::default(),
        }
    }

    pub(super) fn answered(&self, status: StatusCode) {
        let _ = self.status.set(status);
    }

    /// Returns the endpoint that the request was for.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// The request itself.
    #[must_use]
    pub fn request(&self) -> &Request<Bytes> {
        &self.request
    }

    /// Its headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// Where it went; none if its URI has no origin.
    #[must_use]
    pub fn url(&self) -> Option<Url> {
        Url::parse(&self.request.uri().to_string()).ok()
    }

    /// When it came in, by the server's clock; none if the server has none.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        self.at
    }

    /// Returns the status of its answer, even if the answer was lost; none as long as there is no
    /// answer.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status.get().copied()
    }

    /// The grant type of a token request.
    #[must_use]
    pub fn grant_type(&self) -> Option<String> {
        self.parameter("grant_type")
    }

    /// A parameter, of the body, or of the query if it is a GET request. The first one, if there are
    /// several.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.params().get(name).map(str::to_owned)
    }

    /// All values of a parameter: of `resource` and `audience` there may be several.
    #[must_use]
    pub fn parameters(&self, name: &str) -> Vec<String> {
        self.params().all(name).map(str::to_owned).collect()
    }

    /// Its body as JSON, as a registration has it (RFC 7591); none, if it is none.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.request.body()).ok()
    }

    /// The client's identifier, from the `Authorization` header or the parameters.
    #[must_use]
    pub fn client_id(&self) -> Option<String> {
        let client = self.client()?;
        Some(client.client_id().to_owned())
    }

    /// How the client authenticated; none if it did not say who it is.
    #[must_use]
    pub fn auth_method(&self) -> Option<TokenEndpointAuthMethod> {
        self.client().map(|client| client.method())
    }

    /// Returns whether there was an `Authorization` header.
    #[must_use]
    pub fn has_authorization(&self) -> bool {
        self.headers().contains_key(header::AUTHORIZATION)
    }

    /// The access token that it carries: in the header with the scheme `Bearer` or `DPoP`, in the
    /// query or in a form (RFC 6750 section 2, RFC 9449 section 7.1).
    #[must_use]
    pub fn access_token(&self) -> Option<String> {
        if let Some(token) = token_of_header(self.headers()) {
            return Some(token.to_owned());
        }
        let query = self.request.uri().query().unwrap_or_default();
        let of = |form: &[u8]| {
            let params = Params::parse(form).ok()?;
            params.get("access_token").map(str::to_owned)
        };
        let is_form = self
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| {
                value
                    .as_bytes()
                    .starts_with(b"application/x-www-form-urlencoded")
            });
        of(query.as_bytes()).or_else(|| of(self.request.body()).filter(|_| is_form))
    }

    /// The parameters; none at all if they can't be read.
    pub(super) fn params(&self) -> Params<'_> {
        Params::parse(self.form()).unwrap_or_default()
    }

    pub(super) fn form(&self) -> &[u8] {
        match *self.request.method() {
            http::Method::GET => self.request.uri().query().unwrap_or_default().as_bytes(),
            _ => self.request.body(),
        }
    }

    fn client(&self) -> Option<ClientAuthentication> {
        let params = self.params();
        ClientAuthentication::from_request(&RequestView::new(self.headers(), &params)).ok()
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedRequest")
            .field("endpoint", &self.endpoint)
            .field("grant_type", &self.grant_type())
            .field("parameters", &self.params())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

fn token_of_header(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    let known = ["bearer", "dpop"].iter();
    known
        .clone()
        .any(|known| scheme.eq_ignore_ascii_case(known))
        .then_some(token.trim())
}
