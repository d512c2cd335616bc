//! The two calls that every door makes: `prepare` before a request is sent, `observe` on its answer.

use std::fmt;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, Request, Response, StatusCode, Uri};

use crate::hook::ApiRequest;
use crate::metrics::Counted;
use crate::origin::OriginId;
use crate::reject::is_about_something_else;
use crate::share::Share;
use crate::slot::{Slot, Why};
use crate::state::{Current, Freshness};
use crate::{Error, Tokens};

/// A request that was prepared: remembers which token it carries, to judge the answer.
#[must_use = "the answer tells whether the token is still good: hand it to `observe`"]
pub struct Attempt {
    /// None: the request carries the caller's own header.
    sent: Option<Sent>,
    /// It is the second try already.
    again: bool,
    /// The slot of a request's own, which others may crowd out meanwhile.
    kept: Option<Arc<Slot>>,
}

struct Sent {
    current: Arc<Share>,
    origin: OriginId,
}

/// What an answer means for the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Observed {
    /// The answer is the caller's.
    Done,
    /// There is another token now: prepare a copy of the request by
    /// [`Attempt::prepare_again`] and send it once more. Without a copy, the answer is the caller's.
    Resend,
}

impl Tokens {
    /// Puts the token on a request. Waits only if there is no token that may be used.
    ///
    /// A request that has an `Authorization` header keeps it.
    ///
    /// # Errors
    /// The request goes to an origin that was not named, or there is no token.
    pub async fn prepare<B>(&self, request: &mut Request<B>) -> Result<Attempt, Error> {
        if !self.is_plain() {
            return Box::pin(self.prepare_picked(request)).await;
        }
        let origin = self.origins.find(request.uri());
        // Two look-ups are cheaper than one by an entry.
        if request.headers().contains_key(AUTHORIZATION) {
            return Ok(Attempt::of_the_caller());
        }
        let origin = origin?;
        let current = match self.slot.ready() {
            Some(current) => current,
            None => Box::pin(self.slot.share()).await?,
        };
        let value = current.header.clone();
        request.headers_mut().insert(AUTHORIZATION, value);
        Ok(Attempt::of(current, origin))
    }

    /// As [`prepare`](Self::prepare), where hooks want to see the request, or it has a token of its
    /// own.
    async fn prepare_picked<B>(&self, request: &mut Request<B>) -> Result<Attempt, Error> {
        let method = request.method().clone();
        let (mut uri, mut headers) = (
            std::mem::take(request.uri_mut()),
            std::mem::take(request.headers_mut()),
        );
        let mut seen = ApiRequest {
            method: &method,
            uri: &mut uri,
            headers: &mut headers,
        };
        let picked = self.pick(&mut seen, Some(request.extensions())).await;
        (*request.uri_mut(), *request.headers_mut()) = (uri, headers);
        let slot = picked?;
        let (uri, headers) = (request.uri().clone(), request.headers_mut());
        self.prepare_slot(&slot, &uri, headers).await
    }

    async fn prepare_slot(
        &self,
        slot: &Arc<Slot>,
        uri: &Uri,
        headers: &mut HeaderMap,
    ) -> Result<Attempt, Error> {
        if headers.contains_key(AUTHORIZATION) {
            return Ok(Attempt::of_the_caller());
        }
        let origin = self.origins.find(uri)?;
        let current = slot.share().await?;
        headers.insert(AUTHORIZATION, current.header.clone());
        Ok(Attempt {
            kept: Some(Arc::clone(slot)),
            ..Attempt::of(current, origin)
        })
    }

    /// As [`prepare`](Self::prepare), for a caller without a runtime.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub fn prepare_blocking<B>(&self, request: &mut Request<B>) -> Result<Attempt, Error> {
        crate::blocking::block_on(self.prepare(request))
    }

    /// As [`prepare`](Self::prepare), for doors with requests of another type.
    pub(crate) async fn prepare_parts(
        &self,
        uri: &Uri,
        headers: &mut HeaderMap,
    ) -> Result<Attempt, Error> {
        self.prepare_slot(&self.slot, uri, headers).await
    }
}

