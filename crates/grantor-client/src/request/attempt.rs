//! A request that was sent with a token: what its answer means, and how it is sent again.

use std::fmt;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, Request, Response, StatusCode};

use super::flags::AttemptFlags;
use super::http_request::HttpRequest;
use super::verdict::{Answer, CurrentToken, Facts, Verdict, is_accepted, is_rejection, verdict};
use crate::cache::slot::share::TokenShare;
use crate::cache::slot::{InFlight, TokenSlot};
use crate::config::origin::OriginId;
use crate::config::placement::BearerMethod;
use crate::error::Error;
use crate::observe::metrics::MetricEvent;
use crate::token::lifetime::Freshness;
use crate::token::reason::RenewalReason;
use crate::token::subject::Subject;

/// A request that was prepared: remembers which token it carries, to judge the answer.
// Two words and no padding: it goes through many hands for every request, in registers.
#[must_use = "the answer says whether the token is still good: hand it to `observe`"]
pub struct Attempt {
    /// None: the request carries the caller's own token, or none.
    token: Option<Arc<TokenShare>>,
    flags: AttemptFlags,
}

/// The consequence of an answer for its request.
#[derive(Debug)]
#[must_use]
pub enum Observed {
    /// The answer is the caller's.
    Done,
    /// The request is worth another try: prepare a copy of it by this and send that. Without a copy,
    /// the answer is the caller's.
    Resend(Resend),
}

/// Prepares a copy of a request that is sent again.
#[must_use = "a copy of the request is prepared by `prepare`"]
pub struct Resend {
    slot: Arc<TokenSlot>,
    flags: AttemptFlags,
}

/// The consequence of an answer that takes more than a look.
pub(crate) struct Reaction {
    verdict: Verdict,
    slot: Arc<TokenSlot>,
    in_flight: Option<InFlight>,
    sent: Arc<TokenShare>,
    flags: AttemptFlags,
}

impl Observed {
    /// Whether the answer is the caller's.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }

    /// How to send the request again, if it is worth another try.
    #[must_use]
    pub fn into_resend(self) -> Option<Resend> {
        match self {
            Self::Done => None,
            Self::Resend(resend) => Some(resend),
        }
    }
}

impl Attempt {
    pub(crate) fn untouched() -> Self {
        Self {
            token: None,
            flags: AttemptFlags::first(0, BearerMethod::Header),
        }
    }

    #[inline]
    pub(super) fn of(sent: Arc<TokenShare>, origin: OriginId, method: BearerMethod) -> Self {
        Self {
            token: Some(sent),
            flags: AttemptFlags::first(origin, method),
        }
    }

    /// Holds the slot of its token, which others may crowd out, until the answer was judged.
    pub(super) fn pin(self, slot: &Arc<TokenSlot>) -> Self {
        Self {
            token: self.token.map(|sent| Arc::new(sent.pin(slot))),
            flags: self.flags.pinned(),
        }
    }

    /// Whether it carries one of our tokens, so that it may be worth another try.
    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Where our token is, if there is one.
    #[cfg(any(feature = "reqwest", feature = "blocking"))]
    pub(crate) fn bearer_method(&self) -> Option<BearerMethod> {
        self.token.as_ref().map(|_| self.flags.placement())
    }

    /// Judges the answer. A 401 about the token renews it, within limits, and the request is worth
    /// another try; the second such 401 is the caller's answer. So is `UNAUTHENTICATED` of gRPC. A
    /// request is sent three times at most.
    ///
    /// Waits for the renewal that a rejection starts; otherwise it is done at once.
    pub async fn observe<B>(&self, response: &Response<B>) -> Observed {
        self.observe_parts(response.status(), response.headers())
            .await
    }

    /// As [`observe`](Self::observe), for answers of another type.
    pub async fn observe_parts(&self, status: StatusCode, headers: &HeaderMap) -> Observed {
        match self.judge(status, headers) {
            None => Observed::Done,
            Some(reaction) => Box::pin(reaction.carry_out()).await,
        }
    }

    /// The consequence as far as it is known without waiting; none, if the answer is the caller's.
    #[inline]
    pub(crate) fn judge(&self, status: StatusCode, headers: &HeaderMap) -> Option<Box<Reaction>> {
        let sent = self.token.as_ref()?;
        if is_accepted(status, headers) {
            sent.accept(self.flags.origin());
            if self.flags.is_pinned() {
                self.learn(sent, headers);
            }
            return None;
        }
        self.look_closer(sent, status, headers)
    }

    /// Only a request that did not go the short way has a scheme that learns from answers.
    #[cold]
    fn learn(&self, sent: &TokenShare, headers: &HeaderMap) {
        if let Some(slot) = sent.slot() {
            slot.renewer
                .services
                .scheme
                .learn(self.flags.origin(), headers);
        }
    }

