//! Revoking many tokens at once, with one write and without finding them.

mod consent;
mod consents;
mod epoch_record;
mod epochs;
mod subjects;
mod target;

use std::sync::Arc;

use grantor_store::{Diagnostics, Stores};

pub use consent::Consent;
pub(crate) use consents::Consents;
pub(crate) use epochs::Epochs;
pub use subjects::Subjects;
pub use target::Target;

use crate::client::Clients;
use crate::error::Error;
use crate::grant::GrantedUnder;

/// The epochs of subjects, sessions and consents: a token is valid only while those that it was
/// issued under are the current ones.
#[derive(Debug)]
pub(crate) struct Revocation {
    pub(crate) epochs: Epochs,
    pub(crate) consents: Consents,
}

impl Revocation {
    pub(crate) fn prepare(stores: &Stores, diagnostics: &mut Diagnostics) -> Option<Self> {
        let epochs = Epochs::prepare(stores, diagnostics);
        let consents = Consents::prepare(stores, diagnostics);
        Some(Self {
            epochs: epochs?,
            consents: consents?,
        })
    }

    /// Whether client, consent, subject and session of a grant are those that it was made under.
    pub(crate) async fn is_current(
        &self,
        clients: &Arc<dyn Clients>,
        client_id: &str,
        subject: &str,
        under: &GrantedUnder,
    ) -> Result<bool, Error> {
        let Some(registered) = clients.find(client_id).await? else {
            return Ok(false);
        };
        if registered.client.epoch != under.client {
            return Ok(false);
        }
        if let Some(consent) = &under.consent
            && self.consents.epoch(subject, client_id).await?.as_ref() != Some(consent)
        {
            return Ok(false);
        }
        if self.epochs.subject(subject).await? != under.subject {
            return Ok(false);
        }
        match &under.session {
            Some((session, epoch)) => Ok(self.epochs.session(session).await? == *epoch),
            None => Ok(true),
        }
    }
}