impl Attempt {
    fn of_the_caller() -> Self {
        Self {
            sent: None,
            again: false,
            kept: None,
        }
    }

    #[inline]
    fn of(current: Arc<Share>, origin: OriginId) -> Self {
        Self {
            sent: Some(Sent { current, origin }),
            again: false,
            kept: None,
        }
    }

    /// Judges the answer. A 401 about the token renews it, within limits, and is worth one more
    /// try; the second 401 is the caller's answer.
    ///
    /// Waits for the renewal that a rejection starts; otherwise it is done at once.
    pub async fn observe<B>(&self, response: &Response<B>) -> Observed {
        self.observe_parts(response.status(), response.headers())
            .await
    }

    /// As [`observe`](Self::observe), for answers of another type.
    pub async fn observe_parts(&self, status: StatusCode, headers: &HeaderMap) -> Observed {
        let Some(Sent { current, origin }) = &self.sent else {
            return Observed::Done;
        };
        if status != StatusCode::UNAUTHORIZED {
            if status.is_success() {
                current.accept(*origin);
            }
            return Observed::Done;
        }
        if is_about_something_else(headers) {
            return Observed::Done;
        }
        match self.kept.clone().or_else(|| current.slot.upgrade()) {
            Some(slot) => Box::pin(self.rejected(&slot, current, *origin)).await,
            None => Observed::Done,
        }
    }

    async fn rejected(&self, slot: &Arc<Slot>, sent: &Current, origin: OriginId) -> Observed {
        let resend = if self.again {
            Observed::Done
        } else {
            Observed::Resend
        };
        // Looked for first: once it is over, there is another current token.
        let under_way = slot.under_way();
        let next = match slot.current() {
            // A late answer about a token that is gone: it says nothing about the one there is.
            Some(current) if current.generation != sent.generation => return resend,
            Some(current) if current.freshness(slot.now()) == Freshness::Expired => return resend,
            Some(current) if slot.rejections.renews(&current, origin, slot.now()) => {
                slot.manager.count(Counted::Rejection);
                slot.renew(Why::Rejected(current.generation)).await
            }
            Some(_) => match under_way {
                Some(under_way) => slot.wait(under_way).await,
                None => return Observed::Done,
            },
            None => return resend,
        };
        match next {
            // Some servers give the same token until its end.
            Ok(next) if next.secret() == sent.secret() => Observed::Done,
            Ok(_) => resend,
            Err(_) => Observed::Done,
        }
    }

    /// Puts the token there is now on a copy of the request, in place of the rejected one.
    ///
    /// # Errors
    /// There is no token.
    pub async fn prepare_again<B>(&self, request: &mut Request<B>) -> Result<Self, Error> {
        self.prepare_parts_again(request.headers_mut()).await
    }

    /// As [`prepare_again`](Self::prepare_again), for requests of another type.
    pub(crate) async fn prepare_parts_again(&self, headers: &mut HeaderMap) -> Result<Self, Error> {
        let Some(Sent { current, origin }) = &self.sent else {
            return Ok(Self::of_the_caller());
        };
        let Some(slot) = self.kept.clone().or_else(|| current.slot.upgrade()) else {
            return Err(Error::configuration("the tokens are gone: keep a handle"));
        };
        let next = slot.share().await?;
        headers.insert(AUTHORIZATION, next.header.clone());
        Ok(Self {
            again: true,
            kept: self.kept.clone(),
            ..Self::of(next, *origin)
        })
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = self.sent.as_ref();
        f.debug_struct("Attempt")
            .field("generation", &sent.map(|sent| sent.current.generation))
            .field("again", &self.again)
            .finish()
    }
}
