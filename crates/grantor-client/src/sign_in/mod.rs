//! What every way to sign a user in ends with.

pub(crate) mod code_flow;
pub(crate) mod device_flow;
pub(crate) mod pending;

use std::sync::Arc;
use std::time::Duration;

use grantor_core::TokenResponse;

use crate::cache::slot::{Outcome, Slot};
use crate::observe::event::Event;
use crate::renew::grant::Grant;
use crate::renew::login::state::begin;
use crate::renew::{Lineage, bring};

/// Begins the login that an answer brings: it is stored in place of whatever was there, and only
/// then its access token is used.
pub(crate) async fn sign_in(slot: &Arc<Slot>, answer: TokenResponse, sent_at: Duration) -> Outcome {
    let manager = &slot.manager;
    let mut lineage = None;
    if let Grant::Login(login) = &manager.grant {
        let mut record = begin(manager, answer.refresh_token.as_ref());
        let now = manager.shared.environment.now();
        record.refresh_expires_at = answer.refresh_token_expires_in.map(|left| now + left);
        lineage = Some(Lineage {
            login_id: record.login_id.clone(),
            spent: None,
            refresh_token: answer.refresh_token.clone(),
            refresh_expires_at: record.refresh_expires_at,
        });
        login.replace(manager, record).await;
    }
    let current = bring(slot, answer, sent_at, lineage).await?;
    manager.tell(&Event::Renewed);
    Ok(current)
}
