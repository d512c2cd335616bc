//! Submitted forms of a site's pages.

use std::fmt;

use grantor_core::Params;

/// A form that came back from a page that this browser was shown for this very request.
pub struct Submitted<'a> {
    name: String,
    state: Vec<u8>,
    params: &'a Params<'a>,
}

impl<'a> Submitted<'a> {
    pub(super) fn new(name: String, state: Vec<u8>, params: &'a Params<'a>) -> Self {
        Self {
            name,
            state,
            params,
        }
    }

    /// The name that the form was made with.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The state that the form was made with.
    #[must_use]
    pub fn state(&self) -> &[u8] {
        &self.state
    }

    /// An input of the site's.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.params.get(name)
    }

    /// Every input, the hidden ones too.
    #[must_use]
    pub fn params(&self) -> &Params<'_> {
        self.params
    }
}

impl fmt::Debug for Submitted<'_> {
    /// Shows no value: one may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submitted")
            .field("name", &self.name)
            .field("params", &self.params)
            .finish_non_exhaustive()
    }
}
