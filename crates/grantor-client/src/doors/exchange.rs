//! One call through a door that follows redirects itself: what an answer leads to. It sends nothing,
//! so that a door waits in its own way.

use grantor_core::LocalhostNames;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use url::Url;

use super::failure::RequestFailure;
use super::redirect::{self, Follow, Redirect, redirect};
use crate::config::placement::BearerMethod;
use crate::tokens::Tokens;

/// A call, from its first request to the answer that is the caller's.
pub(crate) struct ApiExchange<'a> {
    tokens: &'a Tokens,
    /// The resolver of names below `localhost`.
    names: LocalhostNames,
    followed: usize,
    credentials: Credentials,
}

/// Says whether requests carry the token, and all else of the caller's that may be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credentials {
    Kept,
    /// The call has left the origins that were named.
    Removed,
}

/// An answer and the request that it answers, as far as redirects are concerned.
pub(crate) struct Answered<'a> {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<&'a HeaderValue>,
    /// Where the answer is from.
    pub(crate) url: &'a Url,
    /// Where the request was sent.
    pub(crate) sent_to: &'a Url,
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
    /// Where our token was, if there was one.
    pub(crate) bearer_method: Option<BearerMethod>,
}

impl<'a> ApiExchange<'a> {
    pub(crate) fn new(tokens: &'a Tokens, names: LocalhostNames) -> Self {
        Self {
            tokens,
            names,
            followed: 0,
            credentials: Credentials::Kept,
        }
    }

    pub(crate) fn credentials(&self) -> Credentials {
        self.credentials
    }

    /// The redirect that is followed; none, if the answer is the caller's.
    ///
    /// # Errors
    /// It is one redirect too many.
    pub(crate) fn follow(
        &mut self,
        answered: &Answered<'_>,
    ) -> Result<Option<Redirect>, RequestFailure> {
        let Answered {
            status,
            location,
            url,
            method,
            ..
        } = *answered;
        let Some(mut to) = redirect(status, location, url, method, self.names) else {
            return Ok(None);
        };
        if answered.bearer_method == Some(BearerMethod::Query) {
            to = to.without_token();
        }
        let method = if to.reads { &Method::GET } else { method };
        let kept =
            self.credentials == Credentials::Kept && self.may_keep_credentials(answered, &to);
        match redirect::follow(answered.bearer_method, method, kept) {
            Follow::WithCredentials => {}
            Follow::WithoutCredentials => self.credentials = Credentials::Removed,
            Follow::Stop => return Ok(None),
        }
        if self.followed == redirect::MAX_REDIRECTS {
            return Err(RequestFailure::TooManyRedirects);
        }
        self.followed += 1;
        Ok(Some(to))
    }

    /// Returns whether a redirected request may keep all of the caller's headers: a credential of
    /// their own goes to no other origin, and the rest to those that were named.
    fn may_keep_credentials(&self, answered: &Answered<'_>, to: &Redirect) -> bool {
        if to.url.origin() == answered.sent_to.origin() {
            return true;
        }
        let own = answered.headers.contains_key(AUTHORIZATION);
        let uri: Result<Uri, _> = to.url[..url::Position::AfterQuery].parse();
        !own && uri.is_ok_and(|uri| self.tokens.origins.find(&uri, self.names).is_ok())
    }
}

impl Redirect {
    /// Changes the headers of a request that follows it.
    pub(crate) fn change_headers(&self, headers: &mut HeaderMap, credentials: Credentials) {
        if self.reads {
            redirect::strip_body(headers);
        }
        if credentials == Credentials::Removed {
            redirect::retain_anonymous_headers(headers);
        }
    }
}
