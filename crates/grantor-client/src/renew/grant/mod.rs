//! The grants: the ways to a token.

pub(crate) mod identity;
pub(crate) mod jwt_bearer;
pub(crate) mod kind;
pub(crate) mod resource;
pub(crate) mod token_exchange;
pub(crate) mod token_source;
pub(crate) mod workload;

use std::sync::Arc;

use grantor_core::GrantParameters;

use self::jwt_bearer::JwtBearerGrant;
use self::resource::ResourceGrant;
use self::token_exchange::TokenExchange;
use self::token_source::TokenSource;
use self::workload::WorkloadGrant;
use super::commit::commit;
use super::election::renew_elected;
use super::login::Login;
use super::services::Services;
use super::{Acquired, Renewal};
use crate::authorization_server::fetch_error::SubjectKind;
use crate::authorization_server::token_endpoint::{TokenAnswer, TokenCall};
use crate::error::Error;
use crate::token::subject::{PasswordCredentials, Subject, SubjectToken};

/// How tokens are obtained.
#[derive(Debug)]
pub(crate) enum Grant {
    ClientCredentials,
    /// Tokens that are given for an assertion.
    JwtBearer(JwtBearerGrant),
    Login(Arc<Login>),
    /// Tokens of those on whose behalf requests are made.
    TokenExchange(TokenExchange),
    /// Tokens of the users whose name and password come with a request.
    PasswordFromRequest,
    TokenSource(Arc<dyn TokenSource>),
    /// A token of the platform, or one that it is exchanged for.
    Workload(Box<WorkloadGrant>),
    /// Tokens for a resource that says where they come from.
    Resource(Arc<ResourceGrant>),
    /// A token that nothing renews.
    StaticToken,
    /// No token: requests are signed (RFC 5849).
    Signature,
}

impl Grant {
    /// The login that renews the tokens, if one does.
    pub(crate) fn login(&self) -> Option<&Arc<Login>> {
        match self {
            Self::Login(login) => Some(login),
            Self::Resource(grant) if grant.settings.user.is_some() => Some(&grant.login),
            _ => None,
        }
    }

    /// The resource that says where its tokens come from.
    pub(crate) fn resource(&self) -> Option<&Arc<ResourceGrant>> {
        match self {
            Self::Resource(grant) => Some(grant),
            _ => None,
        }
    }

    pub(super) async fn acquire(
        &self,
        services: &Arc<Services>,
        renewal: &Renewal,
    ) -> Result<Acquired, Error> {
        match self {
            Self::ClientCredentials => own_token(services, renewal).await,
            Self::JwtBearer(grant) => {
                let call = grant.call(renewal, &services.policy);
                renew_elected(services, renewal, request_own(services, call)).await
            }
            Self::Login(login) => login.renew(services, renewal).await,
            Self::TokenExchange(exchange) => match &renewal.subject {
                Some(Subject::Token(token)) => {
                    exchange_token(services, renewal, exchange, token).await
                }
                _ => own_token(services, renewal).await,
            },
            Self::PasswordFromRequest => match &renewal.subject {
                Some(Subject::Password(user)) => sign_user_in(services, renewal, user).await,
                _ => Err(Error::configuration(
                    "the request names no user whose token it could carry",
                )),
            },
            Self::TokenSource(source) => {
                let request = token_source::fetch(services, renewal, &**source);
                renew_elected(services, renewal, request).await
            }
            Self::Workload(grant) => {
                let request = grant.request(services, renewal);
                renew_elected(services, renewal, request).await
            }
            Self::Resource(grant) => grant.acquire(services, renewal).await,
            Self::StaticToken => Err(Error::needs_login_because(
                "the token that was handed in is not valid any more, and nothing can renew it: hand \
                 in another one",
            )),
            Self::Signature => Err(Error::configuration(
                "requests are signed by OAuth 1.0a credentials: there is no access token to get",
            )),
        }
    }
}

/// The client's own token (RFC 6749 section 4.4).
async fn own_token(services: &Services, renewal: &Renewal) -> Result<Acquired, Error> {
    let retry = renewal.retry(&services.policy);
    let call = TokenCall::new(
        GrantParameters::ClientCredentials,
        &renewal.parameters,
        retry,
    );
    renew_elected(services, renewal, request_own(services, call)).await
}

async fn request_own(services: &Services, call: TokenCall) -> Result<TokenAnswer, Error> {
    let call = call.bound_to(services.dpop_key.clone());
    let server = services.server()?;
    Ok(server.request_token(call, &services.tasks).await?)
}

/// A token for a subject. Other processes have no use for it.
async fn exchange_token(
    services: &Services,
    renewal: &Renewal,
    exchange: &TokenExchange,
    token: &SubjectToken,
) -> Result<Acquired, Error> {
    if token.has_ended(services.environment().now()) {
        return Err(Error::needs_login_because(
            "the token of the subject has ended: take a new one from the request",
        ));
    }
    let grant = exchange.request(token).await?;
    let retry = renewal.retry(&services.policy);
    let call = TokenCall::new(grant, &renewal.parameters, retry);
    request_for(services, renewal, call, SubjectKind::Token).await
}

async fn sign_user_in(
    services: &Services,
    renewal: &Renewal,
    user: &PasswordCredentials,
) -> Result<Acquired, Error> {
    let retry = renewal.retry(&services.policy);
    let call = TokenCall::new(user.request(), &renewal.parameters, retry);
    request_for(services, renewal, call, SubjectKind::Password).await
}

async fn request_for(
    services: &Services,
    renewal: &Renewal,
    call: TokenCall,
    kind: SubjectKind,
) -> Result<Acquired, Error> {
    let call = call.bound_to(services.dpop_key.clone());
    let answer = services
        .server()?
        .request_token(call, &services.tasks)
        .await;
    let answer = answer.map_err(|error| error.into_subject_error(kind))?;
    commit(services, renewal, &answer, None).await
}
