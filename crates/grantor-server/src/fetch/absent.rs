//! What stands for the way out in a server without the feature `fetch`.

use grantor_http::Addresses;
use grantor_jose::{Error as JwtError, KeySet};
use url::Url;

use super::FetchError;

/// Fetches documents and keys from URLs. There is none without the feature `fetch`.
#[derive(Debug, Clone)]
pub enum Fetcher {}

impl Fetcher {
    pub(crate) fn addresses(&self) -> Addresses {
        match *self {}
    }

    pub(crate) fn apart(&self) -> Self {
        match *self {}
    }

    pub(crate) fn open(&self) -> Result<(), FetchError> {
        match *self {}
    }

    pub(crate) async fn verify<T>(
        &self,
        _: &Url,
        _: impl Fn(&KeySet) -> Result<T, JwtError>,
    ) -> Result<Result<T, JwtError>, FetchError> {
        match *self {}
    }
}
