//! The redirect that ends a sign-in: where its query is, and its error if it has no code.

use grantor_core::{AuthorizationError, ErrorCode};
use url::Url;

use crate::error::Error;

/// The query of a redirect, which may be the query itself, a path with it, or the whole URL.
///
/// A fragment is none of it: Facebook appends `#_=_`, and a browser's address bar shows it.
pub(super) fn query_of(redirect: &str) -> &str {
    let redirect = redirect.trim();
    let whole = redirect.split('#').next().unwrap_or_default();
    let is_url = whole.starts_with(['/', '?']) || Url::parse(whole).is_ok();
    match whole.split_once('?') {
        Some((_, query)) if is_url => query,
        None if is_url => "",
        _ => whole,
    }
}

/// The error of a redirect without a code.
pub(super) fn redirected(error: &AuthorizationError) -> Error {
    let AuthorizationError::Refused(refusal) = error else {
        return Error::refused(error.to_string());
    };
    match refusal.error {
        ErrorCode::ServerError | ErrorCode::TemporarilyUnavailable => {
            Error::transient(error.to_string())
        }
        // No user can mend how this client is set up.
        ErrorCode::InvalidRequest
        | ErrorCode::InvalidScope
        | ErrorCode::InvalidTarget
        | ErrorCode::UnauthorizedClient
        | ErrorCode::UnsupportedResponseType => Error::configuration(error.to_string()),
        _ => Error::needs_login_because(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_found_in_whatever_form_the_redirect_has() {
        for redirect in [
            "code=c&state=s",
            "?code=c&state=s",
            "code=c&state=s#_=_",
            "/callback?code=c&state=s",
            "https://app.example/callback?code=c&state=s",
            "https://app.example/callback?code=c&state=s#_=_",
            "http://127.0.0.1:9/?code=c&state=s",
            "com.example.app:/callback?code=c&state=s",
            " https://app.example/?code=c&state=s\n",
        ] {
            assert_eq!(query_of(redirect), "code=c&state=s", "{redirect}");
        }
        for redirect in ["", "#code=c", "/callback", "https://app.example/#code=c"] {
            assert_eq!(query_of(redirect), "", "{redirect}");
        }
        let with_question_mark = "code=a?b&state=https://app.example/?x";
        assert_eq!(query_of(with_question_mark), with_question_mark);
    }
}
