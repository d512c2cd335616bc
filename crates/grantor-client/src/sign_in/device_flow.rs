//! Signing a user in on a device without a browser: the user agrees elsewhere (RFC 8628).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::exchange::{DeviceAuthorization, Event, Exchange, Step};
use grantor_core::{
    DeviceAuthorizationRequest, DeviceAuthorizationResponse, GrantParameters, TokenRequest,
};
use grantor_http::Transport;
use tokio::sync::watch;
use url::Url;

use super::establish;
use crate::authorization_server::endpoint::Endpoint;
use crate::authorization_server::sent_at::SentAt;
use crate::builder::TokensBuilder;
use crate::cache::registry::{Manager, SharedServices};
use crate::cache::slot::TokenSlot;
use crate::error::Error;
use crate::observe::hooks::RequestKind;
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
/// let tokens = waiting.tokens().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct DeviceFlow {
    builder: TokensBuilder,
}

/// A user is to agree on another device.
///
/// The server is asked at its own pace, on the thread that renews tokens, whether anybody waits or
/// not. Dropping this gives the sign-in up, once what is under way was answered.
#[non_exhaustive]
pub struct PendingDeviceAuthorization {
    /// What the user types in.
    pub user_code: String,
    /// Where the user types it in.
    pub verification_uri: Url,
    /// The same with the code in it, for a QR code; show the code all the same (RFC 8628
    /// section 3.3.1).
    pub verification_uri_complete: Option<Url>,
    /// How long the user has from now on.
    pub expires_in: Duration,
    tokens: Tokens,
    outcome: watch::Receiver<Option<Result<(), Error>>>,
}

impl DeviceFlow {
    pub(crate) fn new(mut builder: TokensBuilder, shared: Arc<SharedServices>) -> Self {
        builder.services = Some(shared);
        Self { builder }
    }

    /// Which login [`start`](Self::start) makes: a user's name, an account.
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
        let slot = Arc::clone(&tokens.slot);
        let response = authorize_device(&slot).await?;
        let exchange = poll_call(&slot, &response).await?;
        let (sender, outcome) = watch::channel(None);
        slot.manager.ensure_open()?;
        let manager = Arc::clone(&slot.manager);
        manager.spawn(async move {
            let outcome = poll(&slot, exchange).await;
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
    /// The tokens of the login, once the user has agreed and it is stored. A caller who stops waiting
    /// loses nothing and may come back.
    ///
    /// # Errors
    /// The user said no, or nothing until the code expired: see
    /// [`needs_login`](Error::needs_login). Or the server refuses, or does not answer until then.
    pub async fn tokens(&self) -> Result<Tokens, Error> {
        let mut outcome = self.outcome.clone();
        let outcome = match outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        };
        match outcome {
            Some(Ok(())) => Ok(self.tokens.clone()),
            Some(Err(error)) => Err(error),
            None => Err(Error::transient("the sign-in was abandoned; begin again")),
        }
    }
}

/// Asks for the codes (RFC 8628 section 3.1).
async fn authorize_device(slot: &TokenSlot) -> Result<DeviceAuthorizationResponse, Error> {
    let manager = &slot.manager;
    let app = manager.app()?;
    let endpoint = app.endpoint(&manager.shared.metadata, Endpoint::DeviceAuthorization);
    let (url, client) = endpoint.await?;
    let audience = slot.parameters.audience.iter();
    let audience = audience.map(|audience| ("audience".to_owned(), audience.clone()));
    let request = DeviceAuthorizationRequest {
        scope: slot.parameters.scope.clone(),
        resource: slot.parameters.resource.clone(),
        extra: audience
            .chain(slot.parameters.extra.iter().cloned())
            .collect(),
    };
    let quirks = &app.server.quirks;
    let mut request = request.to_request(&url, &client.authentication, quirks);
    client.sign(&mut request);
    let answer = manager
        .wire(RequestKind::DeviceAuthorization)
        .send(request)
        .await?;
    Ok(DeviceAuthorizationResponse::from_response(&answer, quirks)?)
}

async fn poll_call(
    slot: &TokenSlot,
    response: &DeviceAuthorizationResponse,
) -> Result<DeviceAuthorization, Error> {
    let manager = &slot.manager;
    let app = manager.app()?;
    let endpoint = app.endpoint(&manager.shared.metadata, Endpoint::Token);
    let (url, client) = endpoint.await?;
    let grant = GrantParameters::DeviceCode {
        device_code: response.device_code.clone(),
    };
    let quirks = app.server.quirks;
    let request = TokenRequest::new(grant);
    let mut request = request.to_request_with(&url, &client.authentication, &quirks);
    client.sign(&mut request);
    Ok(DeviceAuthorization::new(request, response).with_quirks(quirks))
}

/// Asks until the user has decided, or nobody wants to know any more (RFC 8628 section 3.4).
async fn poll(slot: &Arc<TokenSlot>, exchange: DeviceAuthorization) -> Result<(), Error> {
    let manager = &slot.manager;
    let mut exchange = SentAt::new(exchange);
    let wire = manager.wire(RequestKind::Token);
    let mut event = Event::Continue;
    let (answer, sent_at) = loop {
        event = match exchange.step(event, manager.shared.environment.clock.elapsed()) {
            Step::Send(request) => match wire.send(request).await {
                Ok(answer) => Event::Answer(answer),
                Err(error) => {
                    tracing::debug!(error = &error as &dyn std::error::Error, "no answer");
                    Event::NoAnswer(error.no_answer())
                }
            },
            Step::Wait(pause) => wait(manager, pause).await?,
            Step::Done(output) => break output,
        };
    };
    let answer = answer.map_err(|error| wire.unsigned().unwrap_or_else(|| error.into()))?;
    establish(slot, answer, sent_at).await.map(drop)
}

async fn wait(manager: &Manager, pause: Duration) -> Result<Event, Error> {
    if manager.closed_within(pause).await {
        return Err(Error::configuration(
            "the tokens were closed before the user had decided",
        ));
    }
    Ok(Event::Continue)
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
