use std::fmt;
use std::time::Duration;

use grantor_core::{Params, Scope, Timestamp};
use http::{HeaderMap, header};

use crate::Client;

/// An authorization request as the site sees it.
pub struct Interaction<'a> {
    pub(crate) client: &'a Client,
    pub(crate) scope: &'a Scope,
    pub(crate) resources: &'a [String],
    pub(crate) need: Need,
    pub(crate) remembered: Option<Scope>,
    pub(crate) ticket: &'a str,
    pub(crate) csrf: String,
    pub(crate) action: &'a str,
    pub(crate) form: Option<&'a Params<'a>>,
    pub(crate) forged: bool,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) now: Timestamp,
}

/// What the request asks of the login.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Need {
    /// Whether the user may be shown anything; if not (`prompt=none`), a page becomes an error.
    pub may_show: bool,
    /// They must have proved who they are no earlier than this (`prompt=login`, `max_age`).
    pub since: Option<Timestamp>,
    /// They must be asked, even if they allowed it before (`prompt=consent`).
    pub ask_consent: bool,
    /// Who it may be (`login_hint`).
    pub login_hint: Option<String>,
    /// The languages they prefer (`ui_locales`).
    pub ui_locales: Option<String>,
}

impl Interaction<'_> {
    /// Who asks.
    #[must_use]
    pub fn client(&self) -> &Client {
        self.client
    }

    /// What is asked for.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        self.scope
    }

    /// Where the token is to be used.
    #[must_use]
    pub fn resources(&self) -> &[String] {
        self.resources
    }

    /// What the request asks of the login.
    #[must_use]
    pub fn need(&self) -> &Need {
        &self.need
    }

    /// What this user has allowed this client before. None while it is not known who it is.
    #[must_use]
    pub fn remembered(&self) -> Option<&Scope> {
        self.remembered.as_ref()
    }

    /// The hidden input `interaction` of every form.
    #[must_use]
    pub fn ticket(&self) -> &str {
        self.ticket
    }

    /// The hidden input `csrf` of every form: bound to this browser, this login and this request.
    #[must_use]
    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    /// Where forms go, by POST.
    #[must_use]
    pub fn action(&self) -> &str {
        self.action
    }

    /// Where a site's own login page sends the user back to, by GET.
    #[must_use]
    pub fn return_to(&self) -> String {
        let mut params = Params::new();
        params.push("interaction", self.ticket);
        format!("{}?{}", self.action, params.to_form())
    }

    /// The form that the user sent, if its CSRF token was right.
    #[must_use]
    pub fn form(&self) -> Option<&Params<'_>> {
        self.form
    }

    /// Whether a form was sent whose CSRF token was wrong: the page should say that it is shown
    /// again, and why.
    #[must_use]
    pub fn was_stale(&self) -> bool {
        self.forged
    }

    /// The headers of the request.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.headers
    }

    /// A cookie of the request.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        cookie(self.headers, name)
    }

    /// Wall time of the request.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether a login at `auth_time` is recent enough.
    #[must_use]
    pub fn is_recent(&self, auth_time: Timestamp) -> bool {
        self.need.since.is_none_or(|since| auth_time >= since)
    }
}

impl fmt::Debug for Interaction<'_> {
    /// Leaves out the cookies, the form and the CSRF token, whose worth is that others don't know
    /// them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interaction")
            .field("client", &self.client.id)
            .field("scope", self.scope)
            .field("resources", &self.resources)
            .field("need", &self.need)
            .finish_non_exhaustive()
    }
}

impl Need {
    /// What a request says; `started_at` is when it came. `max_age` counts from then, or a user who
    /// takes longer than that over the pages would sign in for ever.
    pub(crate) fn of(request: &grantor_core::AuthorizationRequest, started_at: Timestamp) -> Self {
        let prompt = request.prompt.clone().unwrap_or_default();
        let max_age = request.max_age;
        let mut since = max_age.map(|age| started_at - Duration::from_secs(age.into()));
        if prompt.login || prompt.select_account {
            since = Some(started_at);
        }
        Self {
            may_show: !prompt.none,
            since,
            ask_consent: prompt.consent,
            login_hint: request.login_hint.clone(),
            ui_locales: request.ui_locales.clone(),
        }
    }
}

/// A cookie of a request. Of two with one name the first counts, which is the one with the longer
/// path.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let values = headers.get_all(header::COOKIE).iter();
    let mut pairs = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(n, _)| *n == name).map(|(_, value)| value)
}
