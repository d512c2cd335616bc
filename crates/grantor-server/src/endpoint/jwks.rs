//! The public keys of the server (RFC 7517).

use grantor_core::BoxFuture;

use crate::error::Error;
use crate::http::{Call, Reply};
use crate::state::State;

pub(crate) fn run<'a>(state: &'a State, _: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
    let document = state.documents.keys.clone();
    Box::pin(std::future::ready(Ok(Reply::document(document))))
}
