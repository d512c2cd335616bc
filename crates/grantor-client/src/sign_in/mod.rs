//! Signing users in. Every way to do so ends with a login that is stored and whose first token is
//! published.

mod answer_settings;
pub(crate) mod backchannel_flow;
pub(crate) mod backchannel_pending;
pub(crate) mod code_flow;
mod code_redemption;
pub(crate) mod device_flow;
mod notifications;
pub(crate) mod oauth1_endpoints;
mod oauth1_error;
pub(crate) mod oauth1_flow;
pub(crate) mod oauth1_pending;
mod openid;
pub(crate) mod pending;
mod redirect_tokens;
pub(crate) mod registrar;
mod relying_party;

use std::fmt;
use std::sync::Arc;

use grantor_core::openid::{EndSessionRequest, IdToken};
use serde_json::{Map, Value};

use crate::authorization_server::token_endpoint::TokenAnswer;
use crate::cache::slot::TokenSlot;
use crate::error::Error;
use crate::observe::event::Event;
use crate::renew::Renewal;
use crate::renew::commit::{commit, further_members};
use crate::token::reason::RenewalReason;
use crate::tokens::Tokens;

/// A user who has signed in.
#[derive(Clone)]
#[non_exhaustive]
pub struct SignedIn {
    /// The tokens of the login. With the response type `id_token` there are none, and asking for one is an
    /// error that says so.
    pub tokens: Tokens,
    /// The ID token, validated; there is one if the scope has `openid`.
    pub id_token: Option<IdToken>,
    /// The further members of the server's answer, as it wrote them.
    pub extra: Map<String, Value>,
}

impl SignedIn {
    /// The request that ends the user's session at the issuer, with the ID token of this sign-in, for
    /// [`CodeFlow::end_session_url`](crate::CodeFlow::end_session_url).
    #[must_use]
    pub fn end_session_request(&self) -> EndSessionRequest {
        let id_token = self.extra.get("id_token").and_then(Value::as_str);
        EndSessionRequest {
            id_token_hint: id_token.map(Into::into),
            ..EndSessionRequest::default()
        }
    }
}

/// Further members may be secret: their names are shown.
impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn")
            .field("tokens", &self.tokens)
            .field("id_token", &self.id_token)
            .field("extra", &self.extra.keys())
            .finish()
    }
}

/// Begins the login of an answer: it is stored in place of whatever was there, and only
/// then its access token is used. Returns the further members of the answer.
async fn establish(
    slot: &Arc<TokenSlot>,
    answer: &TokenAnswer,
) -> Result<Map<String, Value>, Error> {
    let services = &slot.renewer.services;
    let tokens = match slot.renewer.grant.login() {
        Some(login) => Some(login.begin(services, answer, None).await),
        None => None,
    };
    let renewal = Renewal {
        parameters: Arc::clone(&slot.parameters),
        subject: None,
        current: slot.current(),
        reason: RenewalReason::Missing,
    };
    let acquired = commit(services, &renewal, answer, tokens).await?;
    slot.publish(acquired);
    services.observer.emit(&Event::Renewed);
    Ok(further_members(&answer.response))
}
