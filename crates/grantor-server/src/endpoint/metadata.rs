//! Server metadata (RFC 8414), made once.

use grantor_core::BoxFuture;

use crate::error::Error;
use crate::http::{Call, Reply};
use crate::state::State;

pub(crate) fn run<'a>(state: &'a State, _: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
    let document = state.documents.metadata.clone();
    Box::pin(std::future::ready(Ok(Reply::document(document))))
}
