//! The entries of an authorization request.

/// How a request for an authorization comes in, or goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// By the user's browser.
    Front,
    /// From the client, before the browser (RFC 9126).
    Pushed,
    /// From a device (RFC 8628).
    Device,
    /// By the user, who has typed in a user code, and by the forms of the pages that follow.
    Verification,
    /// From the client, about a user who is elsewhere (CIBA).
    Backchannel,
    /// By a form of a page, or from the site's own pages.
    Resume,
}

impl Entry {
    /// Returns whether a browser is there to be shown a page.
    pub(super) fn has_browser(self) -> bool {
        matches!(self, Self::Front | Self::Verification | Self::Resume)
    }
}
