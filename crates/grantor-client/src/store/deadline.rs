//! A store answers in time, or what it holds is done without.

use std::time::Duration;

use crate::error::Error;

/// How long a store may take before a token is used that it has not got.
pub(crate) const STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// Bounds the time that a store may take.
pub(crate) async fn within_store_timeout<T>(
    work: impl Future<Output = Result<T, grantor_store::Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(STORE_TIMEOUT, work).await {
        Ok(done) => done.map_err(Error::from),
        Err(_) => Err(Error::transient(
            "the store of tokens did not answer in time",
        )),
    }
}
