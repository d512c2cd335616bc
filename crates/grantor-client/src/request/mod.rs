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
use self::http_request::{HttpRequest, WithoutToken};
use crate::cache::slot::TokenSlot;
use crate::config::placement::BearerMethod;
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
        match self.try_prepare(request)? {
            Some(attempt) => Ok(attempt),
            None => Box::pin(self.prepare_async(request)).await,
        }
    }

    /// As [`prepare`](Self::prepare), for doors with requests of another type.
    pub(crate) async fn prepare_request(
        &self,
        request: &mut impl HttpRequest,
    ) -> Result<Attempt, Error> {
        match self.try_prepare(request)? {
            Some(attempt) => Ok(attempt),
            None => Box::pin(self.prepare_async(request)).await,
        }
    }

    /// All that is done to most requests before they are sent: whether one gets a token, which, and
    /// where. None: it takes waiting.
    #[inline]
    pub(crate) fn try_prepare(
        &self,
        request: &mut impl HttpRequest,
    ) -> Result<Option<Attempt>, Error> {
        let extensions = request.extensions();
        if extensions.is_some_and(|all| all.get::<WithoutToken>().is_some()) {
            return Ok(Some(Attempt::untouched()));
        }
        if !self.has_fast_path() {
            return Ok(None);
        }
        if extensions.is_some_and(|all| all.get::<SubjectToken>().is_some()) {
            return Err(Error::configuration(
                "the request names a subject, and these tokens are none of \"token_exchange\"",
            ));
        }
        self.try_apply(&self.slot, request)
    }

    /// As [`try_prepare`](Self::try_prepare), where hooks want to see the request, or it has a token
    /// of its own, or there is none yet.
    async fn prepare_async(&self, request: &mut impl HttpRequest) -> Result<Attempt, Error> {
        let slot = if self.has_fast_path() {
            Arc::clone(&self.slot)
        } else {
            self.slot_for(request).await?
        };
        let attempt = match self.try_apply(&slot, request)? {
            Some(attempt) => attempt,
            None => {
                let origin = self.origins.find(request.uri())?;
                let current = slot.get().await?;
                self.bearer_method.apply(&current, request)?;
                Attempt::of(current, origin, self.bearer_method)
            }
        };
        Ok(attempt.pin(&slot))
    }

    /// Puts the token that a slot has on a request, if it has one.
    #[inline]
    fn try_apply(
        &self,
        slot: &Arc<TokenSlot>,
        request: &mut impl HttpRequest,
    ) -> Result<Option<Attempt>, Error> {
        if self.bearer_method != BearerMethod::Header {
            return self.apply_elsewhere(slot, request);
        }
        // Two look-ups are cheaper than one by an entry.
        if request.headers_mut().contains_key(AUTHORIZATION) {
            return Ok(Some(Attempt::untouched()));
        }
        let origin = self.origins.find(request.uri())?;
        let Some(current) = slot.current_usable() else {
            return Ok(None);
        };
        let header = current.header.clone();
        request.headers_mut().insert(AUTHORIZATION, header);
        Ok(Some(Attempt::of(current, origin, BearerMethod::Header)))
    }

    /// As [`try_apply`](Self::try_apply), for a token that goes into the query or the body.
    #[cold]
    fn apply_elsewhere(
        &self,
        slot: &Arc<TokenSlot>,
        request: &mut impl HttpRequest,
    ) -> Result<Option<Attempt>, Error> {
        if self.bearer_method.is_taken(request) {
            return Ok(Some(Attempt::untouched()));
        }
        let origin = self.origins.find(request.uri())?;
        self.bearer_method.check(request)?;
        let Some(current) = slot.current_usable() else {
            return Ok(None);
        };
        self.bearer_method.apply(&current, request)?;
        Ok(Some(Attempt::of(current, origin, self.bearer_method)))
    }
}
