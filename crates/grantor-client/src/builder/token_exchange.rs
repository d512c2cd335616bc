//! For whom tokens are exchanged (RFC 8693).

use std::sync::Arc;

use grantor_core::BoxFuture;

use super::TokensBuilder;
use crate::renew::grant::kind::GrantKind;
use crate::renew::grant::token_exchange::{Actor, TokenExchange};
use crate::token::subject::{SubjectSource, SubjectToken};

impl TokensBuilder {
    /// Asks this for the subject of every request. It runs where the request is prepared, so it can
    /// read what belongs to the caller's task or thread. None: there is no subject.
    pub fn subject_from<S>(self, subject: S) -> Self
    where
        S: Fn() -> Option<SubjectToken> + Send + Sync + 'static,
    {
        self.subject_from_async(move || Box::pin(std::future::ready(subject())))
    }

    /// Like [`subject_from`](Self::subject_from), where the subject has to be waited for.
    pub fn subject_from_async<S>(self, subject: S) -> Self
    where
        S: Fn() -> BoxFuture<'static, Option<SubjectToken>> + Send + Sync + 'static,
    {
        self.exchange(|exchange| exchange.subjects = Some(SubjectSource::Called(Arc::new(subject))))
    }

    /// Without a subject, the client's own token is used (RFC 6749 section 4.4), instead of an
    /// error.
    pub fn optional_subject(self) -> Self {
        self.exchange(|exchange| exchange.optional = true)
    }

    /// The party that acts on the subject's behalf (RFC 8693 section 2.1): a token, or
    /// [`Tokens`](crate::Tokens).
    pub fn actor(self, actor: impl Into<Actor>) -> Self {
        let actor = actor.into();
        self.exchange(|exchange| exchange.actor = Some(actor))
    }

    /// Sets the kind of the wanted token (RFC 8693 section 2.1), a URI.
    pub fn requested_token_type(self, token_type: impl Into<String>) -> Self {
        let token_type = token_type.into();
        self.exchange(|exchange| exchange.requested_token_type = Some(token_type))
    }

    pub(super) fn exchange(mut self, change: impl FnOnce(&mut TokenExchange)) -> Self {
        match &mut self.grant {
            GrantKind::TokenExchange(exchange) => change(exchange),
            _ => self.exchange_option_misused = true,
        }
        self
    }
}
