//! The reaction to an answer: a renewal, a wait, and a copy of the request that is sent again.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;

use super::{Attempt, Observed};
use crate::cache::slot::share::TokenShare;
use crate::cache::slot::{InFlight, TokenSlot};
use crate::error::Error;
use crate::observe::metrics::MetricEvent;
use crate::request::flags::AttemptFlags;
use crate::request::http_request::{HttpRequest, WithBody};
use crate::request::verdict::Verdict;
use crate::token::reason::RenewalReason;
use crate::token::subject::Subject;

/// Prepares a copy of a request that is sent again.
#[must_use = "a copy of the request is prepared by `prepare`"]
pub struct Resend {
    slot: Arc<TokenSlot>,
    flags: AttemptFlags,
}

/// The consequence of an answer that takes more than a look.
pub(crate) struct Reaction {
    pub(super) verdict: Verdict,
    pub(super) slot: Arc<TokenSlot>,
    pub(super) in_flight: Option<InFlight>,
    pub(super) sent: Arc<TokenShare>,
    pub(super) flags: AttemptFlags,
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
            Verdict::StepUp => slot.renew(RenewalReason::Rejected(sent.generation)).await,
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

    /// Returns whether it is for this rejection to renew: others may have been first.
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

    /// Like [`prepare`](Self::prepare), for a copy whose body is in memory: see
    /// [`Tokens::prepare_with_body`](crate::Tokens::prepare_with_body).
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub async fn prepare_with_body(self, request: &mut Request<Bytes>) -> Result<Attempt, Error> {
        self.prepare_request(&mut WithBody(request)).await
    }

    /// Like [`prepare`](Self::prepare), on a copy that was made before the first try was prepared:
    /// the hooks have not seen it.
    #[cfg(any(feature = "reqwest", feature = "blocking"))]
    pub(crate) async fn prepare_copy(
        self,
        request: &mut impl HttpRequest,
    ) -> Result<Attempt, Error> {
        self.slot.run_request_hooks(request).await;
        self.prepare_request(request).await
    }

    /// Like [`prepare`](Self::prepare), for requests of another type.
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
        let context = (origin, services.environment());
        services.scheme.apply(method, &token, context, request)?;
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

impl fmt::Debug for Resend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resend").finish_non_exhaustive()
    }
}
