//! The requirements of a request on login and consent.

use std::time::Duration;

use grantor_core::{AuthorizationRequest, Timestamp};

/// The requirements of a request on the login and the consent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoginRequirements {
    /// True if pages may be shown; if not (`prompt=none`), a page becomes an error.
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
        let prompt = request.prompt.clone().unwrap_or_default();
        let max_age = request.max_age;
        let mut since = max_age.map(|age| started_at - Duration::from_secs(age.into()));
        if prompt.login || prompt.select_account {
            since = Some(started_at);
        }
        Self {
            interactive: !prompt.none,
            authenticated_since: since,
            select_account: prompt.select_account,
            ask_consent: prompt.consent,
            login_hint: request.login_hint.clone(),
            ui_locales: request.ui_locales.clone(),
        }
    }

    /// Returns whether a login at `auth_time` is recent enough.
    #[must_use]
    pub fn is_recent(&self, auth_time: Timestamp) -> bool {
        self.authenticated_since
            .is_none_or(|since| auth_time >= since)
    }
}
