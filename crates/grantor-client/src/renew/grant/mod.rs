//! The grants: the ways to a token.

pub(crate) mod jwt_bearer;
pub(crate) mod token_source;

use std::fmt;
use std::sync::Arc;

use grantor_core::{GrantParameters, Timestamp};
use grantor_store::MasterKey;

use self::jwt_bearer::ServiceAccount;
use self::token_source::TokenSource;
use super::login::Login;
use crate::authorization_server::App;
use crate::error::Error;
use crate::token::subject::{Subject, SubjectToken, Subjects, User};
use crate::tokens::Tokens;

/// What tokens are had for.
#[derive(Debug)]
pub(crate) enum Grant {
    ClientCredentials,
    /// Tokens that are given for an assertion.
    JwtBearer(ServiceAccount),
    Login(Box<Login>),
    /// Tokens of those on whose behalf requests are made.
    Exchange(Exchange),
    /// Tokens of the users whose name and password come with a request.
    Users,
    Source(Arc<dyn TokenSource>),
    /// A token that is what it is.
    Fixed,
}

/// Token exchange (RFC 8693).
#[derive(Debug, Clone, Default)]
pub(crate) struct Exchange {
    pub(crate) subjects: Option<Subjects>,
    /// Without a subject, the client's own token is used.
    pub(crate) optional: bool,
    pub(crate) actor: Option<Actor>,
    pub(crate) requested_token_type: Option<String>,
}

/// Who acts on behalf of a subject (RFC 8693 section 2.1): a token that is at hand, or
/// [`Tokens`] of the actor's own.
#[derive(Clone)]
pub struct Actor(Acting);

#[derive(Clone)]
enum Acting {
    Token(SubjectToken),
    Tokens(Tokens),
}

impl From<SubjectToken> for Actor {
    fn from(token: SubjectToken) -> Self {
        Self(Acting::Token(token))
    }
}

impl From<Tokens> for Actor {
    fn from(tokens: Tokens) -> Self {
        Self(Acting::Tokens(tokens))
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Acting::Token(_) => "Actor(token)",
            Acting::Tokens(_) => "Actor(tokens)",
        })
    }
}

impl Actor {
    async fn token(&self) -> Result<SubjectToken, Error> {
        match &self.0 {
            Acting::Token(token) => Ok(token.clone()),
            Acting::Tokens(tokens) => {
                let token = Box::pin(tokens.get()).await?;
                Ok(SubjectToken::access_token(token.secret))
            }
        }
    }
}

impl Exchange {
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
            (Self::Exchange(_), Some(Subject::Token(token))) if token.has_ended(now) => {
                Err(Error::needs_login_because(
                    "the token of the subject has ended: take a new one from the request",
                ))
            }
            (Self::Exchange(exchange), Some(Subject::Token(token))) => {
                exchange.request(token).await
            }
            (Self::Users, Some(Subject::User(user))) => Ok(user.request()),
            (Self::JwtBearer(_), None) => Ok(ServiceAccount::request()),
            (Self::ClientCredentials | Self::Exchange(_), None) => {
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
    pub(crate) fn identity(&self, app: Option<&App>, label: &str, key: &MasterKey) -> String {
        let who = match self {
            Self::Login(login) => {
                let password = |user: &User| key.fingerprint("password", &user.password);
                let user = login.user.as_ref();
                let user = user.map(|user| (&user.username, password(user)));
                // Without a label, what was handed in says which login it is.
                let given = login.given.as_ref().filter(|_| label.is_empty());
                let given = given.map(|given| key.fingerprint("refresh_token", given));
                format!("login {label:?}{user:?}{given:?}")
            }
            Self::Source(_) | Self::Fixed => format!("source {label:?}"),
            Self::JwtBearer(account) => {
                format!(
                    "assertion {}{:?}",
                    account.identity(key),
                    credential(app, key)
                )
            }
            Self::ClientCredentials | Self::Exchange(_) | Self::Users => {
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
fn credential(app: Option<&App>, key: &MasterKey) -> Option<String> {
    let app = app?;
    match (&app.client_assertion, &app.client_secret) {
        (Some(assertion), _) => Some(assertion.of_client(&app.client_id, "").identity(key)),
        (None, secret) => Some(key.fingerprint("client_secret", secret.as_ref()?)),
    }
}
