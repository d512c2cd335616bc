//! An authorization request as the URL to which a browser is sent.

use url::Url;

use super::AuthorizationRequest;
use crate::quirks::Quirks;
use crate::redirect_uri::RedirectUri;

impl AuthorizationRequest {
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
        let mut request = self.clone();
        request.scope = request.scope.map(|scope| quirks.write_scope(&scope));
        Url::parse(&RedirectUri::with_query(
            endpoint.as_str(),
            &request.to_params(),
        ))
    }
}
