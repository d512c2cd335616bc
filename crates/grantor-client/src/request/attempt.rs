use std::fmt;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, Request, Response, StatusCode};

use super::flags::AttemptFlags;
use super::http_request::HttpRequest;
use crate::cache::rejections::is_unrelated_to_token;
use crate::cache::slot::TokenSlot;
use crate::cache::slot::share::TokenShare;
use crate::config::origin::OriginId;
use crate::config::placement::BearerMethod;
use crate::error::Error;
use crate::observe::metrics::MetricEvent;
use crate::token::cached_token::CachedToken;
use crate::token::lifetime::Freshness;
use crate::token::reason::RenewalReason;
use crate::token::subject::Subject;

/// What gRPC says instead of 401, in the header of an answer that has no messages.
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const UNAUTHENTICATED: &[u8] = b"16";

/// A request that was prepared: remembers which token it carries, to judge the answer.
// Two words and no padding: it goes through many hands for every request, in registers.
#[must_use = "the answer tells whether the token is still good: hand it to `observe`"]
pub struct Attempt {
    /// None: the request carries the caller's own token, or none.
    token: Option<Arc<TokenShare>>,
    flags: AttemptFlags,
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
pub(crate) enum Verdict {
    Done,
    /// The token was rejected: [`Attempt::reject`] says what that means.
    Rejected,
}

impl Attempt {
    pub(crate) fn untouched() -> Self {
        Self {
            token: None,
            flags: AttemptFlags::first(0, BearerMethod::Header),
        }
    }

    #[inline]
    pub(super) fn of(sent: Arc<TokenShare>, origin: OriginId, placement: BearerMethod) -> Self {
        Self {
            token: Some(sent),
            flags: AttemptFlags::first(origin, placement),
        }
    }

    /// Holds the slot of its token, which others may crowd out, until the answer was judged.
    pub(super) fn pin(self, slot: &Arc<TokenSlot>) -> Self {
        let sent = self.token.map(|sent| Arc::new(sent.pin(slot)));
        Self {
            token: sent,
            ..self
        }
    }

    /// The slot of its token, as long as there is one.
    fn slot(&self) -> Option<Arc<TokenSlot>> {
        self.token.as_ref()?.slot()
    }

    /// Whether an answer of this status is one about its token.
    fn is_rejected_by(&self, status: StatusCode) -> bool {
        let rejects = |slot: Arc<TokenSlot>| {
            slot.renewer
                .services
                .policy
                .rejection_statuses
                .contains(&status)
        };
        self.slot().is_some_and(rejects)
    }

    /// Whether it carries one of our tokens, so that it may be worth another try.
    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Where our token is, if there is one.
    #[cfg(any(feature = "reqwest", feature = "blocking"))]
    pub(crate) fn placement(&self) -> Option<BearerMethod> {
        self.token.as_ref().map(|_| self.flags.placement())
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
            Verdict::Done => Observed::Done,
            Verdict::Rejected => Box::pin(self.reject()).await,
        }
    }

    /// What can be said without waiting.
    #[inline]
    pub(crate) fn judge(&self, status: StatusCode, headers: &HeaderMap) -> Verdict {
        let Some(sent) = &self.token else {
            return Verdict::Done;
        };
        if status.is_success() {
            let grpc = headers.get(GRPC_STATUS);
            if grpc.is_some_and(|status| status.as_bytes() == UNAUTHENTICATED) {
                return Verdict::Rejected;
            }
            sent.accept(self.flags.origin());
            return Verdict::Done;
        }
        if !self.is_rejected_by(status) || is_unrelated_to_token(headers) {
            return Verdict::Done;
        }
        Verdict::Rejected
    }

    /// Renews the token that was rejected, if that is due, and waits for it.
    pub(crate) async fn reject(&self) -> Observed {
        let Some(sent) = &self.token else {
            return Observed::Done;
        };
        match self.slot() {
            Some(slot) => self.rejected(&slot, sent).await,
            None => Observed::Done,
        }
    }

    async fn rejected(&self, slot: &Arc<TokenSlot>, sent: &CachedToken) -> Observed {
        let resend = if self.flags.is_again() {
            Observed::Done
        } else {
            Observed::Resend
        };
        // Looked for first: once it is over, there is another current token.
        let under_way = slot.in_flight();
        let next = match slot.current() {
            // A late answer about a token that is gone: it says nothing about the one there is.
            Some(current) if current.generation != sent.generation => return resend,
            Some(current) if current.freshness(slot.now()) == Freshness::Expired => return resend,
            Some(current)
                if slot
                    .rejections
                    .allows_renewal(&current, self.flags.origin(), slot.now()) =>
            {
                slot.renewer.services.observer.count(MetricEvent::Rejection);
                slot.renew(RenewalReason::Rejected(current.generation))
                    .await
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
        self.prepare_request_again(request).await
    }

    /// As [`prepare_again`](Self::prepare_again), on a copy that was made before the first try was
    /// prepared: the hooks have not seen it.
    #[cfg(any(feature = "reqwest", feature = "blocking"))]
    pub(crate) async fn prepare_copy(&self, request: &mut impl HttpRequest) -> Result<Self, Error> {
        if let Some(slot) = self.slot() {
            slot.run_request_hooks(request).await;
        }
        self.prepare_request_again(request).await
    }

    /// As [`prepare_again`](Self::prepare_again), for requests of another type.
    pub(crate) async fn prepare_request_again(
        &self,
        request: &mut impl HttpRequest,
    ) -> Result<Self, Error> {
        match self.next().await? {
            Some(next) => self.apply_again(next, request),
            None => Ok(Self::untouched()),
        }
    }

    /// The token for the second try; none if the first had none.
    pub(crate) async fn next(&self) -> Result<Option<Arc<TokenShare>>, Error> {
        if self.token.is_none() {
            return Ok(None);
        }
        let Some(slot) = self.slot() else {
            return Err(Error::configuration("the tokens are gone: keep a handle"));
        };
        Ok(Some(slot.get().await?))
    }

    /// Puts that token on a copy of the request.
    pub(crate) fn apply_again(
        &self,
        next: Arc<TokenShare>,
        request: &mut impl HttpRequest,
    ) -> Result<Self, Error> {
        let Some(sent) = &self.token else {
            return Ok(Self::untouched());
        };
        let slot = next.slot();
        if let Some(slot) = &slot {
            let origin = self.flags.origin();
            slot.renewer
                .services
                .origin_ids
                .check(origin, request.uri())?;
            if matches!(slot.subject, Some(Subject::Password(_))) {
                // The user's password, which the token stands for.
                request.headers_mut().remove(AUTHORIZATION);
            }
        }
        self.flags.placement().apply(&next, request)?;
        let again = Self {
            token: Some(next),
            flags: self.flags.again(),
        };
        Ok(match slot {
            Some(slot) if sent.is_pinned() => again.pin(&slot),
            _ => again,
        })
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = self.token.as_ref();
        f.debug_struct("Attempt")
            .field("generation", &sent.map(|sent| sent.generation))
            .field("again", &self.flags.is_again())
            .finish()
    }
}
