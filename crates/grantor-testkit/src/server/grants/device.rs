//! The device grant (RFC 8628).

use std::time::Duration;

use grantor_core::{ErrorCode, Issuer, Scope};
use serde_json::{Value, json};

use super::waiting::Waiting;
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
    scope: Option<Scope>,
    waiting: Waiting,
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
        let pending = self
            .devices
            .iter()
            .filter(|one| one.waiting.decision.is_none());
        pending.map(|one| one.user_code.clone()).collect()
    }

    #[expect(clippy::expect_used, reason = "the callers document the panic")]
    pub(in crate::server) fn decide(&mut self, user_code: &str, decision: Result<(), ErrorCode>) {
        let mut devices = self.devices.iter_mut();
        let device = devices.find(|one| one.user_code == user_code);
        let device = device.expect("a user code that was given");
        device.waiting.decision = Some(decision);
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
        scope: asked.scope,
        waiting: Waiting::new(asked.client_id, devices.interval, expires_at),
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
    device.waiting.poll(request.client_id().as_deref(), now)?;
    let scope = device.scope.clone();
    let devices = &mut state.devices.devices;
    devices.retain(|one| one.device_code != device_code);
    let granted = Granted {
        scope,
        ..Granted::of(request)
    };
    Ok(granted.with_login(state))
}
