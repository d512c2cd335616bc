//! A request for a page of the site's own.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use grantor_core::{Params, Timestamp};
use http::request::Parts;

use super::{Form, FormKey, SiteError, Submitted, cookie};

/// A request for a page of the site's own, such as one where users change their password.
pub struct PageCall<'a> {
    path: &'a str,
    head: &'a Parts,
    params: &'a Params<'a>,
    forms: FormKey<'a>,
    submitted: Option<Submitted<'a>>,
    csrf_mismatch: bool,
    now: Timestamp,
    /// True if the site looked at the form.
    looked_at: AtomicBool,
}

impl<'a> PageCall<'a> {
    /// A call whose form, if it is one, is opened with `forms`.
    pub(crate) fn new(
        path: &'a str,
        head: &'a Parts,
        params: &'a Params<'a>,
        forms: FormKey<'a>,
        now: Timestamp,
    ) -> Self {
        let is_form = head.method == http::Method::POST;
        let submitted = if is_form { forms.open(params) } else { None };
        Self {
            csrf_mismatch: is_form && submitted.is_none(),
            path,
            head,
            params,
            forms,
            submitted,
            now,
            looked_at: AtomicBool::new(false),
        }
    }

    /// Returns the one of [`Site::paths`](crate::Site::paths) that was called.
    #[must_use]
    pub fn path(&self) -> &str {
        self.path
    }

    /// A parameter of the query, by GET.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        let is_form = self.head.method == http::Method::POST;
        self.params.get(name).filter(|_| !is_form)
    }

    /// A form of this page. It comes back to this path as [`submitted`](Self::submitted), from the
    /// browser that was shown it and no other.
    ///
    /// # Errors
    /// The name is over 64 bytes.
    pub fn form(&self, name: &str) -> Result<Form, SiteError> {
        self.form_with_state(name, &[])
    }

    /// A form with up to 1 KiB of state, which comes back as it is. The browser can neither read nor
    /// change it. A page for a user who is signed in puts their session there and compares it with that
    /// of the form's return, since another user may have signed in meanwhile.
    ///
    /// # Errors
    /// The name is over 64 bytes, or the state over 1 KiB.
    pub fn form_with_state(&self, name: &str, state: &[u8]) -> Result<Form, SiteError> {
        Ok(self.forms.make(name, state)?)
    }

    /// The form that the user sent, if its CSRF token was right. A site that looks at no form that
    /// came back gets an error page shown, and an event.
    #[must_use]
    pub fn submitted(&self) -> Option<&Submitted<'a>> {
        self.looked_at.store(true, Ordering::Relaxed);
        self.submitted.as_ref()
    }

    /// Returns whether a form was sent whose CSRF token was wrong: the page should say that it is
    /// shown again, and why.
    #[must_use]
    pub fn csrf_mismatch(&self) -> bool {
        self.csrf_mismatch
    }

    /// The head of the request, with its headers and extensions.
    #[must_use]
    pub fn request(&self) -> &Parts {
        self.head
    }

    /// A cookie of the request.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        cookie::read(&self.head.headers, name)
    }

    /// Wall time of the request.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Returns whether a genuine form came back and the site did not look at it.
    pub(crate) fn ignored_form(&self) -> bool {
        self.submitted.is_some() && !self.looked_at.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for PageCall<'_> {
    /// Leaves out the cookies, the form and the CSRF token, whose worth is that others don't know
    /// them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageCall")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
