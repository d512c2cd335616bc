//! The public keys of the server (RFC 7517).

use grantor_core::BoxFuture;

use crate::error::Error;
use crate::http::{Call, Reply};
use crate::state::State;

pub(crate) fn run<'a>(state: &'a State, call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
    let keys = &state.services.keys;
    Box::pin(async move {
        if keys.is_refresh_due(call.now) {
            keys.refresh().await;
        }
        Ok(Reply::document(keys.signing().document().clone()))
    })
}
