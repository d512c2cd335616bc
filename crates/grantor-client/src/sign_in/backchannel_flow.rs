//! Signing a user in without a browser: the server asks them on a device of theirs (OpenID Connect
//! Client-Initiated Backchannel Authentication, CIBA).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::{
    BackchannelAuthenticationRequest, BackchannelAuthenticationResponse, Environment,
    InvalidNotification, Secret, TokenParameters, UserHint,
};
use http::HeaderMap;
use tokio::sync::watch;

use super::backchannel_pending::{Outcome, PendingBackchannelAuthentication};
use super::establish;
use super::notifications::{Awaited, Notifications};
use super::openid::{IdTokenRequest, is_openid, validate};
use crate::authorization_server::assertion::Assertion;
use crate::authorization_server::request_object::RequestSigning;
use crate::builder::TokensBuilder;
use crate::cache::slot::TokenSlot;
use crate::error::Error;

/// Signs users in whom the server asks on a device of theirs, while they are elsewhere: at a till, on the
/// telephone (CIBA).
///
/// One for all users of an application, as [`CodeFlow`](crate::CodeFlow). Made by
/// [`TokensBuilder::backchannel_flow`].
///
/// ```no_run
/// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
/// use grantor_client::Tokens;
/// use grantor_core::UserHint;
///
/// let flow = Tokens::login("https://idp.example", "till")
///     .client_secret("s3cret")
///     .scope("openid payments")
///     .backchannel_flow()?
///     .binding_message("W4SCT");
/// // The user sees "W4SCT" here and on their telephone, and agrees there.
/// let waiting = flow.start(UserHint::Login("ann@example.com".to_owned())).await?;
/// let signed_in = waiting.finish().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct BackchannelFlow {
    builder: TokensBuilder,
    notifications: Notifications,
    pings: bool,
    signing: Option<RequestSigning>,
    binding_message: Option<String>,
    user_code: Option<Secret>,
    requested_expiry: Option<Duration>,
    acr_values: Vec<String>,
}

impl TokensBuilder {
    /// A way to sign users in whom the server asks on a device of theirs (CIBA). The scope has `openid`
    /// (CIBA Core section 7.1).
    ///
    /// # Errors
    /// A configuration that can't work; the message lists every problem.
    pub fn backchannel_flow(mut self) -> Result<BackchannelFlow, Error> {
        let mut problems = Vec::new();
        let parts = self.flow_parts(&mut problems);
        if parts.is_some() && !is_openid(&self)? {
            problems.push(
                "the scope has no \"openid\", without which no user is asked (CIBA Core section 7.1)"
                    .to_owned(),
            );
        }
        match parts {
            Some(parts) if problems.is_empty() => {
                self.services = Some(parts.shared);
                Ok(BackchannelFlow {
                    builder: self,
                    notifications: Notifications::default(),
                    pings: false,
                    signing: None,
                    binding_message: None,
                    user_code: None,
                    requested_expiry: None,
                    acr_values: Vec::new(),
                })
            }
            _ => Err(Error::problems(&problems)),
        }
    }
}

impl BackchannelFlow {
    /// Names the login that [`start`](Self::start) makes: a user's name, an account.
    #[must_use]
    pub fn login_label(mut self, name: impl Into<String>) -> Self {
        self.builder = self.builder.login_label(name);
        self
    }

    /// A short text that the user sees on both devices, so that they know what they allow
    /// (`binding_message`).
    #[must_use]
    pub fn binding_message(mut self, message: impl Into<String>) -> Self {
        self.binding_message = Some(message.into());
        self
    }

    /// The user's own secret, without which the server asks nobody (`user_code`).
    #[must_use]
    pub fn user_code(mut self, code: impl Into<Secret>) -> Self {
        self.user_code = Some(code.into());
        self
    }

    /// How long the user is to have, in whole seconds; otherwise as long as the server says.
    #[must_use]
    pub fn requested_expiry(mut self, expiry: Duration) -> Self {
        self.requested_expiry = Some(expiry);
        self
    }

