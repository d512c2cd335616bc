//! The decision of a user on a request.

use grantor_core::Scope;

use super::Page;

/// The decision of the user.
#[derive(Debug)]
#[non_exhaustive]
pub enum Decision {
    /// The client may have this much.
    Allow(Allowed),
    /// The client may not.
    Deny,
    /// The user allowed it before ([`Interaction::remembered`](crate::Interaction::remembered)), and
    /// need not be asked again.
    Remembered,
    /// Not decided yet: show this page.
    Page(Page),
}

/// The extent of a consent: all that was requested, or less.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Allowed {
    /// The scope.
    pub scope: Scope,
    /// The resources, if the request named some.
    pub resources: Vec<String>,
}

impl Allowed {
    /// A scope at the resources of the request. [`Interaction::requested`](crate::Interaction::requested) is
    /// all of it.
    #[must_use]
    pub fn new(scope: Scope, resources: Vec<String>) -> Self {
        Self { scope, resources }
    }
}
