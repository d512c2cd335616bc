//! The two calls that every door makes: `prepare` before a request is sent, `observe` on its answer.

pub(crate) mod attempt;
pub(crate) mod flags;
pub(crate) mod http_request;
pub(crate) mod scheme;
pub(crate) mod subject;
pub(crate) mod verdict;

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;

use self::attempt::Attempt;
use self::http_request::{HttpRequest, WithBody, WithoutToken};
use crate::cache::slot::TokenSlot;
use crate::cache::slot::share::TokenShare;
use crate::config::origin::OriginId;
use crate::config::placement::BearerMethod;
use crate::error::Error;
use crate::token::lifetime::Freshness;
use crate::token::scheme::Scheme;
use crate::token::subject::SubjectToken;
use crate::tokens::Tokens;

impl Tokens {
    /// Puts the token on a request. Waits only if there is no token that may be used.
    ///
    /// A request that has an `Authorization` header keeps it, and one that has the extension
    /// [`WithoutToken`] gets none.
    ///
    /// ```no_run
    /// use grantor_client::{Observed, Tokens};
    ///
    /// # fn send(_: http::Request<()>) -> http::Response<()> { http::Response::new(()) }
    /// # async fn call(tokens: Tokens) -> Result<(), grantor_client::Error> {
    /// let mut request = http::Request::new(());
    /// *request.uri_mut() = http::Uri::from_static("https://api.example/things");
    /// let mut attempt = tokens.prepare(&mut request).await?;
    /// let answer = loop {
    ///     let answer = send(request.clone());
    ///     match attempt.observe(&answer).await {
    ///         Observed::Done => break answer,
    ///         Observed::Resend(resend) => attempt = resend.prepare(&mut request).await?,
    ///     }
    /// };
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The request goes to an origin that was not named, or there is no token.
    pub async fn prepare<B>(&self, request: &mut Request<B>) -> Result<Attempt, Error> {
        match self.try_prepare(request)? {
            Some(attempt) => Ok(attempt),
            None => Box::pin(self.prepare_async(request)).await,
        }
    }

    /// Like [`prepare`](Self::prepare), for a request whose body is in memory: a form may then carry
    /// the token ([`BearerMethod::Body`](crate::BearerMethod::Body)), and is signed by
    /// [OAuth 1.0a](Tokens::oauth1).
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub async fn prepare_with_body(&self, request: &mut Request<Bytes>) -> Result<Attempt, Error> {
        self.prepare_request(&mut WithBody(request)).await
    }

    /// Like [`prepare`](Self::prepare), for doors with requests of another type.
    pub(crate) async fn prepare_request(
        &self,
        request: &mut impl HttpRequest,
    ) -> Result<Attempt, Error> {
        match self.try_prepare(request)? {
            Some(attempt) => Ok(attempt),
            None => Box::pin(self.prepare_async(request)).await,
        }
    }

    /// All that is done to most requests before they are sent. None: it takes waiting, or more than a
    /// bearer token in the header.
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
        if self.bearer_method != BearerMethod::Header {
            return Ok(None);
        }
        // Two look-ups are cheaper than one by an entry.
        if request.headers_mut().contains_key(AUTHORIZATION) {
            return Ok(Some(Attempt::untouched()));
        }
        let origin = self
            .origins
            .find(request.uri(), request.localhost_names())?;
        let Some(current) = self.slot.current_usable() else {
            return Ok(None);
        };
        let header = current.header.clone();
        request.headers_mut().insert(AUTHORIZATION, header);
        Ok(Some(Attempt::of(current, origin, BearerMethod::Header)))
    }

    /// Like [`try_prepare`](Self::try_prepare), where hooks want to see the request, or it has a
    /// token of its own, or there is none yet, or it goes elsewhere than into a header.
    async fn prepare_async(&self, request: &mut impl HttpRequest) -> Result<Attempt, Error> {
        if let Scheme::OAuth1(signing) = &self.services().scheme {
            return self.prepare_signed(signing, request).await;
        }
        let slot = if self.has_fast_path() {
            Arc::clone(&self.slot)
        } else {
            self.slot_for(request).await?
        };
        let method = self.bearer_method;
        if method.is_taken(request) {
            return Ok(Attempt::untouched());
        }
        self.check_certificate(request)?;
        let origin = self
            .origins
            .find(request.uri(), request.localhost_names())?;
        method.check(request)?;
        if let Some(attempt) = self.explore(&slot, origin, method).await {
            return Ok(attempt);
        }
        let token = slot.get().await?;
        let (scheme, environment) = (&self.services().scheme, self.services().environment());
        scheme.apply(method, &token, (origin, environment), request)?;
        Ok(Attempt::of(token, origin, method).pin(&slot))
    }

    /// Checks that a token which is bound to a certificate goes over a connection that has it.
    fn check_certificate(&self, request: &impl HttpRequest) -> Result<(), Error> {
        let is_bound = matches!(self.services().scheme, Scheme::CertificateBound);
        if !is_bound || self.certificate_presented || request.presents_certificate() {
            return Ok(());
        }
        Err(Error::configuration(
            "the token is bound to a client certificate, which this HTTP client does not promise to \
             present: use a session, or \"with_certificate_presented\" for a client that does; where the \
             certificate is for the authorization server alone, say \"unbound_tokens\"",
        ))
    }

    /// The attempt of a request that goes out without a token, since its answer is to say where tokens
    /// come from.
    async fn explore(
        &self,
        slot: &Arc<TokenSlot>,
        origin: OriginId,
        method: BearerMethod,
    ) -> Option<Attempt> {
        let resource = slot.renewer.grant.resource()?;
        let current = slot.current();
        let has_token =
            current.is_some_and(|current| current.freshness(slot.now()) != Freshness::Expired);
        if has_token || resource.is_explored(self.services()).await {
            return None;
        }
        let nothing = TokenShare::of_nothing(slot).ok()?;
        Some(Attempt::of(Arc::new(nothing), origin, method).pin(slot))
    }
}
