//! Tokens that are given for an assertion (RFC 7523 section 2.1).

use std::sync::Arc;

use bytes::Bytes;
use grantor_core::exchange::{FetchToken, Retry};
use grantor_core::{GrantParameters, Secret, TokenRequest};
use grantor_store::MasterKey;
use http::Request;

use crate::authorization_server::App;
use crate::authorization_server::assertion::claims::Statement;
use crate::authorization_server::assertion::sign_on_send::{Unsigned, Use};
use crate::authorization_server::assertion::{Assertion, ScopePlace};

/// What a key states for tokens, to one server.
#[derive(Debug)]
pub(crate) struct ServiceAccount {
    statement: Arc<Statement>,
    scope: ScopePlace,
}

impl ServiceAccount {
    /// `assertion` was checked.
    pub(crate) fn new(assertion: &Assertion, app: Option<&App>) -> Self {
        let audience = app.and_then(App::audience).unwrap_or_default();
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
    pub(crate) fn statement(&self, request: &mut TokenRequest) -> Arc<Statement> {
        match self.scope {
            ScopePlace::Claim => match request.parameters.scope.take() {
                Some(scope) => Arc::new(self.statement.with_scope(&scope)),
                None => Arc::clone(&self.statement),
            },
            ScopePlace::Parameter => Arc::clone(&self.statement),
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
    statement: &Arc<Statement>,
    retry: Retry,
    jitter: f64,
) -> FetchToken {
    Unsigned::put(&mut request, Use::Grant, statement);
    if statement.is_new_every_time() {
        return FetchToken::repeatable(request, retry, jitter);
    }
    FetchToken::for_grant(&ServiceAccount::request(), request, retry, jitter)
}
