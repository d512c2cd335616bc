//! An access token as programs get it.

use grantor_core::{Scope, Secret};

/// An access token and what the server said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessToken {
    /// The token itself.
    pub secret: Secret,
    /// What it reaches; what was asked for, if the server did not say.
    pub scope: Option<Scope>,
}
