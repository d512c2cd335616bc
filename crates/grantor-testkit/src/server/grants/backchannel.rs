//! Users who are asked without a browser (OpenID Connect Client-Initiated Backchannel Authentication).

use std::time::Duration;

use grantor_core::{ErrorCode, ErrorResponse, Issuer, Params, Scope};
use serde_json::{Value, json};

use super::waiting::Waiting;
use super::{Decision, Granted, needed, refuse};
use crate::server::RecordedRequest;
use crate::server::request_objects::{claims, to_params};
use crate::server::state::State;

/// The users that are asked.
pub(in crate::server) struct Backchannel {
    requests: Vec<Asked>,
    begun: usize,
    pub(in crate::server) interval: Option<Duration>,
    pub(in crate::server) lifetime: Duration,
}

struct Asked {
    auth_req_id: String,
    user: String,
    scope: Option<Scope>,
    details: Option<Value>,
    /// For a notification (section 10.2).
    notification_token: Option<String>,
    waiting: Waiting,
}

impl Default for Backchannel {
    fn default() -> Self {
        Self {
            requests: Vec::new(),
            begun: 0,
            interval: Some(Duration::from_secs(5)),
            lifetime: Duration::from_secs(120),
        }
    }
}

impl Backchannel {
    pub(in crate::server) fn pending(&self) -> Vec<String> {
        let pending = self.requests.iter();
        let pending = pending.filter(|one| one.waiting.decision.is_none());
        pending.map(|one| one.auth_req_id.clone()).collect()
    }

    #[expect(clippy::expect_used, reason = "the callers document the panic")]
    pub(in crate::server) fn decide(&mut self, id: &str, decision: Result<(), ErrorCode>) {
        let mut requests = self.requests.iter_mut();
        let asked = requests.find(|one| one.auth_req_id == id);
        let asked = asked.expect("a request that was made");
        asked.waiting.decision = Some(decision);
    }

    pub(in crate::server) fn notification_token(&self, id: &str) -> Option<String> {
        let mut requests = self.requests.iter();
        let asked = requests.find(|one| one.auth_req_id == id)?;
        asked.notification_token.clone()
    }
}

/// Section 7.
pub(in crate::server) fn begin(
    issuer: &Issuer,
    state: &mut State,
    request: &RecordedRequest,
) -> Result<Value, ErrorResponse> {
    let params = match request.parameter("request") {
        Some(object) => match claims(issuer, state, &object) {
            Ok(claims) => to_params(&claims),
            Err(why) => return refuse(ErrorCode::InvalidRequest, why),
        },
        None if state.requests.required => {
            return refuse(ErrorCode::InvalidRequest, "the request has to be signed");
        }
        None => request.params().into_owned(),
    };
    let invalid = |why: &str| refuse(ErrorCode::InvalidRequest, why);
    let hints = ["login_hint", "login_hint_token", "id_token_hint"];
    let mut hints = hints.iter().filter_map(|name| params.get(name));
    let (Some(user), None) = (hints.next(), hints.next()) else {
        return invalid("there has to be one hint to the user");
    };
    let scope = params
        .get("scope")
        .and_then(|scope| Scope::parse(scope).ok());
    if !scope.as_ref().is_some_and(|scope| scope.contains("openid")) {
        return invalid("the scope has no \"openid\"");
    }
    let binding = params.get("binding_message").unwrap_or_default();
    if binding.len() > 64 {
        return refuse(
            ErrorCode::InvalidBindingMessage,
            "it is too long to be shown",
        );
    }
    let lifetime = seconds(&params).unwrap_or(state.backchannel.lifetime);
    let expires_at = state.end_after(Some(lifetime));
    state.backchannel.begun += 1;
    let number = state.backchannel.begun;
    let interval = state.backchannel.interval;
    let asked = Asked {
        auth_req_id: format!("auth-req-{number}"),
        user: user.to_owned(),
        scope,
        details: params.get("authorization_details").and_then(super::details),
        notification_token: params.get("client_notification_token").map(str::to_owned),
        waiting: Waiting::new(
            request.client_id(),
            interval.unwrap_or_default(),
            expires_at,
        ),
    };
    let mut answer = json!({
        "auth_req_id": asked.auth_req_id,
        "expires_in": lifetime.as_secs(),
    });
    if let Some(interval) = interval {
        answer["interval"] = interval.as_secs().into();
    }
    state.backchannel.requests.push(asked);
    Ok(answer)
}

fn seconds(params: &Params<'_>) -> Option<Duration> {
    let asked = params.get("requested_expiry")?.parse().ok()?;
    Some(Duration::from_secs(asked))
}

/// Sections 10 and 11.
pub(super) fn poll(state: &mut State, request: &RecordedRequest) -> Decision {
    let id = needed(request, "auth_req_id")?;
    let now = state.elapsed();
    let mut requests = state.backchannel.requests.iter_mut();
    let Some(asked) = requests.find(|one| one.auth_req_id == id) else {
        return refuse(ErrorCode::InvalidGrant, "the \"auth_req_id\" is not known");
    };
    asked.waiting.poll(request.client_id().as_deref(), now)?;
    let granted = Granted {
        scope: asked.scope.clone(),
        subject: Some(asked.user.clone()),
        details: asked.details.clone(),
        ..Granted::of(request)
    };
    let requests = &mut state.backchannel.requests;
    requests.retain(|one| one.auth_req_id != id);
    Ok(granted.with_login(state))
}