    /// Asks for an authentication of one of these classes (`acr_values`), in order of preference, and
    /// refuses a user whose ID token says another one.
    #[must_use]
    pub fn require_acr<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.acr_values = values.into_iter().map(Into::into).collect();
        self
    }

    /// The client is registered for the mode `ping`: the server notifies it when the user has decided.
    /// Hand each request to the client's notification endpoint to [`notified`](Self::notified). The
    /// server is asked once a minute all the same, in case a notification is lost.
    #[must_use]
    pub fn ping(mut self) -> Self {
        self.pings = true;
        self
    }

    /// Signs requests with the key of
    /// [`client_assertion`](crate::TokensBuilder::client_assertion) (CIBA Core section 7.1.1).
    #[must_use]
    pub fn sign_requests(mut self) -> Self {
        self.signing = Some(RequestSigning::ClientKey);
        self
    }

    /// Signs requests with the key of this assertion, for a client that authenticates by something else.
    #[must_use]
    pub fn sign_requests_with(mut self, key: Assertion) -> Self {
        self.signing = Some(RequestSigning::Key(Box::new(key)));
        self
    }

    /// Takes a notification of the server (CIBA Core section 10.2): its token is compared in constant time
    /// with that of the request which it names, and the server is asked at once. Answer 204, or the
    /// [status](InvalidNotification::status) of the error.
    ///
    /// It has to come to the process that began the sign-in, and to this flow or a clone of it.
    ///
    /// # Errors
    /// It has no token, or not that of a sign-in that waits, or its body can't be read.
    pub fn notified(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), InvalidNotification> {
        self.notifications.take(headers, body)
    }

    /// Has the server ask a user, and asks from then on whether they have agreed.
    ///
    /// # Errors
    /// The server knows no such user, refuses or does not answer.
    pub async fn start(&self, user: UserHint) -> Result<PendingBackchannelAuthentication, Error> {
        let tokens = self.builder.clone().build()?;
        let slot = Arc::clone(&tokens.slot);
        let services = tokens.services();
        let request = self.request(user, &slot.parameters, services.environment())?;
        let server = services.server()?;
        let signing = self.signing.as_ref();
        let asked = server
            .authenticate_by_backchannel(&request, signing)
            .await?;
        let token = request.client_notification_token;
        let awaited = token.map(|token| self.notifications.wait(&asked.auth_req_id, token));
        let (sender, outcome) = watch::channel(None);
        let expires_in = asked.expires_in;
        let acr_values = self.acr_values.clone();
        services.tasks.ensure_open()?;
        services.tasks.spawn(async move {
            let outcome = poll(&slot, &asked, awaited, acr_values).await;
            sender.send_replace(Some(outcome));
        });
        Ok(PendingBackchannelAuthentication::new(
            expires_in, tokens, outcome,
        ))
    }

    fn request(
        &self,
        user: UserHint,
        parameters: &TokenParameters,
        environment: &Environment,
    ) -> Result<BackchannelAuthenticationRequest, Error> {
        let scope = parameters
            .scope
            .clone()
            .ok_or_else(|| Error::configuration("the scope has no \"openid\""))?;
        let audience = parameters.audience.iter();
        let audience = audience.map(|audience| ("audience".to_owned(), audience.clone()));
        let token = self.pings.then(|| environment.random_text::<32>().into());
        Ok(BackchannelAuthenticationRequest {
            client_notification_token: token,
            acr_values: self.acr_values.clone(),
            binding_message: self.binding_message.clone(),
            user_code: self.user_code.clone(),
            requested_expiry: self.requested_expiry,
            resource: parameters.resource.clone(),
            authorization_details: parameters.authorization_details.clone(),
            extra: audience.chain(parameters.extra.iter().cloned()).collect(),
            ..BackchannelAuthenticationRequest::new(scope, user)
        })
    }
}

/// Asks until the user has decided, or the tokens are closed.
async fn poll(
    slot: &Arc<TokenSlot>,
    asked: &BackchannelAuthenticationResponse,
    awaited: Option<Awaited>,
    acr_values: Vec<String>,
) -> Result<Outcome, Error> {
    let services = &slot.renewer.services;
    let wanted = (&*slot.parameters, services.dpop_key.clone());
    let server = services.server()?;
    let notified = awaited.as_ref().map(Awaited::notified);
    let answer = server.poll_backchannel(asked, notified, wanted, &services.tasks);
    let answer = answer.await?;
    let demanded = IdTokenRequest {
        acr_values,
        ..IdTokenRequest::default()
    };
    let id_token = validate(&server, &answer.response, &demanded).await?;
    Ok((establish(slot, &answer).await?, id_token))
}

impl fmt::Debug for BackchannelFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackchannelFlow")
            .field("builder", &self.builder)
            .field("pings", &self.pings)
            .finish_non_exhaustive()
    }
}
