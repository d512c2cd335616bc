//! Signing users in. Every way to do so ends with a login that is stored and whose first token is
//! published.

pub(crate) mod code_flow;
pub(crate) mod device_flow;
pub(crate) mod pending;
mod redirect;

use std::sync::Arc;

use crate::authorization_server::token_endpoint::TokenAnswer;
use crate::cache::slot::TokenSlot;
use crate::error::Error;
use crate::observe::event::Event;
use crate::renew::Renewal;
use crate::renew::commit::{LoginTokens, commit};
use crate::renew::grant::Grant;
use crate::renew::login::rotation::refresh_expires_at;
use crate::renew::login::state::new_record;
use crate::token::reason::RenewalReason;

/// Begins the login that an answer brings: it is stored in place of whatever was there, and only
/// then its access token is used.
async fn establish(slot: &Arc<TokenSlot>, answer: &TokenAnswer) -> Result<(), Error> {
    let services = &slot.renewer.services;
    let mut tokens = None;
    if let Grant::Login(login) = &slot.renewer.grant {
        let mut record = new_record(services, answer.response.refresh_token.as_ref());
        record.refresh_expires_at = refresh_expires_at(services.environment(), answer);
        tokens = Some(LoginTokens {
            login_id: record.login_id.clone(),
            spent: None,
            refresh_token: answer.response.refresh_token.clone(),
            refresh_expires_at: record.refresh_expires_at,
        });
        login.replace_with(services, record).await;
    }
    let renewal = Renewal {
        parameters: Arc::clone(&slot.parameters),
        subject: None,
        current: slot.current(),
        reason: RenewalReason::Missing,
    };
    let acquired = commit(services, &renewal, answer, tokens).await?;
    slot.publish(acquired);
    services.observer.emit(&Event::Renewed);
    Ok(())
}
