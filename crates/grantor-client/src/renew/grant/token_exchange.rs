//! Token exchange (RFC 8693).

use std::fmt;
use std::sync::Arc;

use grantor_core::{ActorToken, BoxFuture, GrantParameters};

use super::workload::{Becomes, Impersonation, WorkloadGrant};
use crate::error::Error;
use crate::token::subject::{SubjectSource, SubjectToken};
use crate::workload::WorkloadToken;

/// The parameters of an exchange beside its subject.
#[derive(Debug, Clone, Default)]
pub(crate) struct TokenExchange {
    pub(crate) subjects: Option<SubjectSource>,
    /// Without a subject, the client's own token is used.
    pub(crate) optional: bool,
    pub(crate) actor: Option<Actor>,
    pub(crate) requested_token_type: Option<String>,
    /// The platform's token of this program, which is the subject.
    pub(crate) workload: Option<Box<Workload>>,
}

/// A token of the platform as the subject of an exchange.
#[derive(Debug, Clone)]
pub(crate) struct Workload {
    pub(crate) token: WorkloadToken,
    pub(crate) token_type: String,
    pub(crate) impersonation: Option<Impersonation>,
}

type ActorSource = dyn Fn() -> BoxFuture<'static, Result<SubjectToken, Error>> + Send + Sync;

/// The party that acts on behalf of a subject (RFC 8693 section 2.1): a token that is at hand, or
/// [`Tokens`](crate::Tokens) of the actor's own.
#[derive(Clone)]
pub struct Actor(Arc<ActorSource>);

impl Actor {
    pub(crate) fn new(
        token: impl Fn() -> BoxFuture<'static, Result<SubjectToken, Error>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(token))
    }
}

impl From<SubjectToken> for Actor {
    fn from(token: SubjectToken) -> Self {
        Self::new(move || Box::pin(std::future::ready(Ok(token.clone()))))
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Actor")
    }
}

impl TokenExchange {
    /// The grant in which the platform's token of this program is the subject, if it is.
    pub(super) fn of_workload(&self) -> Option<WorkloadGrant> {
        let workload = *self.workload.clone()?;
        Some(WorkloadGrant {
            token: workload.token,
            becomes: Becomes::Exchanged {
                subject_token_type: workload.token_type,
                requested_token_type: self.requested_token_type.clone(),
                impersonation: workload.impersonation,
            },
        })
    }

    /// The grant for a subject.
    pub(super) async fn request(&self, subject: &SubjectToken) -> Result<GrantParameters, Error> {
        let actor = match &self.actor {
            Some(Actor(token)) => Some(token().await?),
            None => None,
        };
        Ok(GrantParameters::TokenExchange {
            subject_token: subject.token.clone(),
            subject_token_type: subject.token_type.clone(),
            actor: actor.map(|actor| ActorToken {
                token: actor.token,
                token_type: actor.token_type,
            }),
            requested_token_type: self.requested_token_type.clone(),
        })
    }
}
