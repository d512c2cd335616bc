//! The step `introspect`: token introspection.

use grantor_core::Secret;
use serde_json::json;

use super::{Player, Seen, Shown, demand, expect};
use crate::demo::stage::SCOPE;

const INACTIVE: &[u8] = br#"{"active":false}"#;

/// The API learns what a token is worth; about anything else, and to anybody else, nothing is said
/// (RFC 7662 section 2.2).
pub(super) async fn introspect(player: &mut Player) -> Shown {
    let token = player.service_token().await?;
    let before = player.counters();
    let answer = player.introspect_as_api(&token).await?;
    expect("\"active\" of a live token", answer.active, true)?;
    let scope = answer.scope.as_ref().map(grantor_core::Scope::as_str);
    expect("\"scope\" of a live token", scope, Some(SCOPE))?;
    let client_id = Some(player.stage.service.client_id());
    expect(
        "\"client_id\" of a live token",
        answer.client_id.as_deref(),
        client_id,
    )?;
    let audience = vec![player.stage.api.clone()];
    expect("\"aud\" of a live token", answer.aud, audience)?;
    let now = player.environment.now().as_secs();
    demand(
        answer.exp.is_some_and(|exp| exp >= now),
        "\"exp\" of a live token is missing or past",
    )?;

    let garbage = Secret::new(player.environment.random_text::<32>());
    let body = player.introspect(&garbage, &player.stage.resource).await?;
    demand(
        body == INACTIVE,
        "the answer about an invented token says more than {\"active\":false}",
    )?;
    let body = player.introspect(&token, &player.stage.other_resource);
    demand(
        body.await? == INACTIVE,
        "an API that the token is not for learns more than {\"active\":false}",
    )?;
    let requests = player.counters().introspection_requests - before.introspection_requests;
    expect("introspection requests", requests, 3)?;
    Ok(Seen::new(
        "the API sees scope, client and audience; others see nothing",
        json!({"introspection_requests": requests, "scope": SCOPE, "client_id": client_id}),
    ))
}
