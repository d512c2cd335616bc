use std::time::Duration;

use grantor_core::{AuthorizationRequest, Timestamp};

/// The requirements of a request on the login and the consent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoginRequirements {
    /// Whether pages may be shown; if not (`prompt=none`), a page becomes an error.
    pub interactive: bool,
    /// The user must have proved who they are no earlier than this (`prompt=login`, `max_age`).
    pub authenticated_since: Option<Timestamp>,
    /// The user must be able to choose another account (`prompt=select_account`).
    pub select_account: bool,
    /// The user must be asked, even if they allowed it before (`prompt=consent`).
    pub ask_consent: bool,
    /// The user whom the client expects (`login_hint`).
    pub login_hint: Option<String>,
    /// The languages that the user prefers (`ui_locales`).
    pub ui_locales: Option<String>,
}

impl LoginRequirements {
    /// Of a request that arrived at `started_at`. `max_age` counts from then: a user who takes longer
    /// than that over the pages would never be recent enough.
    pub(crate) fn of(request: &AuthorizationRequest, started_at: Timestamp) -> Self {
        let prompt = request.extra("prompt").unwrap_or_default();
        let has = |value: &str| prompt.split(' ').any(|v| v == value);
        let max_age = request.extra("max_age").and_then(|age| age.parse().ok());
        let mut since = max_age.map(|age: u32| started_at - Duration::from_secs(age.into()));
        if has("login") || has("select_account") {
            since = Some(started_at);
        }
        Self {
            interactive: !has("none"),
            authenticated_since: since,
            select_account: has("select_account"),
            ask_consent: has("consent"),
            login_hint: request.extra("login_hint").map(str::to_owned),
            ui_locales: request.extra("ui_locales").map(str::to_owned),
        }
    }

    /// Whether a login at `auth_time` is recent enough.
    #[must_use]
    pub fn is_recent(&self, auth_time: Timestamp) -> bool {
        self.authenticated_since
            .is_none_or(|since| auth_time >= since)
    }
}
