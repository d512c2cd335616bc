//! Tokens that are given for an assertion (RFC 7523 section 2.1).

use std::sync::Arc;

use bytes::Bytes;
use grantor_core::exchange::{FetchToken, Retry};
use grantor_core::{GrantParameters, Secret, TokenRequest};
use grantor_store::MasterKey;
use http::Request;

use crate::authorization_server::ClientRegistration;
use crate::authorization_server::assertion::claims::AssertionTemplate;
use crate::authorization_server::assertion::sign_on_send::{AssertionUse, SignOnSend};
use crate::authorization_server::assertion::{Assertion, ScopeLocation};

/// What a key states for tokens, to one server.
#[derive(Debug)]
pub(crate) struct JwtBearerGrant {
    statement: Arc<AssertionTemplate>,
    scope: ScopeLocation,
}

impl JwtBearerGrant {
    /// `assertion` was checked.
    pub(crate) fn new(assertion: &Assertion, app: Option<&ClientRegistration>) -> Self {
        let audience = app
            .and_then(ClientRegistration::audience)
            .unwrap_or_default();
        Self {
            statement: Arc::new(assertion.grant(audience)),
            scope: assertion.scope_place(),
        }
    }

    /// A grant without its assertion, which comes when it is sent.
    pub(crate) fn request() -> GrantParameters {
        GrantParameters::JwtBearer {
            assertion: Secret::new(""),
        }
    }

    /// What is signed for this request, which loses its scope if the assertion has it.
    pub(crate) fn template(&self, request: &mut TokenRequest) -> Arc<AssertionTemplate> {
        match self.scope {
            ScopeLocation::Claim => match request.parameters.scope.take() {
                Some(scope) => Arc::new(self.statement.with_scope(&scope)),
                None => Arc::clone(&self.statement),
            },
            ScopeLocation::Parameter => Arc::clone(&self.statement),
        }
    }

    pub(crate) fn identity(&self, key: &MasterKey) -> String {
        self.statement.identity(key)
    }
}

/// A request that is signed when it is sent. It may be repeated, since another assertion is sent
/// then; if it is the same `jti` again that the user has named, only what was not seen.
pub(crate) fn exchange(
    mut request: Request<Bytes>,
    statement: &Arc<AssertionTemplate>,
    retry: Retry,
    jitter: f64,
) -> FetchToken {
    SignOnSend::put(&mut request, AssertionUse::Grant, statement);
    if statement.is_new_every_time() {
        return FetchToken::repeatable(request, retry, jitter);
    }
    FetchToken::for_grant(&JwtBearerGrant::request(), request, retry, jitter)
}
