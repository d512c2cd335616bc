//! An authorization request, as a site sees it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use grantor_core::{Params, Scope, Timestamp};
use http::request::Parts;

use super::cookie;
use super::form::INTERACTION;
use super::{Allowed, Form, FormKey, LoginRequirements, SiteError, Submitted};
use crate::client::Client;
use crate::revocation::Consent;

/// An authorization request as the site sees it.
pub struct Interaction<'a> {
    parts: InteractionParts<'a>,
    /// True if the site looked at the form.
    looked_at: AtomicBool,
}

/// The parts of an interaction.
pub(crate) struct InteractionParts<'a> {
    pub(crate) client: &'a Client,
    pub(crate) grant_type: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) user_code: Option<&'a str>,
    pub(crate) scope: &'a Scope,
    pub(crate) resources: &'a [String],
    /// With the default audience, if the request names none.
    pub(crate) effective_resources: &'a [String],
    pub(crate) requirements: &'a LoginRequirements,
    pub(crate) remembered: Option<&'a Consent>,
    pub(crate) forms: FormKey<'a>,
    pub(crate) submitted: Option<&'a Submitted<'a>>,
    pub(crate) csrf_mismatch: bool,
    pub(crate) insufficient: bool,
    pub(crate) head: &'a Parts,
    pub(crate) now: Timestamp,
}

impl<'a> Interaction<'a> {
    pub(crate) fn new(parts: InteractionParts<'a>) -> Self {
        Self {
            parts,
            looked_at: AtomicBool::new(false),
        }
    }

    /// The client that asks.
    #[must_use]
    pub fn client(&self) -> &Client {
        self.parts.client
    }

    /// The grant type of what the request leads to, as on the wire: `authorization_code`, `implicit`, or
    /// that of devices.
    #[must_use]
    pub fn grant_type(&self) -> &str {
        self.parts.grant_type
    }

    /// Where the answer goes; nowhere, and empty, if a device asks.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        self.parts.redirect_uri
    }

    /// The code that the user typed in, if a device asks (RFC 8628). The page for the consent should show
    /// it, for the user to compare with the device, and warn: somebody else may have sent them the code
    /// (RFC 8628 section 5.4). The user has to be asked, whatever they allowed before.
    #[must_use]
    pub fn user_code(&self) -> Option<&str> {
        self.parts.user_code
    }

    /// Where the answer goes, as a user can judge it: the host, or the scheme of an application on
    /// their device. A page that asks for consent shows it, since the name of a client may be anything.
    #[must_use]
    pub fn redirect_host(&self) -> &str {
        let uri = self.parts.redirect_uri;
        let Some((scheme, rest)) = uri.split_once(':') else {
            return uri;
        };
        let host = rest.strip_prefix("//").unwrap_or_default();
        let host = host.split(['/', '?']).next().unwrap_or_default();
        let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        if is_web { host } else { scheme }
    }

    /// The requested scope.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        self.parts.scope
    }

    /// The resources that the request names.
    #[must_use]
    pub fn resources(&self) -> &[String] {
        self.parts.resources
    }

    /// All that is requested, for [`Decision::Allow`](crate::Decision::Allow).
    #[must_use]
    pub fn requested(&self) -> Allowed {
        Allowed::new(self.parts.scope.clone(), self.parts.resources.to_vec())
    }

    /// The requirements of the request on the login and the consent.
    #[must_use]
    pub fn requirements(&self) -> &LoginRequirements {
        self.parts.requirements
    }

    /// The consent that this user gave this client before; none while the user is not known.
    #[must_use]
    pub fn remembered(&self) -> Option<&Consent> {
        self.parts.remembered
    }

    /// Returns whether this user has allowed this client all that is requested before, at the same
    /// resources.
    #[must_use]
    pub fn is_remembered(&self) -> bool {
        let resources = self.parts.effective_resources;
        let consent = self.parts.remembered;
        consent.is_some_and(|consent| consent.covers(self.parts.scope, resources))
    }

    /// A form of this step of the site. It comes back as [`submitted`](Self::submitted).
    ///
    /// # Errors
    /// The name is over 64 bytes.
    pub fn form(&self, name: &str) -> Result<Form, SiteError> {
        self.form_with_state(name, &[])
    }

    /// A form with up to 1 KiB of state, which comes back as it is. The browser can neither read nor
    /// change it, and can send it again as long as the interaction lasts.
    ///
    /// # Errors
    /// The name is over 64 bytes, or the state over 1 KiB.
    pub fn form_with_state(&self, name: &str, state: &[u8]) -> Result<Form, SiteError> {
        Ok(self.parts.forms.make(name, state)?)
    }

    /// The form that the user sent, if its CSRF token was right. A site that looks at no form that
    /// came back breaks the interaction off, with an error page and an event.
    #[must_use]
    pub fn submitted(&self) -> Option<&Submitted<'a>> {
        self.looked_at.store(true, Ordering::Relaxed);
        self.parts.submitted
    }

    /// Returns whether a form was sent whose CSRF token was wrong: the page should say that it is
    /// shown again, and why.
    #[must_use]
    pub fn csrf_mismatch(&self) -> bool {
        self.parts.csrf_mismatch
    }

    /// Returns whether the site has just answered with a login that does not meet the requirements.
    /// It is asked once more; then the request fails.
    #[must_use]
    pub fn is_insufficient(&self) -> bool {
        self.parts.insufficient
    }

    /// Where a site's own pages send the user back to, by GET.
    #[must_use]
    pub fn return_to(&self) -> String {
        return_to(self.parts.forms.action, self.parts.forms.request)
    }

    /// The head of the request, with its headers and extensions.
    #[must_use]
    pub fn request(&self) -> &Parts {
        self.parts.head
    }

    /// A cookie of the request.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        cookie::read(&self.parts.head.headers, name)
    }

    /// Wall time of the request.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.parts.now
    }

    /// Returns whether a genuine form came back and the site did not look at it.
    pub(crate) fn ignored_form(&self) -> bool {
        self.parts.submitted.is_some() && !self.looked_at.load(Ordering::Relaxed)
    }
}

/// The location that goes on with a sealed request.
pub(crate) fn return_to(action: &str, request: &str) -> String {
    let mut params = Params::new();
    params.push(INTERACTION, request);
    format!("{action}?{}", params.to_form())
}

impl fmt::Debug for Interaction<'_> {
    /// Leaves out the cookies, the form and the CSRF token, whose worth is that others don't know
    /// them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interaction")
            .field("client", &self.parts.client.id)
            .field("scope", self.parts.scope)
            .field("resources", &self.parts.resources)
            .field("requirements", &self.parts.requirements)
            .finish_non_exhaustive()
    }
}