    #[cold]
    fn look_closer(
        &self,
        sent: &Arc<TokenShare>,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Option<Box<Reaction>> {
        let slot = sent.slot()?;
        let services = &slot.renewer.services;
        let answer = Answer {
            status,
            headers,
            rejection_statuses: &services.policy.rejection_statuses,
            takes_nonce: services.scheme.takes_nonce(),
        };
        services.scheme.learn(self.flags.origin(), headers);
        if !is_rejection(&answer) {
            return None;
        }
        // Looked for first: once it is over, there is another current token.
        let in_flight = slot.in_flight();
        let facts = self.facts(&slot, sent, in_flight.is_some());
        let verdict = verdict(&answer, &facts);
        match verdict {
            Verdict::Accepted | Verdict::Unrelated | Verdict::Final => None,
            Verdict::Resend | Verdict::Renew | Verdict::Wait | Verdict::NewNonce => {
                Some(Box::new(Reaction {
                    verdict,
                    in_flight,
                    sent: Arc::clone(sent),
                    flags: self.flags,
                    slot,
                }))
            }
        }
    }

    fn facts(&self, slot: &TokenSlot, sent: &TokenShare, renewing: bool) -> Facts {
        let (origin, now) = (self.flags.origin(), slot.now());
        let current = slot.current();
        let current = current
            .as_ref()
            .filter(|current| current.freshness(now) != Freshness::Expired);
        Facts {
            sends: self.flags.sends(),
            replaced: self.flags.is_replaced(),
            current: match current {
                None => CurrentToken::Gone,
                Some(current) if current.generation != sent.generation => CurrentToken::Another,
                Some(_) => CurrentToken::Sent,
            },
            renewing,
            may_renew: current
                .is_some_and(|current| slot.rejections.allow_renewal(current, origin, now)),
        }
    }
}

impl Reaction {
    /// Does what follows from the answer, and waits for it.
    pub(crate) async fn carry_out(self) -> Observed {
        let (slot, sent) = (&self.slot, &self.sent);
        let next = match self.verdict {
            Verdict::Renew if self.notes_renewal() => {
                slot.renewer.services.observer.count(MetricEvent::Rejection);
                slot.renew(RenewalReason::Rejected(sent.generation)).await
            }
            Verdict::Renew | Verdict::Wait => match self.in_flight.or_else(|| slot.in_flight()) {
                Some(in_flight) => slot.wait(in_flight).await,
                None => return Observed::Done,
            },
            Verdict::NewNonce => {
                return Observed::Resend(Resend {
                    flags: self.flags,
                    slot: self.slot,
                });
            }
            _ => return Observed::Resend(Resend::replacing(self.slot, self.flags)),
        };
        match next {
            // Some servers give the same token until its end.
            Ok(next) if next.secret() == sent.secret() => Observed::Done,
            Ok(_) => Observed::Resend(Resend::replacing(self.slot, self.flags)),
            Err(_) => Observed::Done,
        }
    }

    /// Whether it is for this rejection to renew: others may have been first.
    fn notes_renewal(&self) -> bool {
        let (slot, origin) = (&self.slot, self.flags.origin());
        slot.rejections.note_renewal(&self.sent, origin, slot.now())
    }
}

impl Resend {
    fn replacing(slot: Arc<TokenSlot>, flags: AttemptFlags) -> Self {
        Self {
            slot,
            flags: flags.replaced(),
        }
    }

    /// Puts the token there is now on a copy of the request, in place of the one that was sent.
    ///
    /// # Errors
    /// There is no token, or the copy goes to another origin than the request did.
    pub async fn prepare<B>(self, request: &mut Request<B>) -> Result<Attempt, Error> {
        self.prepare_request(request).await
    }

    /// As [`prepare`](Self::prepare), on a copy that was made before the first try was prepared: the
    /// hooks have not seen it.
    #[cfg(any(feature = "reqwest", feature = "blocking"))]
    pub(crate) async fn prepare_copy(
        self,
        request: &mut impl HttpRequest,
    ) -> Result<Attempt, Error> {
        self.slot.run_request_hooks(request).await;
        self.prepare_request(request).await
    }

    /// As [`prepare`](Self::prepare), for requests of another type.
    pub(crate) async fn prepare_request(
        self,
        request: &mut impl HttpRequest,
    ) -> Result<Attempt, Error> {
        let Self { slot, flags } = self;
        let token = slot.get().await?;
        let services = &slot.renewer.services;
        let origin = flags.origin();
        let names = request.localhost_names();
        services.origin_ids.check(origin, request.uri(), names)?;
        if matches!(slot.subject, Some(Subject::Password(_))) {
            // The user's password, which the token replaces.
            request.headers_mut().remove(AUTHORIZATION);
        }
        let method = flags.placement();
        services.scheme.apply(method, &token, origin, request)?;
        let attempt = Attempt {
            token: Some(token),
            flags: flags.again(),
        };
        Ok(if flags.is_pinned() {
            attempt.pin(&slot)
        } else {
            attempt
        })
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = self.token.as_ref();
        f.debug_struct("Attempt")
            .field("generation", &sent.map(|sent| sent.generation))
            .field("sends", &self.flags.sends())
            .finish()
    }
}

impl fmt::Debug for Resend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resend").finish_non_exhaustive()
    }
}
