//! The step `cold_100`: one token request for a hundred calls at once.

use http::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

use super::{Player, Seen, Shown, expect};
use crate::demo::player::call;

const CALLS: u64 = 100;

/// A hundred calls at once over one token manager that has no token yet, and the server gets one
/// request.
pub(super) async fn cold_100(player: &mut Player) -> Shown {
    let before = player.counters();
    let mut calls = JoinSet::new();
    for _ in 0..CALLS {
        let (tokens, line) = (player.tokens.clone(), player.line.clone());
        let api = player.stage.api.clone();
        calls.spawn(async move { call(&tokens, &line, &api).await });
    }
    let mut good: u64 = 0;
    for statuses in calls.join_all().await {
        expect("the answers to a call", statuses?, vec![StatusCode::OK])?;
        good += 1;
    }
    expect("answered calls", good, CALLS)?;
    let after = player.counters();
    let token_requests = after.token_requests - before.token_requests;
    expect("token requests", token_requests, 1)?;
    let introspections = after.introspection_requests - before.introspection_requests;
    expect("tokens the API asked about", introspections, CALLS)?;
    Ok(Seen::new(
        format!("{CALLS} calls at once, {token_requests} token request"),
        json!({
            "calls": CALLS,
            "token_requests": token_requests,
            "introspection_requests": introspections,
        }),
    ))
}
