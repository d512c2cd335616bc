//! Tokens that are given for an assertion (RFC 7523 section 2.1).

use std::sync::Arc;

use grantor_core::{GrantParameters, Secret};
use grantor_store::MasterKey;

use crate::authorization_server::ClientRegistration;
use crate::authorization_server::assertion::claims::AssertionTemplate;
use crate::authorization_server::assertion::{Assertion, ScopeLocation};
use crate::authorization_server::token_endpoint::TokenCall;
use crate::config::policy::Policy;
use crate::renew::Renewal;

/// The assertion for tokens of one server.
#[derive(Debug)]
pub(crate) struct JwtBearerGrant {
    template: Arc<AssertionTemplate>,
    scope: ScopeLocation,
}

impl JwtBearerGrant {
    /// `assertion` was checked.
    pub(crate) fn new(assertion: &Assertion, client: Option<&ClientRegistration>) -> Self {
        let audience = client.and_then(ClientRegistration::audience);
        Self {
            template: Arc::new(assertion.grant(audience.unwrap_or_default())),
            scope: assertion.scope_place(),
        }
    }

    /// The token request, whose assertion is signed when it is sent.
    pub(super) fn call(&self, renewal: &Renewal, policy: &Policy) -> TokenCall {
        let grant = GrantParameters::JwtBearer {
            assertion: Secret::new(""),
        };
        let mut call = TokenCall::new(grant, &renewal.parameters, renewal.retry(policy));
        let scope = match self.scope {
            ScopeLocation::Claim => call.parameters.scope.take(),
            ScopeLocation::Parameter => None,
        };
        call.assertion = Some(match scope {
            Some(scope) => Arc::new(self.template.with_scope(&scope)),
            None => Arc::clone(&self.template),
        });
        call
    }

    pub(super) fn identity(&self, key: &MasterKey) -> String {
        self.template.identity(key)
    }
}
