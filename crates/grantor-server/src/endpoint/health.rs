//! Whether the server can do its work now, for load balancers and supervisors.

use grantor_core::BoxFuture;
use http::StatusCode;
use serde_json::json;

use crate::error::Error;
use crate::http::{Call, Reply};
use crate::state::State;

/// 200 if its stores answer and it has keys, and otherwise 503. It says no more than that; the log
/// has the reason.
pub(crate) fn run<'a>(state: &'a State, _: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
    let services = &state.services;
    Box::pin(async move {
        let has_keys = !services.keys.signing().public().keys().is_empty();
        let (status, text) = match has_keys && services.has_healthy_stores().await {
            true => (StatusCode::OK, "ok"),
            false => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        };
        let body = json!({
            "status": text,
            "store_rolled_back": services.events.counters().rollbacks > 0,
        });
        Ok(Reply::json(status, body.to_string()))
    })
}
