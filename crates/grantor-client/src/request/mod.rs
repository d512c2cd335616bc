//! The two calls that every door makes: `prepare` before a request is sent, `observe` on its answer.

pub(crate) mod attempt;
pub(crate) mod flags;
pub(crate) mod http_request;
pub(crate) mod placement;
pub(crate) mod subject;

use std::sync::Arc;

use http::Request;
use http::header::AUTHORIZATION;

use self::attempt::Attempt;
use self::http_request::{Carrier, WithoutToken};
use self::placement::Placement;
use crate::cache::slot::Slot;
use crate::error::Error;
use crate::token::subject::SubjectToken;
use crate::tokens::Tokens;

impl Tokens {
    /// Puts the token on a request. Waits only if there is no token that may be used.
    ///
    /// A request that has an `Authorization` header keeps it, and one that has the extension
    /// [`WithoutToken`] gets none.
    ///
    /// # Errors
    /// The request goes to an origin that was not named, or there is no token.
    pub async fn prepare<B>(&self, request: &mut Request<B>) -> Result<Attempt, Error> {
        match self.prepare_now(request)? {
            Some(attempt) => Ok(attempt),
            None => Box::pin(self.prepare_slowly(request)).await,
        }
    }

    /// As [`prepare`](Self::prepare), for doors with requests of another type.
    pub(crate) async fn prepare_any(&self, request: &mut impl Carrier) -> Result<Attempt, Error> {
        match self.prepare_now(request)? {
            Some(attempt) => Ok(attempt),
            None => Box::pin(self.prepare_slowly(request)).await,
        }
    }

    /// All that is done to most requests before they are sent: whether one gets a token, which, and
    /// where. None: it takes waiting.
    #[inline]
    pub(crate) fn prepare_now(&self, request: &mut impl Carrier) -> Result<Option<Attempt>, Error> {
        let extensions = request.extensions();
        if extensions.is_some_and(|all| all.get::<WithoutToken>().is_some()) {
            return Ok(Some(Attempt::of_the_caller()));
        }
        if !self.is_plain() {
            return Ok(None);
        }
        if extensions.is_some_and(|all| all.get::<SubjectToken>().is_some()) {
            return Err(Error::configuration(
                "the request names a subject, and these tokens are none of \"token_exchange\"",
            ));
        }
        self.put_now(&self.slot, request)
    }

    /// As [`prepare_now`](Self::prepare_now), where hooks want to see the request, or it has a token
    /// of its own, or there is none yet.
    async fn prepare_slowly(&self, request: &mut impl Carrier) -> Result<Attempt, Error> {
        let slot = if self.is_plain() {
            Arc::clone(&self.slot)
        } else {
            self.pick(request).await?
        };
        let attempt = match self.put_now(&slot, request)? {
            Some(attempt) => attempt,
            None => {
                let origin = self.origins.find(request.uri())?;
                let current = slot.share().await?;
                self.placement.put(&current, request)?;
                Attempt::of(current, origin, self.placement)
            }
        };
        Ok(attempt.keep(&slot))
    }

    /// Puts the token that a slot has on a request, if it has one.
    #[inline]
    fn put_now(
        &self,
        slot: &Arc<Slot>,
        request: &mut impl Carrier,
    ) -> Result<Option<Attempt>, Error> {
        if self.placement != Placement::Header {
            return self.put_elsewhere(slot, request);
        }
        // Two look-ups are cheaper than one by an entry.
        if request.headers_mut().contains_key(AUTHORIZATION) {
            return Ok(Some(Attempt::of_the_caller()));
        }
        let origin = self.origins.find(request.uri())?;
        let Some(current) = slot.ready() else {
            return Ok(None);
        };
        let header = current.header.clone();
        request.headers_mut().insert(AUTHORIZATION, header);
        Ok(Some(Attempt::of(current, origin, Placement::Header)))
    }

    /// As [`put_now`](Self::put_now), for a token that goes into the query or the body.
    #[cold]
    fn put_elsewhere(
        &self,
        slot: &Arc<Slot>,
        request: &mut impl Carrier,
    ) -> Result<Option<Attempt>, Error> {
        if self.placement.is_taken(request) {
            return Ok(Some(Attempt::of_the_caller()));
        }
        let origin = self.origins.find(request.uri())?;
        self.placement.check(request)?;
        let Some(current) = slot.ready() else {
            return Ok(None);
        };
        self.placement.put(&current, request)?;
        Ok(Some(Attempt::of(current, origin, self.placement)))
    }
}
