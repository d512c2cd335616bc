//! The grants: the ways to a token.

pub(crate) mod jwt_bearer;
pub(crate) mod token_source;

use std::fmt;
use std::sync::Arc;

use grantor_core::{GrantParameters, Timestamp};
use grantor_store::MasterKey;

use self::jwt_bearer::JwtBearerGrant;
use self::token_source::TokenSource;
use super::login::Login;
use crate::authorization_server::ClientRegistration;
use crate::error::Error;
use crate::token::subject::{PasswordCredentials, Subject, SubjectSource, SubjectToken};
use crate::tokens::Tokens;

/// What tokens are had for.
#[derive(Debug)]
pub(crate) enum Grant {
    ClientCredentials,
    /// Tokens that are given for an assertion.
    JwtBearer(JwtBearerGrant),
    Login(Box<Login>),
    /// Tokens of those on whose behalf requests are made.
    TokenExchange(TokenExchange),
    /// Tokens of the users whose name and password come with a request.
    PasswordFromRequest,
    TokenSource(Arc<dyn TokenSource>),
    /// A token that is what it is.
    StaticToken,
}

/// Token exchange (RFC 8693).
#[derive(Debug, Clone, Default)]
pub(crate) struct TokenExchange {
    pub(crate) subjects: Option<SubjectSource>,
    /// Without a subject, the client's own token is used.
    pub(crate) optional: bool,
    pub(crate) actor: Option<Actor>,
    pub(crate) requested_token_type: Option<String>,
}

/// Who acts on behalf of a subject (RFC 8693 section 2.1): a token that is at hand, or
/// [`Tokens`] of the actor's own.
#[derive(Clone)]
pub struct Actor(ActorSource);

#[derive(Clone)]
enum ActorSource {
    Token(SubjectToken),
    Tokens(Tokens),
}

impl From<SubjectToken> for Actor {
    fn from(token: SubjectToken) -> Self {
        Self(ActorSource::Token(token))
    }
}

impl From<Tokens> for Actor {
    fn from(tokens: Tokens) -> Self {
        Self(ActorSource::Tokens(tokens))
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            ActorSource::Token(_) => "Actor(token)",
            ActorSource::Tokens(_) => "Actor(tokens)",
        })
    }
}

impl Actor {
    async fn token(&self) -> Result<SubjectToken, Error> {
        match &self.0 {
            ActorSource::Token(token) => Ok(token.clone()),
            ActorSource::Tokens(tokens) => {
                let token = Box::pin(tokens.get()).await?;
                Ok(SubjectToken::access_token(token.secret))
            }
        }
    }
}

impl TokenExchange {
    /// What is asked for a subject.
    pub(crate) async fn request(&self, subject: &SubjectToken) -> Result<GrantParameters, Error> {
        let actor = match &self.actor {
            Some(actor) => Some(actor.token().await?),
            None => None,
        };
        Ok(GrantParameters::TokenExchange {
            subject_token: subject.token.clone(),
            subject_token_type: subject.token_type.clone(),
            actor: actor.map(|actor| grantor_core::ActorToken {
                token: actor.token,
                token_type: actor.token_type,
            }),
            requested_token_type: self.requested_token_type.clone(),
        })
    }
}

impl Grant {
    /// What is asked for without regard to a login.
    pub(crate) async fn request(
        &self,
        subject: Option<&Subject>,
        now: Timestamp,
    ) -> Result<GrantParameters, Error> {
        match (self, subject) {
            (Self::TokenExchange(_), Some(Subject::Token(token))) if token.has_ended(now) => {
                Err(Error::needs_login_because(
                    "the token of the subject has ended: take a new one from the request",
                ))
            }
            (Self::TokenExchange(exchange), Some(Subject::Token(token))) => {
                exchange.request(token).await
            }
            (Self::PasswordFromRequest, Some(Subject::Password(user))) => Ok(user.request()),
            (Self::JwtBearer(_), None) => Ok(JwtBearerGrant::request()),
            (Self::ClientCredentials | Self::TokenExchange(_), None) => {
                Ok(GrantParameters::ClientCredentials)
            }
            _ => Err(Error::configuration("there is nobody to have a token for")),
        }
    }

    /// A text that is the same for the same client and the same user.
    ///
    /// A changed client secret or password may mean other rights, so it makes other tokens; a login
    /// stays what it is. It becomes part of the keys of records, so secrets are in it as fingerprints
    /// only.
    pub(crate) fn identity(
        &self,
        app: Option<&ClientRegistration>,
        label: &str,
        key: &MasterKey,
    ) -> String {
        let who = match self {
            Self::Login(login) => {
                let password =
                    |user: &PasswordCredentials| key.fingerprint("password", &user.password);
                let user = login.password.as_ref();
                let user = user.map(|user| (&user.username, password(user)));
                // Without a label, what was handed in says which login it is.
                let given = login
                    .initial_refresh_token
                    .as_ref()
                    .filter(|_| label.is_empty());
                let given = given.map(|given| key.fingerprint("refresh_token", given));
                format!("login {label:?}{user:?}{given:?}")
            }
            Self::TokenSource(_) | Self::StaticToken => format!("source {label:?}"),
            Self::JwtBearer(account) => {
                format!(
                    "assertion {}{:?}",
                    account.identity(key),
                    credential(app, key)
                )
            }
            Self::ClientCredentials | Self::TokenExchange(_) | Self::PasswordFromRequest => {
                format!("client {:?}", credential(app, key))
            }
        };
        let Some(app) = app else {
            return who;
        };
        let endpoint = app.server.token_endpoint.as_ref().map(url::Url::as_str);
        let issuer = app.server.issuer.as_ref().map(grantor_core::Issuer::as_str);
        format!("{issuer:?}{endpoint:?}{:?}{who}", app.client_id)
    }
}

/// What the client says who it is by, as a fingerprint.
fn credential(app: Option<&ClientRegistration>, key: &MasterKey) -> Option<String> {
    let app = app?;
    match (&app.client_assertion, &app.client_secret) {
        (Some(assertion), _) => Some(assertion.of_client(&app.client_id, "").identity(key)),
        (None, secret) => Some(key.fingerprint("client_secret", secret.as_ref()?)),
    }
}
