//! What every way to sign a user in ends with.

pub(crate) mod code_flow;
pub(crate) mod device_flow;
pub(crate) mod pending;
mod redirect;

use std::sync::Arc;
use std::time::Duration;

use grantor_core::TokenResponse;

use crate::cache::slot::{RenewalResult, TokenSlot};
use crate::observe::event::Event;
use crate::renew::grant::Grant;
use crate::renew::login::state::new_record;
use crate::renew::{LoginTokens, commit};

/// Begins the login that an answer brings: it is stored in place of whatever was there, and only
/// then its access token is used.
pub(crate) async fn establish(
    slot: &Arc<TokenSlot>,
    answer: TokenResponse,
    sent_at: Duration,
) -> RenewalResult {
    let manager = &slot.manager;
    let mut login_tokens = None;
    if let Grant::Login(login) = &manager.grant {
        let mut record = new_record(manager, answer.refresh_token.as_ref());
        let now = manager.shared.environment.now();
        record.refresh_expires_at = answer.refresh_token_expires_in.map(|left| now + left);
        login_tokens = Some(LoginTokens {
            login_id: record.login_id.clone(),
            spent: None,
            refresh_token: answer.refresh_token.clone(),
            refresh_expires_at: record.refresh_expires_at,
        });
        login.replace_with(manager, record).await;
    }
    let current = commit(slot, answer, sent_at, login_tokens).await?;
    manager.emit(&Event::Renewed);
    Ok(current)
}
