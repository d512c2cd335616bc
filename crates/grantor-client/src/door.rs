//! The two calls that every door makes: `prepare` before a request is sent, `observe` on its answer.

mod attempt;
mod carrier;
mod placement;

use std::sync::Arc;

use http::Request;
use http::header::{AUTHORIZATION, Entry};

pub(crate) use self::attempt::Judged;
pub use self::attempt::{Attempt, Observed};
pub(crate) use self::carrier::Carrier;
pub use self::carrier::WithoutToken;
pub use self::placement::Placement;
pub(crate) use self::placement::{is_form, without_token};
use crate::origin::OriginId;
use crate::slot::{Outcome, Slot};
use crate::state::Current;
use crate::{Error, Tokens};

/// A request that was looked at.
pub(crate) enum Begun {
    /// It can be sent.
    Ready(Attempt),
    /// It needs a token first.
    Waiting(Waiting),
}

/// Whose token a request waits for, and where it will go.
pub(crate) struct Waiting {
    slot: Arc<Slot>,
    origin: OriginId,
    placement: Placement,
}

impl Tokens {
    /// Puts the token on a request. Waits only if there is no token that may be used.
    ///
    /// A request that has an `Authorization` header keeps it, and one that has the extension
    /// [`WithoutToken`] gets none.
    ///
    /// # Errors
    /// The request goes to an origin that was not named, or there is no token.
    pub async fn prepare<B>(&self, request: &mut Request<B>) -> Result<Attempt, Error> {
        match self.begin(request)? {
            Begun::Ready(attempt) => Ok(attempt),
            Begun::Waiting(waiting) => {
                let current = Box::pin(waiting.token()).await?;
                waiting.put(current, request)
            }
        }
    }

    /// As [`prepare`](Self::prepare), for a caller without a runtime.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub fn prepare_blocking<B>(&self, request: &mut Request<B>) -> Result<Attempt, Error> {
        crate::blocking::block_on(self.prepare(request))
    }

    /// As [`prepare`](Self::prepare), for doors with requests of another type.
    pub(crate) async fn prepare_any(&self, request: &mut impl Carrier) -> Result<Attempt, Error> {
        match self.begin(request)? {
            Begun::Ready(attempt) => Ok(attempt),
            Begun::Waiting(waiting) => {
                let current = Box::pin(waiting.token()).await?;
                waiting.put(current, request)
            }
        }
    }

    /// All that is done to a request before it is sent is done here, whatever door it goes through:
    /// whether it gets a token, which one, and where.
    #[inline]
    pub(crate) fn begin(&self, request: &mut impl Carrier) -> Result<Begun, Error> {
        let extensions = request.extensions();
        if extensions.is_some_and(|all| all.get::<WithoutToken>().is_some()) {
            return Ok(Begun::Ready(Attempt::of_the_caller()));
        }
        let slot = &self.slot;
        if self.placement != Placement::Header {
            return self.begin_elsewhere(slot, request);
        }
        let origin = self.origins.find(request.uri());
        // A caller's own header is looked for at the place where the token would go.
        let Entry::Vacant(place) = request.headers_mut().entry(AUTHORIZATION) else {
            return Ok(Begun::Ready(Attempt::of_the_caller()));
        };
        let origin = origin?;
        if let Some(current) = slot.ready() {
            place.insert(current.header.clone());
            let attempt = Attempt::of(current, origin, Placement::Header);
            return Ok(Begun::Ready(attempt));
        }
        Ok(self.wait_for(slot, origin))
    }

    /// As [`begin`](Self::begin), for a token that goes into the query or the body.
    #[cold]
    fn begin_elsewhere(
        &self,
        slot: &Arc<Slot>,
        request: &mut impl Carrier,
    ) -> Result<Begun, Error> {
        if self.placement.is_taken(request) {
            return Ok(Begun::Ready(Attempt::of_the_caller()));
        }
        let origin = self.origins.find(request.uri())?;
        self.placement.check(request)?;
        match slot.ready() {
            Some(current) => {
                self.placement.put(&current, request)?;
                let attempt = Attempt::of(current, origin, self.placement);
                Ok(Begun::Ready(attempt))
            }
            None => Ok(self.wait_for(slot, origin)),
        }
    }

    #[cold]
    fn wait_for(&self, slot: &Arc<Slot>, origin: OriginId) -> Begun {
        Begun::Waiting(Waiting {
            slot: Arc::clone(slot),
            origin,
            placement: self.placement,
        })
    }
}

impl Waiting {
    /// The token that the request waits for.
    pub(crate) fn token(&self) -> impl Future<Output = Outcome> + Send + use<> {
        let slot = Arc::clone(&self.slot);
        async move { slot.token().await }
    }

    pub(crate) fn put(
        self,
        current: Arc<Current>,
        request: &mut impl Carrier,
    ) -> Result<Attempt, Error> {
        self.placement.put(&current, request)?;
        Ok(Attempt::of(current, self.origin, self.placement))
    }
}
