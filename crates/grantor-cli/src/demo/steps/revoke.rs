//! The step `revoke`: revocation.

use grantor_core::AuthenticateChallenge;
use http::StatusCode;
use serde_json::json;

use super::{Player, Seen, Shown, demand, expect};

/// A token that its client gives up is dead at once, for the server and for the API (RFC 7009).
pub(super) async fn revoke(player: &mut Player) -> Shown {
    let token = player.service_token().await?;
    let before = player.counters();
    let answer = player.call_with(&token).await?;
    expect("the API's answer before", answer.status(), StatusCode::OK)?;
    player.revoke(&token).await?;
    let after = player.introspect_as_api(&token).await?;
    demand(
        !after.active,
        "the token is still active after its revocation",
    )?;
    let answer = player.call_with(&token).await?;
    expect(
        "the API's answer after",
        answer.status(),
        StatusCode::UNAUTHORIZED,
    )?;
    let challenges = AuthenticateChallenge::from_headers(answer.headers());
    let error = challenges
        .iter()
        .find_map(|challenge| challenge.get("error"));
    expect(
        "the \"error\" of the API's challenge",
        error,
        Some("invalid_token"),
    )?;
    let requests = player.counters().revocation_requests - before.revocation_requests;
    expect("revocation requests", requests, 1)?;
    Ok(Seen::new(
        "the API took the token, and after its revocation no longer",
        json!({"revocation_requests": requests}),
    ))
}
