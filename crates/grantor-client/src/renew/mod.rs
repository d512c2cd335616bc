//! From "a token is wanted" to "here it is". A renewal adopts what another process has stored, or
//! requests a token, stores it and notifies the program; it returns the token and publishes nothing.

pub(crate) mod commit;
pub(crate) mod election;
pub(crate) mod grant;
pub(crate) mod lease;
pub(crate) mod login;
pub(crate) mod services;

use std::sync::Arc;

use grantor_core::exchange::Retry;
use grantor_core::{Secret, TokenParameters};

use self::grant::Grant;
use self::services::Services;
use crate::config::policy::Policy;
use crate::error::Error;
use crate::token::cached_token::CachedToken;
use crate::token::credential::Credential;
use crate::token::lifetime::Lifetime;
use crate::token::reason::RenewalReason;
use crate::token::subject::Subject;

/// Brings new tokens, by one grant.
#[derive(Debug)]
pub(crate) struct Renewer {
    pub(crate) services: Arc<Services>,
    pub(crate) grant: Grant,
}

/// The wanted token, and the reason for renewing it.
#[derive(Debug)]
pub(crate) struct Renewal {
    pub(crate) parameters: Arc<TokenParameters>,
    /// The subject of the token, if not the client or the user of the login.
    pub(crate) subject: Option<Subject>,
    /// The one there is, which is not wanted again.
    pub(crate) current: Option<Arc<CachedToken>>,
    pub(crate) reason: RenewalReason,
}

/// A new token.
#[derive(Debug)]
pub(crate) struct Acquired {
    pub(crate) credential: Credential,
    pub(crate) lifetime: Lifetime,
    pub(crate) from: Origin,
}

/// The origin of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// This process requested it.
    Requested,
    /// Another process stored it.
    Adopted,
}

impl Renewer {
    /// A new token, which is stored and of which the program was notified.
    pub(crate) async fn acquire(&self, renewal: &Renewal) -> Result<Acquired, Error> {
        self.grant.acquire(&self.services, renewal).await
    }
}

impl Renewal {
    pub(crate) fn rejected_token(&self) -> Option<Secret> {
        self.current.as_ref().map(|current| current.secret())
    }

    /// How patiently the server is called. While the token there is is good, the next pause does the
    /// same as trying again.
    pub(crate) fn retry(&self, policy: &Policy) -> Retry {
        match self.reason {
            RenewalReason::RefreshAhead => Retry {
                attempts: 1,
                ..policy.retry.clone()
            },
            RenewalReason::Missing | RenewalReason::Rejected(_) => policy.retry.clone(),
        }
    }
}
