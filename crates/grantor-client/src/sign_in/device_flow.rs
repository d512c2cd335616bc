//! Signing a user in on a device without a browser: the user agrees elsewhere (RFC 8628).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::DeviceAuthorizationResponse;
use grantor_core::openid::IdToken;
use serde_json::{Map, Value};
use tokio::sync::watch;
use url::Url;

use super::openid::{IdTokenRequest, is_openid, validate};
use super::{SignedIn, establish};
use crate::builder::TokensBuilder;
use crate::cache::slot::TokenSlot;
use crate::error::Error;
use crate::tokens::Tokens;

/// Signs users in on devices without a browser or a keyboard.
///
/// One for all users of an application, as [`CodeFlow`](crate::CodeFlow). Made by
/// [`TokensBuilder::device_flow`].
///
/// ```no_run
/// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
/// use grantor_client::Tokens;
///
/// let flow = Tokens::login("https://idp.example", "television").scope("read").device_flow()?;
/// let waiting = flow.start().await?;
/// println!("Open {} and type in {}", waiting.verification_uri, waiting.user_code);
/// let signed_in = waiting.finish().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct DeviceFlow {
    builder: TokensBuilder,
}

/// A user is to agree on another device.
///
/// The server is polled at its own pace, on the thread that renews tokens, whether anybody waits or
/// not. Dropping this gives the sign-in up, once what is under way was answered.
#[non_exhaustive]
pub struct PendingDeviceAuthorization {
    /// The code that the user types in.
    pub user_code: String,
    /// Where the user types it in.
    pub verification_uri: Url,
    /// The same with the code in it, for a QR code; show the code all the same (RFC 8628
    /// section 3.3.1).
    pub verification_uri_complete: Option<Url>,
    /// How long the user has from now on.
    pub expires_in: Duration,
    tokens: Tokens,
    outcome: watch::Receiver<Option<Result<Outcome, Error>>>,
}

impl TokensBuilder {
    /// A way to sign users in on devices without a browser (RFC 8628).
    ///
    /// # Errors
    /// A configuration that can't work; the message lists every problem.
    pub fn device_flow(mut self) -> Result<DeviceFlow, Error> {
        let mut problems = Vec::new();
        let parts = self.flow_parts(&mut problems);
        match parts {
            Some(parts) if problems.is_empty() => {
                self.services = Some(parts.shared);
                Ok(DeviceFlow { builder: self })
            }
            _ => Err(Error::problems(&problems)),
        }
    }
}

impl DeviceFlow {
    /// Names the login that [`start`](Self::start) makes: a user's name, an account.
    #[must_use]
    pub fn login_label(self, name: impl Into<String>) -> Self {
        Self {
            builder: self.builder.login_label(name),
        }
    }

    /// Begins a sign-in, and asks from then on whether the user has agreed.
    ///
    /// # Errors
    /// The server knows no device, refuses or does not answer.
    pub async fn start(&self) -> Result<PendingDeviceAuthorization, Error> {
        let tokens = self.builder.clone().build()?;
        let openid = is_openid(&self.builder)?;
        let slot = Arc::clone(&tokens.slot);
        let services = tokens.services();
        let server = services.server()?;
        let device = server.authorize_device(&slot.parameters).await?;
        let response = device.clone();
        let (sender, outcome) = watch::channel(None);
        services.tasks.ensure_open()?;
        services.tasks.spawn(async move {
            let outcome = poll(&slot, &device, openid).await;
            sender.send_replace(Some(outcome));
        });
        Ok(PendingDeviceAuthorization {
            user_code: response.user_code,
            verification_uri: response.verification_uri,
            verification_uri_complete: response.verification_uri_complete,
            expires_in: response.expires_in,
            tokens,
            outcome,
        })
    }
}

impl PendingDeviceAuthorization {
    /// The login, once the user has agreed and it is stored. A caller who stops waiting
    /// loses nothing and may come back.
    ///
    /// # Errors
    /// The user said no, or nothing until the code expired: see
    /// [`needs_login`](Error::needs_login). Or the server refuses, or does not answer until then.
    pub async fn finish(&self) -> Result<SignedIn, Error> {
        let mut outcome = self.outcome.clone();
        let outcome = match outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        };
        match outcome {
            Some(Ok((extra, id_token))) => Ok(SignedIn {
                tokens: self.tokens.clone(),
                id_token,
                extra,
            }),
            Some(Err(error)) => Err(error),
            None => Err(Error::transient("the sign-in was abandoned; begin again")),
        }
    }
}

/// The further members of the answer, and the ID token.
type Outcome = (Map<String, Value>, Option<IdToken>);

/// Polls until the user has decided, or the tokens are closed (RFC 8628 section 3.4).
async fn poll(
    slot: &Arc<TokenSlot>,
    device: &DeviceAuthorizationResponse,
    openid: bool,
) -> Result<Outcome, Error> {
    let services = &slot.renewer.services;
    let wanted = (&*slot.parameters, services.dpop_key.clone());
    let server = services.server()?;
    let answer = server.poll_device(device, wanted, &services.tasks).await?;
    // No specification says that a device gets an ID token.
    let id_token = match openid && answer.response.id_token.is_some() {
        true => Some(validate(&server, &answer.response, &IdTokenRequest::default()).await?),
        false => None,
    };
    Ok((establish(slot, &answer).await?, id_token))
}

impl fmt::Debug for PendingDeviceAuthorization {
    /// Leaves out the code: whoever knows it can be taken for the device's user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingDeviceAuthorization")
            .field("verification_uri", &self.verification_uri)
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}
