//! Where a bearer token goes in a request (RFC 6750 section 2).

/// Where a request carries its token (RFC 6750 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BearerMethod {
    /// In the header `Authorization`.
    #[default]
    Header,
    /// In the parameter `access_token` of the query. For APIs that take nothing else: a URL ends up
    /// in logs, here of whatever client sends the request, and at the server.
    ///
    /// A client that follows redirects by itself must not send `Referer`.
    Query,
    /// In the parameter `access_token` of a form, beside the caller's own parameters. Only sessions
    /// and the other doors over reqwest can do that, and only for requests with a form in memory;
    /// everywhere else it is an error.
    ///
    /// A client of the application's should follow no redirects: after a 307 or a 308 it would send the
    /// form, and the token in it, to any host. A session sends it to origins that were named, no further.
    Body,
}
