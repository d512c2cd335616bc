//! The grants as a program names them.

use std::sync::Arc;

use grantor_core::{Scope, Secret};

use super::Grant;
use super::jwt_bearer::{GrantAssertion, JwtBearerGrant};
use super::resource::ResourceGrant;
use super::resource::settings::ResourceSettings;
use super::token_exchange::TokenExchange;
use super::token_source::TokenSource;
use super::workload::{Becomes, WorkloadGrant};
use crate::authorization_server::ClientRegistration;
use crate::renew::login::Login;
use crate::token::subject::PasswordCredentials;
use crate::workload::WorkloadToken;

/// How tokens are to be obtained.
#[derive(Debug, Clone)]
pub(crate) enum GrantKind {
    ClientCredentials,
    JwtBearer(Box<GrantAssertion>),
    Login {
        refresh_token: Option<Secret>,
        user: Option<PasswordCredentials>,
    },
    TokenExchange(TokenExchange),
    PasswordFromRequest,
    TokenSource(Arc<dyn TokenSource>),
    Workload(WorkloadToken),
    Resource(Box<ResourceSettings>),
    StaticToken,
    /// None: requests are signed.
    Signature,
}

impl GrantKind {
    /// The grant, which has a state of its own. A resource chooses the scope, and asks for more than the
    /// one that is given.
    pub(crate) fn into_grant(
        self,
        client: Option<&ClientRegistration>,
        scope: Option<&Scope>,
    ) -> Grant {
        match self {
            Self::ClientCredentials => Grant::ClientCredentials,
            Self::JwtBearer(assertion) => Grant::JwtBearer(JwtBearerGrant::new(&assertion, client)),
            Self::Login {
                refresh_token,
                user,
            } => Grant::Login(Arc::new(Login::new(refresh_token, user))),
            Self::TokenExchange(exchange) => match exchange.of_workload() {
                Some(workload) => Grant::Workload(Box::new(workload)),
                None => Grant::TokenExchange(exchange),
            },
            Self::Workload(token) => Grant::Workload(Box::new(WorkloadGrant {
                token,
                becomes: Becomes::AccessToken,
            })),
            Self::PasswordFromRequest => Grant::PasswordFromRequest,
            Self::TokenSource(source) => Grant::TokenSource(source),
            Self::Resource(settings) => {
                Grant::Resource(Arc::new(ResourceGrant::new(*settings, scope.cloned())))
            }
            Self::StaticToken => Grant::StaticToken,
            Self::Signature => Grant::Signature,
        }
    }
}
