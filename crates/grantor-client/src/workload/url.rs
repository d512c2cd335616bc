//! A token at a URL.

use std::fmt;

use grantor_core::{BoxFuture, Secret};

use super::format::WorkloadTokenFormat;
use super::http::get;
use super::platform::{Platform, PlatformContext, PlatformToken};
use crate::error::Error;

/// A URL that answers with a token, as the metadata service of a machine does.
///
/// ```
/// use grantor_client::{TokenUrl, WorkloadToken, WorkloadTokenFormat};
///
/// let token = TokenUrl::new("http://169.254.169.254/metadata/identity/oauth2/token")
///     .header("Metadata", "True")
///     .format(WorkloadTokenFormat::json("access_token"));
/// let token = WorkloadToken::from(token);
/// ```
#[derive(Clone)]
pub struct TokenUrl {
    url: String,
    headers: Vec<(String, Secret)>,
    format: WorkloadTokenFormat,
}

impl TokenUrl {
    /// A URL whose answer is the token.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            headers: Vec::new(),
            format: WorkloadTokenFormat::Text,
        }
    }

    /// Sends this header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The form of its answer.
    #[must_use]
    pub fn format(mut self, format: WorkloadTokenFormat) -> Self {
        self.format = format;
        self
    }

    async fn read(&self, context: &PlatformContext<'_>) -> Result<PlatformToken, Error> {
        let whose = format!("{self:?}");
        let headers = self.headers.iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| (&**name, value.expose()))
            .collect();
        let answer = context
            .send(get(&self.url, &headers, &whose)?, &whose)
            .await?;
        let token = self.format.read(answer.body(), &whose)?;
        Ok(token.into())
    }
}

impl Platform for TokenUrl {
    fn fetch<'a>(
        &'a self,
        context: &'a PlatformContext<'_>,
    ) -> BoxFuture<'a, Result<PlatformToken, Error>> {
        Box::pin(self.read(context))
    }
}

impl fmt::Debug for TokenUrl {
    /// Leaves the query out, which may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = ::url::Url::parse(&self.url);
        match shown {
            Ok(url) => write!(
                f,
                "the URL {}{}",
                url.origin().ascii_serialization(),
                url.path()
            ),
            Err(_) => f.write_str("a URL that can't be read"),
        }
    }
}
