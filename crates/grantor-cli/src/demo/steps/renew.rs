//! The step `renew_background`: renewal before a token expires.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use super::{Player, Seen, Shown, demand, expect};
use crate::demo::stage::ACCESS_TOKEN_LIFETIME;

/// The time between two calls.
const PAUSE: Duration = Duration::from_millis(50);
/// How many calls are made with the renewed token.
const CALLS_AFTER: u32 = 5;

/// Calls go on while the token grows old and is replaced, and no call waits for that.
pub(super) async fn renew_background(player: &mut Player) -> Shown {
    let no_token = |error| format!("the client has no token: {error}");
    let first = player.tokens.get().await.map_err(no_token)?;
    let (before, counts_before) = (player.counters(), player.tokens.counts());
    let began = player.elapsed();
    let mut pause = interval(PAUSE);
    pause.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut calls, mut calls_after) = (0, 0);
    while calls_after < CALLS_AFTER {
        pause.tick().await;
        demand(
            player.elapsed().saturating_sub(began) < ACCESS_TOKEN_LIFETIME,
            "the token was not renewed within its lifetime",
        )?;
        calls += 1;
        let what = format!("the answers to call {calls}");
        expect(&what, player.call().await?, vec![StatusCode::OK])?;
        if player.tokens.counts().renewals > counts_before.renewals {
            calls_after += 1;
        }
    }
    let waited = player.tokens.counts().waits - counts_before.waits;
    expect("calls that waited for a token", waited, 0)?;
    let renewals = player.counters().token_requests - before.token_requests;
    demand(renewals >= 1, "the server saw no renewal, expected one")?;
    let last = player.tokens.get().await.map_err(no_token)?;
    demand(
        first.secret != last.secret,
        "the token is still the first one, expected another",
    )?;
    let plural = if renewals == 1 { "" } else { "s" };
    Ok(Seen::new(
        format!("{calls} calls, {renewals} renewal{plural} among them, none waited"),
        json!({"calls": calls, "token_requests": renewals, "waited": waited}),
    ))
}
