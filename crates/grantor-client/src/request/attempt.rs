//! A request that was sent with a token, and what its answer means.

pub(crate) mod reaction;

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Response, StatusCode};

use self::reaction::{Reaction, Resend};
use super::flags::AttemptFlags;
use super::verdict::{Answer, CurrentToken, Facts, Verdict, is_accepted, is_rejection, verdict};
use crate::cache::slot::TokenSlot;
use crate::cache::slot::share::TokenShare;
use crate::config::origin::{OriginId, OriginIds};
use crate::config::placement::BearerMethod;
use crate::token::dpop_key::handed_out_nonce;
use crate::token::lifetime::Freshness;

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

impl Observed {
    /// Returns whether the answer is the caller's.
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

    /// A request with a signature of its own at this place, which no renewal replaces.
    pub(super) fn signed(method: BearerMethod) -> Self {
        Self {
            token: None,
            flags: AttemptFlags::first(0, method).signed(),
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

    /// Returns whether it carries one of our tokens, so that it may be worth another try.
    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Where our token or signature is, if there is one.
    #[cfg(any(feature = "reqwest", feature = "blocking"))]
    pub(crate) fn bearer_method(&self) -> Option<BearerMethod> {
        let has_credential = self.has_token() || self.flags.is_signed();
        has_credential.then(|| self.flags.placement())
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

    /// Like [`observe`](Self::observe), for answers of another type.
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
        let resource = slot.renewer.grant.resource();
        let mut answer = Answer {
            status,
            headers,
            rejection_statuses: &services.policy.rejection_statuses,
            gives_nonce: services.scheme.takes_nonce() && handed_out_nonce(headers).is_some(),
            steps_up: false,
        };
        services.scheme.learn(self.flags.origin(), headers);
        if resource.is_none() && !is_rejection(&answer) {
            return None;
        }
        // Looked for first: once it is over, there is another current token.
        let in_flight = slot.in_flight();
        let facts = self.facts(&slot, sent, in_flight.is_some());
        let step_up = resource.and_then(|resource| {
            if self.flags.origin() == OriginIds::FIRST {
                resource.learn(status, headers);
            }
            resource.step_up(status, headers, facts.may_renew)
        });
        answer.steps_up = step_up.is_some();
        if !answer.steps_up && !is_rejection(&answer) {
            return None;
        }
        let verdict = verdict(&answer, &facts);
        if let (Verdict::StepUp, Some(resource), Some(challenge)) = (verdict, resource, step_up) {
            if challenge.asks_for_sign_in() {
                let (origin, now) = (self.flags.origin(), slot.now());
                slot.rejections.note_renewal(sent, origin, now);
            }
            resource.demand(sent.generation, challenge);
        }
        match verdict {
            Verdict::Accepted | Verdict::Unrelated | Verdict::Final => None,
            Verdict::Resend
            | Verdict::Renew
            | Verdict::Wait
            | Verdict::NewNonce
            | Verdict::StepUp => Some(Box::new(Reaction {
                verdict,
                in_flight,
                sent: Arc::clone(sent),
                flags: self.flags,
                slot,
            })),
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

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = self.token.as_ref();
        f.debug_struct("Attempt")
            .field("generation", &sent.map(|sent| sent.generation))
            .field("sends", &self.flags.sends())
            .finish()
    }
}
