//! Which slot a handle uses where no request says it.

use std::sync::Arc;

use super::Tokens;
use crate::cache::registry::Registry;
use crate::cache::slot::TokenSlot;
use crate::error::Error;
use crate::renew::grant::Grant;
use crate::token::subject::{Subject, SubjectSource};

impl Tokens {
    /// The slot for a caller without a request.
    pub(crate) async fn slot_without_request(&self) -> Result<Arc<TokenSlot>, Error> {
        match self.subjects.as_deref() {
            Some(SubjectSource::Called(call)) => match call().await {
                Some(subject) => Ok(self.subject_slot(Subject::Token(subject))),
                None => self.slot_without_subject(),
            },
            Some(SubjectSource::Basic) => Err(Error::configuration(
                "the tokens belong to users who come with a request: prepare one",
            )),
            None if self.slot.subject.is_none() && self.exchanges() => self.slot_without_subject(),
            None => Ok(Arc::clone(&self.slot)),
        }
    }

    /// Returns whether every request gets the token of the handle, and no hook wants to see it
    /// before.
    pub(super) fn has_fast_path_for(slot: &TokenSlot, subjects: Option<&SubjectSource>) -> bool {
        let exchanges = matches!(slot.renewer.grant, Grant::TokenExchange(_));
        let hooks = &slot.renewer.services.shared.connection.hooks;
        let is_bearer = slot.renewer.services.scheme.is_bearer();
        subjects.is_none() && !exchanges && is_bearer && hooks.leaves_api_requests()
    }

    pub(crate) fn registry(&self) -> &Arc<Registry> {
        &self.handle.0
    }

    pub(crate) fn exchanges(&self) -> bool {
        matches!(self.slot.renewer.grant, Grant::TokenExchange(_))
    }

    pub(crate) fn subject_slot(&self, subject: Subject) -> Arc<TokenSlot> {
        self.registry().subject_slot(&self.slot.parameters, subject)
    }

    fn slot_without_subject(&self) -> Result<Arc<TokenSlot>, Error> {
        match &self.slot.renewer.grant {
            Grant::TokenExchange(exchange) if exchange.optional => Ok(Arc::clone(&self.slot)),
            _ => Err(Error::configuration(
                "there is no subject whose token could be exchanged: name one, or allow that there \
                 is none by \"optional_subject\"",
            )),
        }
    }
}
