//! The public keys of the server (RFC 7517).

use grantor_core::BoxFuture;

use crate::error::Error;
use crate::http::{Call, Reply};
use crate::services::Services;

pub(crate) fn run<'a>(
    services: &'a Services,
    _: &'a Call<'a>,
) -> BoxFuture<'a, Result<Reply, Error>> {
    let document = services.published.keys.clone();
    Box::pin(std::future::ready(Ok(Reply::document(document))))
}
