//! Errors of a request beside those of its token and of its HTTP client.

use url::Url;

/// The reason why a session sends no request, or no further one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RequestFailure {
    /// The API redirects once more than is followed.
    TooManyRedirects,
    /// There is no URL to send to. This is why.
    InvalidUrl(String),
}

impl RequestFailure {
    pub(crate) const TOO_MANY_REDIRECTS: &str =
        "the API redirects more than ten times, so no request was sent to the last location";

    /// The URL that a path and the base URL make.
    pub(crate) fn check_joined(joined: Result<Url, url::ParseError>) -> Result<Url, Self> {
        let url = joined.map_err(|error| {
            Self::InvalidUrl(format!("the path can't be joined to the base URL: {error}"))
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Self::InvalidUrl(
                "the URL of the request holds a name or a password, which would replace the token"
                    .to_owned(),
            ));
        }
        if matches!(url.scheme(), "http" | "https") {
            return Ok(url);
        }
        let scheme = url.scheme();
        Err(Self::InvalidUrl(format!(
            "the URL of the request is none for HTTP: its scheme is {scheme:?}"
        )))
    }

    /// The URL of a request names nothing that HTTP can send to.
    pub(crate) fn not_http(error: &http::uri::InvalidUri) -> Self {
        Self::InvalidUrl(format!("the URL of the request is none for HTTP: {error}"))
    }
}
