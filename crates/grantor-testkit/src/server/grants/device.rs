//! The device grant (RFC 8628).

use std::time::Duration;

use grantor_core::{ErrorCode, Issuer, Scope};
use serde_json::{Value, json};

use super::{Decision, Granted, needed, refuse};
use crate::server::RecordedRequest;
use crate::server::state::State;

/// The devices that ask for a token.
pub(in crate::server) struct Devices {
    devices: Vec<Device>,
    pub(in crate::server) interval: Duration,
    pub(in crate::server) lifetime: Duration,
}

struct Device {
    device_code: String,
    user_code: String,
    client_id: Option<String>,
    scope: Option<Scope>,
    interval: Duration,
    expires_at: Option<Duration>,
    polled_at: Option<Duration>,
    decision: Option<Result<(), ErrorCode>>,
}

impl Default for Devices {
    fn default() -> Self {
        Self {
            devices: Vec::new(),
            interval: Duration::from_secs(5),
            lifetime: Duration::from_secs(600),
        }
    }
}

impl Devices {
    pub(in crate::server) fn pending(&self) -> Vec<String> {
        let pending = self.devices.iter().filter(|one| one.decision.is_none());
        pending.map(|one| one.user_code.clone()).collect()
    }

    #[expect(clippy::expect_used, reason = "the callers document the panic")]
    pub(in crate::server) fn decide(&mut self, user_code: &str, decision: Result<(), ErrorCode>) {
        let mut devices = self.devices.iter_mut();
        let device = devices.find(|one| one.user_code == user_code);
        device.expect("a user code that was given").decision = Some(decision);
    }
}

/// RFC 8628 section 3.2.
pub(in crate::server) fn begin(
    issuer: &Issuer,
    state: &mut State,
    request: &RecordedRequest,
) -> Value {
    let expires_at = state.end_after(Some(state.devices.lifetime));
    let devices = &mut state.devices;
    let number = devices.devices.len() + 1;
    let asked = Granted::of(request);
    let device = Device {
        device_code: format!("device-{number}"),
        user_code: format!("USER-{number:04}"),
        client_id: asked.client_id,
        scope: asked.scope,
        interval: devices.interval,
        expires_at,
        polled_at: None,
        decision: None,
    };
    let uri = issuer.join("/device");
    let mut complete = uri.clone();
    complete.set_query(Some(&format!("user_code={}", device.user_code)));
    let answer = json!({
        "device_code": device.device_code,
        "user_code": device.user_code,
        "verification_uri": uri.as_str(),
        "verification_uri_complete": complete.as_str(),
        "expires_in": devices.lifetime.as_secs(),
        "interval": devices.interval.as_secs(),
    });
    devices.devices.push(device);
    answer
}

/// RFC 8628 sections 3.4 and 3.5.
pub(super) fn poll(state: &mut State, request: &RecordedRequest) -> Decision {
    let device_code = needed(request, "device_code")?;
    let now = state.elapsed();
    let mut devices = state.devices.devices.iter_mut();
    let Some(device) = devices.find(|one| one.device_code == device_code) else {
        return refuse(ErrorCode::InvalidGrant, "the device code is not known");
    };
    if device.client_id != request.client_id() {
        return refuse(
            ErrorCode::InvalidGrant,
            "the device code is of another client",
        );
    }
    if device
        .expires_at
        .zip(now)
        .is_some_and(|(end, now)| now >= end)
    {
        return refuse(ErrorCode::ExpiredToken, "the device code has expired");
    }
    let before = std::mem::replace(&mut device.polled_at, now).zip(now);
    let too_soon = before.is_some_and(|(before, now)| now.saturating_sub(before) < device.interval);
    if too_soon {
        // "the interval MUST be increased by 5 seconds for this and all subsequent requests"
        device.interval += Duration::from_secs(5);
        return refuse(ErrorCode::SlowDown, "polled too soon");
    }
    match &device.decision {
        None => refuse(ErrorCode::AuthorizationPending, "the user has not decided"),
        Some(Err(code)) => refuse(code.clone(), "the device gets no token"),
        Some(Ok(())) => {
            let scope = device.scope.clone();
            let devices = &mut state.devices.devices;
            devices.retain(|one| one.device_code != device_code);
            let granted = Granted {
                scope,
                ..Granted::of(request)
            };
            Ok(granted.with_login(state))
        }
    }
}
