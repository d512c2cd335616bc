//! The redirect that ends a sign-in: where its parameters are, and its error if nothing was granted.

use grantor_core::{AuthorizationError, ErrorCode, ResponseMode};
use url::Url;

use crate::error::Error;

/// The parameters of a redirect that came by a response mode: those of its query, of its fragment, or of the
/// form that the browser posted. Each may be given alone, without the rest of the URL.
pub(super) fn parameters_of<'a>(redirect: &'a str, mode: &ResponseMode) -> &'a str {
    match mode {
        ResponseMode::Fragment | ResponseMode::FragmentJwt => fragment_of(redirect),
        ResponseMode::FormPost | ResponseMode::FormPostJwt => form_of(redirect),
        _ => query_of(redirect),
    }
}

/// The fragment of a URL, or a text that is one.
fn fragment_of(redirect: &str) -> &str {
    let redirect = redirect.trim();
    match redirect.split_once('#') {
        Some((_, fragment)) => fragment,
        None if is_url(redirect) => "",
        None => redirect,
    }
}

/// A text that is a form; a URL is none.
fn form_of(redirect: &str) -> &str {
    let redirect = redirect.trim();
    match is_url(redirect) || redirect.starts_with('#') {
        true => "",
        false => redirect,
    }
}

fn is_url(text: &str) -> bool {
    text.starts_with(['/', '?']) || Url::parse(text).is_ok()
}

/// The query of a redirect, which may be the query itself, a path with it, or the whole URL.
///
/// A fragment is none of it: Facebook appends `#_=_`, and a browser's address bar shows it.
fn query_of(redirect: &str) -> &str {
    let redirect = redirect.trim();
    let whole = redirect.split('#').next().unwrap_or_default();
    match whole.split_once('?') {
        Some((_, query)) if is_url(whole) => query,
        None if is_url(whole) => "",
        _ => whole,
    }
}

/// The error of a redirect that grants nothing.
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
        | ErrorCode::InvalidRequestObject
        | ErrorCode::InvalidAuthorizationDetails
        | ErrorCode::RequestNotSupported
        | ErrorCode::UnsupportedResponseType => Error::configuration(error.to_string()),
        _ => Error::needs_login_because(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_and_a_form_are_found_where_they_are() {
        let fragment = |redirect| parameters_of(redirect, &ResponseMode::Fragment);
        for redirect in [
            "code=c&state=s",
            "#code=c&state=s",
            "https://app.example/callback#code=c&state=s",
            "https://app.example/callback?code=forged#code=c&state=s",
        ] {
            assert_eq!(fragment(redirect), "code=c&state=s", "{redirect}");
        }
        assert_eq!(fragment("https://app.example/callback?code=c"), "");
        let form = |redirect| parameters_of(redirect, &ResponseMode::FormPostJwt);
        assert_eq!(form("response=a.b.c\n"), "response=a.b.c");
        for redirect in [
            "https://app.example/?response=a.b.c",
            "?response=a.b.c",
            "#a",
        ] {
            assert_eq!(form(redirect), "", "{redirect}");
        }
    }

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
