//! Refresh tokens: rotated at every use, given again within grace, and dead once an old one comes
//! back (RFC 9700 section 4.14.2).

use grantor_core::exchange::FetchError;
use grantor_core::{Secret, TokenResponse};
use http::StatusCode;
use serde_json::json;

use super::{Player, Seen, Shown, demand, expect};
use crate::demo::player::Login;

/// A refresh token gives a new one.
pub(super) async fn rotate(player: &mut Player) -> Shown {
    let before = player.counters();
    let used = newest(player.login()?)?;
    rotate_once(player, &used).await?;
    let rotations = player.counters().refresh_rotations - before.refresh_rotations;
    expect("rotations", rotations, 1)?;
    Ok(Seen::new(
        "the refresh token was replaced by another one",
        json!({"refresh_rotations": rotations}),
    ))
}

/// The predecessor gives the very same successor again: its answer may have been lost.
pub(super) async fn grace(player: &mut Player) -> Shown {
    let before = player.counters();
    let [.., predecessor, successor] = &player.login()?.refresh_tokens[..] else {
        return Err(NOT_ROTATED.to_owned());
    };
    let (predecessor, successor) = (predecessor.clone(), successor.clone());
    let answer = refreshed(player.refresh(&predecessor).await?)?;
    demand(
        answer.refresh_token.as_ref() == Some(&successor),
        "the predecessor gave another refresh token, expected the same successor again",
    )?;
    let after = player.counters();
    let uses = after.refresh_grace_uses - before.refresh_grace_uses;
    expect("uses within grace", uses, 1)?;
    let rotations = after.refresh_rotations - before.refresh_rotations;
    expect("rotations", rotations, 0)?;
    if let Some(login) = &mut player.login {
        login.access_token = answer.access_token;
    }
    Ok(Seen::new(
        "a repeated refresh token gave the very same successor",
        json!({"refresh_grace_uses": uses, "refresh_rotations": rotations}),
    ))
}

/// An older generation is in somebody else's hands: it gives nothing, and the whole grant ends.
pub(super) async fn reuse(player: &mut Player) -> Shown {
    let rotated = player.counters().refresh_rotations;
    let current = newest(player.login()?)?;
    rotate_once(player, &current).await?;
    let login = player.login()?;
    let [old, _, .., newest] = &login.refresh_tokens[..] else {
        return Err(NOT_ROTATED.to_owned());
    };
    let alive = player.introspect_as_api(&login.access_token).await?;
    demand(alive.active, "the access token is dead before the reuse")?;

    let before = player.counters();
    let rotations = before.refresh_rotations - rotated;
    expect("rotations", rotations, 1)?;
    demand(
        is_invalid_grant(&player.refresh(old).await?),
        "an old refresh token was not refused with invalid_grant",
    )?;
    let replays = player.counters().replays - before.replays;
    expect("replays that the server noticed", replays, 1)?;
    demand(
        is_invalid_grant(&player.refresh(newest).await?),
        "the newest refresh token was not refused after the reuse of an old one",
    )?;
    let dead = player.introspect_as_api(&login.access_token).await?;
    demand(!dead.active, "the access token outlived the reuse")?;
    let refused = player.call_with(&login.access_token).await?;
    let what = "the API's answer after the reuse";
    expect(what, refused.status(), StatusCode::UNAUTHORIZED)?;
    Ok(Seen::new(
        "a stolen old refresh token was refused, and every token of the grant died",
        json!({"replays": replays, "refresh_rotations": rotations}),
    ))
}

const NOT_ROTATED: &str = "there is no rotated refresh token: refresh_rotate did not get one";

fn newest(login: &Login) -> Result<Secret, String> {
    login
        .refresh_tokens
        .last()
        .cloned()
        .ok_or_else(|| NOT_ROTATED.to_owned())
}

/// Uses a refresh token, and remembers its successor.
async fn rotate_once(player: &mut Player, used: &Secret) -> Result<(), String> {
    let answer = refreshed(player.refresh(used).await?)?;
    let successor = answer
        .refresh_token
        .ok_or("there is no new refresh token")?;
    demand(
        successor != *used,
        "the refresh token is still the same, expected another",
    )?;
    let login = player.login.as_mut().ok_or(NOT_ROTATED)?;
    demand(
        answer.access_token != login.access_token,
        "the access token is still the same, expected another",
    )?;
    login.access_token = answer.access_token;
    login.refresh_tokens.push(successor);
    Ok(())
}

fn refreshed(answer: Result<TokenResponse, FetchError>) -> Result<TokenResponse, String> {
    answer.map_err(|error| format!("the refresh token was not exchanged: {error}"))
}

fn is_invalid_grant(answer: &Result<TokenResponse, FetchError>) -> bool {
    matches!(answer, Err(FetchError::Answer(error)) if error.is_invalid_grant())
}
