//! The path of every token request that is answered at once: for a grant, a refresh token, a code.

use std::time::Duration;

use bytes::Bytes;
use grantor_core::exchange::{FetchError, FetchToken, NoAnswer, Retry};
use grantor_core::{GrantParameters, TokenParameters, TokenRequest, TokenResponse};
use http::Request;

use super::AuthorizationServer;
use super::assertion::sign_on_send::{AssertionUse, SignOnSend, Statement};
use super::call::Call;
use super::endpoint::Endpoint;
use super::fetch_error::FetchFailure;
use super::proof_on_send::ProofOnSend;
use super::sent_at::{SentAt, WithinLease};
use crate::observe::hooks::RequestKind;
use crate::runtime::deadline::LeaseDeadline;
use crate::runtime::jitter::jitter;
use crate::runtime::tasks::Tasks;
use crate::token::dpop_key::DpopKey;

/// A token request.
pub(crate) struct TokenCall {
    pub(crate) grant: GrantParameters,
    pub(crate) parameters: TokenParameters,
    /// The assertion that is the grant, signed or fetched whenever the request is sent.
    pub(crate) assertion: Option<Statement>,
    pub(crate) retry: Retry,
    /// Until when it may be sent, if it is sent under a lease.
    pub(crate) deadline: Option<LeaseDeadline>,
    /// The key that the token is to be bound to.
    pub(crate) dpop_key: Option<DpopKey>,
}

/// An answer with a token.
#[derive(Debug, Clone)]
pub(crate) struct TokenAnswer {
    pub(crate) response: TokenResponse,
    /// When the request was last sent, which is when lifetimes begin.
    pub(crate) sent_at: Duration,
    /// The key that its request proved to have.
    pub(crate) dpop_key: Option<DpopKey>,
}

impl TokenCall {
    pub(crate) fn new(grant: GrantParameters, parameters: &TokenParameters, retry: Retry) -> Self {
        Self {
            grant,
            parameters: parameters.clone(),
            assertion: None,
            retry,
            deadline: None,
            dpop_key: None,
        }
    }

    /// For a token that is bound to this key, if there is one.
    pub(crate) fn bound_to(mut self, key: Option<DpopKey>) -> Self {
        self.dpop_key = key;
        self
    }

    pub(super) fn prove(request: &mut Request<Bytes>, key: Option<&DpopKey>) {
        if let Some(key) = key {
            ProofOnSend::put(request, key);
        }
    }

    fn kind(&self) -> RequestKind {
        match self.grant {
            GrantParameters::RefreshToken { .. } => RequestKind::Refresh,
            _ => RequestKind::Token,
        }
    }

    /// The request is repeated as its grant bears it. An assertion is another one each time, unless
    /// all have the same `jti`: then the request is repeated only if the server can't have seen it.
    fn exchange(&self, request: Request<Bytes>, jitter: f64) -> FetchToken {
        let retry = self.retry.clone();
        let assertion = self.assertion.as_ref();
        if assertion.is_some_and(|assertion| assertion.is_new_every_time()) {
            return FetchToken::repeatable(request, retry, jitter);
        }
        FetchToken::for_grant(&self.grant, request, retry, jitter)
    }
}

impl AuthorizationServer {
    /// Requests a token, as long as the lease under which that is done holds.
    pub(crate) async fn request_token(
        &self,
        token_call: TokenCall,
        tasks: &Tasks,
    ) -> Result<TokenAnswer, FetchFailure> {
        let request = self.token_request(&token_call.grant, &token_call.parameters);
        let quirks = self.registration.server.quirks;
        let write = |url: &_, client: &_, quirks: &_| {
            let mut request = request.to_request_with(url, client, quirks);
            if let Some(assertion) = &token_call.assertion {
                SignOnSend::put(&mut request, AssertionUse::Grant, assertion);
            }
            TokenCall::prove(&mut request, token_call.dpop_key.as_ref());
            request
        };
        self.check_dpop(token_call.dpop_key.as_ref()).await?;
        let call = self.call(token_call.kind(), Endpoint::Token, write).await?;
        call.wait_until_allowed(&token_call.retry, tasks).await?;
        let (request, channel, connection) = call.into_parts();
        let exchange = token_call.exchange(request, jitter(&connection.environment));
        let exchange = WithinLease::new(exchange.with_quirks(quirks), token_call.deadline, tasks);
        let driven = Call::drive(&channel, SentAt::new(exchange), &connection, tasks);
        let ((answer, sent_at), cause) = driven.await;
        let unsent = || Err(FetchError::NoAnswer(NoAnswer::Unsent.into()));
        match answer.unwrap_or_else(unsent) {
            Ok(response) => Ok(TokenAnswer {
                response,
                sent_at,
                dpop_key: token_call.dpop_key,
            }),
            Err(error) => Err(FetchFailure::new(error, cause)),
        }
    }

    /// The request for a token. A code and whatever is polled with were given for a scope, which is not
    /// repeated (RFC 6749 section 4.1.3, RFC 8628 section 3.4); where the token is to be used goes along (RFC
    /// 8707 section 2.2).
    pub(super) fn token_request(
        &self,
        grant: &GrantParameters,
        parameters: &TokenParameters,
    ) -> TokenRequest {
        let mut parameters = TokenParameters {
            resource: self.resource_of(parameters),
            ..parameters.clone()
        };
        if matches!(
            grant,
            GrantParameters::AuthorizationCode { .. }
                | GrantParameters::Ciba { .. }
                | GrantParameters::DeviceCode { .. }
        ) {
            parameters.scope = None;
        }
        TokenRequest {
            grant: grant.clone(),
            parameters,
        }
    }
}
