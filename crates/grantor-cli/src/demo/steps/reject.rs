//! The step `reject_401`: renewal after a rejected token.

use http::StatusCode;
use serde_json::json;

use super::{Player, Seen, Shown, expect};

/// A token that was good is refused by the API: it is renewed once, and the call goes through.
pub(super) async fn reject_401(player: &mut Player) -> Shown {
    let renewed = player.tokens.renew().await;
    let doomed = renewed.map_err(|error| format!("the client has no token: {error}"))?;
    let good = vec![StatusCode::OK];
    expect(
        "the answers before the revocation",
        player.call().await?,
        good,
    )?;
    player.revoke(&doomed.secret).await?;
    let refused = player.call_with(&doomed.secret).await?;
    let what = "the API's answer to a revoked token";
    expect(what, refused.status(), StatusCode::UNAUTHORIZED)?;

    let (before, counts_before) = (player.counters(), player.tokens.counts());
    let healed = vec![StatusCode::UNAUTHORIZED, StatusCode::OK];
    let what = "the answers to a call with a revoked token";
    expect(what, player.call().await?, healed)?;
    let token_requests = player.counters().token_requests - before.token_requests;
    expect("token requests", token_requests, 1)?;
    let rejections = player.tokens.counts().rejections - counts_before.rejections;
    expect("rejections that the client noticed", rejections, 1)?;
    Ok(Seen::new(
        "a revoked token is answered 401, renewed once, and the call goes through",
        json!({"statuses": [401, 200], "token_requests": token_requests}),
    ))
}
