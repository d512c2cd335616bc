//! Tokens that are given for an assertion (RFC 7522 section 2.1, RFC 7523 section 2.1).

use std::sync::Arc;

use grantor_core::{GrantParameters, Secret};
use grantor_store::MasterKey;

use crate::authorization_server::ClientRegistration;
use crate::authorization_server::assertion::given::{GivenAssertion, SamlAssertion};
use crate::authorization_server::assertion::sign_on_send::Statement;
use crate::authorization_server::assertion::{Assertion, ScopeLocation};
use crate::authorization_server::token_endpoint::TokenCall;
use crate::config::policy::Policy;
use crate::renew::Renewal;
use crate::workload::WorkloadToken;

const SAML_BEARER: &str = "urn:ietf:params:oauth:grant-type:saml2-bearer";

/// An assertion that is a grant: a JWT that the program signs, or one of the platform. It is made of an
/// [`Assertion`] or a [`WorkloadToken`].
#[derive(Debug, Clone)]
pub struct GrantAssertion(pub(crate) Given);

#[derive(Debug, Clone)]
pub(crate) enum Given {
    Signed(Assertion),
    Passed(GivenAssertion),
}

impl From<Assertion> for GrantAssertion {
    fn from(assertion: Assertion) -> Self {
        Self(Given::Signed(assertion))
    }
}

impl From<WorkloadToken> for GrantAssertion {
    fn from(token: WorkloadToken) -> Self {
        Self(Given::Passed(GivenAssertion::Workload(token)))
    }
}

impl GrantAssertion {
    pub(crate) fn saml(assertion: SamlAssertion) -> Self {
        Self(Given::Passed(GivenAssertion::Saml(assertion)))
    }

    /// The assertion that is signed here, if it is one.
    pub(crate) fn signed(&self) -> Option<&Assertion> {
        match &self.0 {
            Given::Signed(assertion) => Some(assertion),
            Given::Passed(_) => None,
        }
    }
}

/// The assertion for tokens of one server.
#[derive(Debug)]
pub(crate) struct JwtBearerGrant {
    statement: Statement,
    scope: ScopeLocation,
}

impl JwtBearerGrant {
    /// `assertion` was checked.
    pub(crate) fn new(assertion: &GrantAssertion, client: Option<&ClientRegistration>) -> Self {
        match &assertion.0 {
            Given::Signed(assertion) => {
                let audience = client.and_then(ClientRegistration::audience);
                let template = assertion.grant(audience.unwrap_or_default());
                Self {
                    statement: Statement::Signed(Arc::new(template)),
                    scope: assertion.scope_place(),
                }
            }
            Given::Passed(given) => Self {
                statement: Statement::Given(Arc::new(given.clone())),
                scope: ScopeLocation::Parameter,
            },
        }
    }

    /// The token request, whose assertion is signed or fetched when it is sent.
    pub(super) fn call(&self, renewal: &Renewal, policy: &Policy) -> TokenCall {
        let mut call = TokenCall::new(self.grant(), &renewal.parameters, renewal.retry(policy));
        let scope = match self.scope {
            ScopeLocation::Claim => call.parameters.scope.take(),
            ScopeLocation::Parameter => None,
        };
        call.assertion = Some(match (&self.statement, scope) {
            (Statement::Signed(template), Some(scope)) => {
                Statement::Signed(Arc::new(template.with_scope(&scope)))
            }
            (statement, _) => statement.clone(),
        });
        call
    }

    fn grant(&self) -> GrantParameters {
        match &self.statement {
            Statement::Given(given) if matches!(**given, GivenAssertion::Saml(_)) => {
                GrantParameters::Other {
                    grant_type: SAML_BEARER.to_owned(),
                }
            }
            _ => GrantParameters::JwtBearer {
                assertion: Secret::new(""),
            },
        }
    }

    pub(super) fn identity(&self, key: &MasterKey) -> String {
        match &self.statement {
            Statement::Signed(template) => template.identity(key),
            Statement::Given(given) => given.identity(key),
        }
    }
}
