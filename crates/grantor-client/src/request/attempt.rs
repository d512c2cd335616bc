use std::fmt;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, Request, Response, StatusCode};

use super::flags::How;
use super::http_request::Carrier;
use super::placement::Placement;
use crate::cache::rejections::is_about_something_else;
use crate::cache::share::Share;
use crate::cache::slot::{Slot, Why};
use crate::config::origin::OriginId;
use crate::error::Error;
use crate::observe::metrics::Counted;
use crate::token::cached_token::{Current, Freshness};
use crate::token::subject::Subject;

/// What gRPC says instead of 401, in the header of an answer that has no messages.
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const UNAUTHENTICATED: &[u8] = b"16";

/// A request that was prepared: remembers which token it carries, to judge the answer.
// Two words and no padding: it goes through many hands for every request, in registers.
#[must_use = "the answer tells whether the token is still good: hand it to `observe`"]
pub struct Attempt {
    /// None: the request carries the caller's own token, or none.
    sent: Option<Arc<Share>>,
    how: How,
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

/// What an answer says at first sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    Done,
    /// The token was rejected: [`Attempt::reject`] says what that means.
    Rejected,
}

impl Attempt {
    pub(crate) fn of_the_caller() -> Self {
        Self {
            sent: None,
            how: How::first(0, Placement::Header),
        }
    }

    #[inline]
    pub(super) fn of(sent: Arc<Share>, origin: OriginId, placement: Placement) -> Self {
        Self {
            sent: Some(sent),
            how: How::first(origin, placement),
        }
    }

    /// Holds the slot of its token, which others may crowd out, until the answer was judged.
    pub(super) fn keep(self, slot: &Arc<Slot>) -> Self {
        let sent = self.sent.map(|sent| Arc::new(sent.keep(slot)));
        Self { sent, ..self }
    }

    /// The slot of its token, as long as there is one.
    fn slot(&self) -> Option<Arc<Slot>> {
        self.sent.as_ref()?.slot()
    }

    /// Whether an answer of this status is one about its token.
    fn is_rejected_by(&self, status: StatusCode) -> bool {
        let rejects = |slot: Arc<Slot>| slot.manager.policy.rejected.contains(&status);
        self.slot().is_some_and(rejects)
    }

    /// Whether it carries one of our tokens, so that it may be worth another try.
    pub(crate) fn has_token(&self) -> bool {
        self.sent.is_some()
    }

    /// Where our token is, if there is one.
    pub(crate) fn placement(&self) -> Option<Placement> {
        self.sent.as_ref().map(|_| self.how.placement())
    }

    /// Judges the answer. A 401 about the token renews it, within limits, and is worth one more
    /// try; the second 401 is the caller's answer. So is `UNAUTHENTICATED` of gRPC.
    ///
    /// Waits for the renewal that a rejection starts; otherwise it is done at once.
    pub async fn observe<B>(&self, response: &Response<B>) -> Observed {
        self.observe_parts(response.status(), response.headers())
            .await
    }

    /// As [`observe`](Self::observe), for answers of another type.
    pub async fn observe_parts(&self, status: StatusCode, headers: &HeaderMap) -> Observed {
        match self.judge(status, headers) {
            Judged::Done => Observed::Done,
            Judged::Rejected => Box::pin(self.reject()).await,
        }
    }

    /// What can be said without waiting.
    #[inline]
    pub(crate) fn judge(&self, status: StatusCode, headers: &HeaderMap) -> Judged {
        let Some(sent) = &self.sent else {
            return Judged::Done;
        };
        if status.is_success() {
            let grpc = headers.get(GRPC_STATUS);
            if grpc.is_some_and(|status| status.as_bytes() == UNAUTHENTICATED) {
                return Judged::Rejected;
            }
            sent.accept(self.how.origin());
            return Judged::Done;
        }
        if !self.is_rejected_by(status) || is_about_something_else(headers) {
            return Judged::Done;
        }
        Judged::Rejected
    }

    /// Renews the token that was rejected, if that is due, and waits for it.
    pub(crate) async fn reject(&self) -> Observed {
        let Some(sent) = &self.sent else {
            return Observed::Done;
        };
        match self.slot() {
            Some(slot) => self.rejected(&slot, sent).await,
            None => Observed::Done,
        }
    }

    async fn rejected(&self, slot: &Arc<Slot>, sent: &Current) -> Observed {
        let resend = if self.how.is_again() {
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
            Some(current)
                if slot
                    .rejections
                    .renews(&current, self.how.origin(), slot.now()) =>
            {
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
    /// There is no token, or the request goes to another origin than the first one did.
    pub async fn prepare_again<B>(&self, request: &mut Request<B>) -> Result<Self, Error> {
        self.prepare_any_again(request).await
    }

    /// As [`prepare_again`](Self::prepare_again), on a copy that was made before the first try was
    /// prepared: the hooks have not seen it.
    pub(crate) async fn prepare_copy_again(
        &self,
        request: &mut impl Carrier,
    ) -> Result<Self, Error> {
        if let Some(slot) = self.slot() {
            slot.show(request).await;
        }
        self.prepare_any_again(request).await
    }

    /// As [`prepare_again`](Self::prepare_again), for requests of another type.
    pub(crate) async fn prepare_any_again(
        &self,
        request: &mut impl Carrier,
    ) -> Result<Self, Error> {
        match self.next().await? {
            Some(next) => self.put_again(next, request),
            None => Ok(Self::of_the_caller()),
        }
    }

    /// The token for the second try; none if the first had none.
    pub(crate) async fn next(&self) -> Result<Option<Arc<Share>>, Error> {
        if self.sent.is_none() {
            return Ok(None);
        }
        let Some(slot) = self.slot() else {
            return Err(Error::configuration("the tokens are gone: keep a handle"));
        };
        Ok(Some(slot.share().await?))
    }

    /// Puts that token on a copy of the request.
    pub(crate) fn put_again(
        &self,
        next: Arc<Share>,
        request: &mut impl Carrier,
    ) -> Result<Self, Error> {
        let Some(sent) = &self.sent else {
            return Ok(Self::of_the_caller());
        };
        let slot = next.slot();
        if let Some(slot) = &slot {
            let origin = self.how.origin();
            slot.manager.origin_ids.check(origin, request.uri())?;
            if matches!(slot.subject, Some(Subject::User(_))) {
                // The user's password, which the token stands for.
                request.headers_mut().remove(AUTHORIZATION);
            }
        }
        self.how.placement().put(&next, request)?;
        let again = Self {
            sent: Some(next),
            how: self.how.again(),
        };
        Ok(match slot {
            Some(slot) if sent.keeps() => again.keep(&slot),
            _ => again,
        })
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = self.sent.as_ref();
        f.debug_struct("Attempt")
            .field("generation", &sent.map(|sent| sent.generation))
            .field("again", &self.how.is_again())
            .finish()
    }
}
