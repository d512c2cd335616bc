//! Signing a user in by OAuth 1.0a, in three steps: temporary credentials, the user's authorization,
//! the credentials of a token (RFC 5849 section 2).

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use grantor_core::oauth1::{
    Callback, Credentials, CredentialsResponse, Signing, Unsignable, verifier_of_callback,
};
use grantor_core::{Environment, Secret, Timestamp};
use grantor_http::Transport;
use http::{Request, Response};
use url::Url;

use super::oauth1_endpoints::{CheckedEndpoints, OAuth1Endpoints, callback};
use super::oauth1_error::{Step, not_called_back, not_given};
use super::oauth1_pending::{OAuth1Redirect, PendingOAuth1Authorization};
use crate::authorization_server::channel::ServerChannel;
use crate::builder::TokensBuilder;
use crate::error::Error;
use crate::observe::hooks::RequestKind;
use crate::request::scheme::oauth1::{nonce, unsignable};
use crate::token::scheme::Scheme;
use crate::tokens::Tokens;

/// Signs users in by OAuth 1.0a. One for all users of an application. Made by
/// [`TokensBuilder::oauth1_flow`].
///
/// ```no_run
/// use grantor_client::{OAuth1Endpoints, Tokens};
/// use grantor_core::oauth1::{Credentials, Signing};
///
/// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
/// let endpoints = OAuth1Endpoints::new(
///     "https://api.example/oauth/request_token",
///     "https://api.example/oauth/authorize",
///     "https://api.example/oauth/access_token",
/// );
/// let flow = Tokens::oauth1(Signing::new(Credentials::new("app", "s3cret")))
///     .oauth1_flow(endpoints, "https://app.example/callback")?;
/// let started = flow.start().await?;
/// // Send the browser to `started.url`, keep `started.pending` in its session; when it is back:
/// let query = "oauth_token=...&oauth_verifier=...";
/// let signed_in = flow.finish(started.pending, query).await?;
/// // Keep `signed_in.credentials`: they sign until the user revokes them.
/// let api = signed_in.tokens.session("https://api.example/1.1/")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct OAuth1Flow {
    builder: TokensBuilder,
    /// Tokens without a user, for the connection to the server.
    tokens: Tokens,
    signing: Arc<Signing>,
    endpoints: CheckedEndpoints,
    callback: Callback,
}

/// A user who has signed in by OAuth 1.0a.
#[derive(Clone)]
#[non_exhaustive]
pub struct SignedInByOAuth1 {
    /// Sign requests for the user.
    pub tokens: Tokens,
    /// The token's credentials. The program keeps them, for the `token` of a
    /// [`Signing`](grantor_core::oauth1::Signing) later.
    pub credentials: Credentials,
    /// The further members of the server's answer, as `user_id` of some servers.
    pub extra: Vec<(String, String)>,
}

impl TokensBuilder {
    /// A way to sign users in by OAuth 1.0a, for tokens of [`Tokens::oauth1`] without a token. Browsers
    /// come back to `callback`; `oob` says that they don't, and that the user types the verifier into
    /// the program: then [`finish_with_verifier`](OAuth1Flow::finish_with_verifier).
    ///
    /// # Errors
    /// A configuration that can't work; the message lists every problem.
    pub fn oauth1_flow(
        mut self,
        endpoints: OAuth1Endpoints,
        callback: &str,
    ) -> Result<OAuth1Flow, Error> {
        let tokens = self.clone().build();
        let mut problems: Vec<String> = tokens
            .as_ref()
            .err()
            .map(Error::to_string)
            .into_iter()
            .collect();
        let names = tokens.as_ref().map(|tokens| {
            let connection = &tokens.services().shared.connection;
            connection.transport.localhost_names()
        });
        let endpoints = endpoints.check(names.unwrap_or_default(), &mut problems);
        let callback = self::callback(callback, &mut problems);
        let signing = self.signing().cloned();
        match &signing {
            None => problems.push("\"oauth1_flow\" is for tokens of \"oauth1\"".to_owned()),
            Some(signing) if signing.token.is_some() => problems.push(
                "a sign-in gets the credentials of a token: leave \"token\" of the Signing out"
                    .to_owned(),
            ),
            Some(_) => {}
        }
        match (tokens, signing, endpoints, callback) {
            (Ok(tokens), Some(signing), Some(endpoints), Some(callback)) if problems.is_empty() => {
                self.services = Some(tokens.services().shared.clone());
                Ok(OAuth1Flow {
                    builder: self,
                    tokens,
                    signing,
                    endpoints,
                    callback,
                })
            }
            _ => Err(Error::problems(&problems)),
        }
    }
}

impl OAuth1Flow {
    /// Begins a sign-in: requests temporary credentials, which the user is to authorize.
    ///
    /// # Errors
    /// The server refuses, does not answer, or does not confirm the callback.
    pub async fn start(&self) -> Result<OAuth1Redirect, Error> {
        let endpoint = &self.endpoints.temporary_credentials;
        let request = self.signed(|nonce, now| {
            let (signing, callback) = (&self.signing, &self.callback);
            signing.temporary_credentials_request(endpoint, callback, nonce, now)
        })?;
        let answer = self
            .send(RequestKind::TemporaryCredentials, request)
            .await?;
        let answer = CredentialsResponse::temporary(&answer);
        let temporary = answer.map_err(|error| not_given(Step::Temporary, &error))?;
        let temporary = temporary.credentials;
        Ok(OAuth1Redirect {
            url: Signing::authorization_url(&self.endpoints.authorization, &temporary),
            pending: PendingOAuth1Authorization::new(endpoint.as_str(), &temporary),
        })
    }

    /// Ends a sign-in whose browser is back: checks that the redirect is about this sign-in, and
    /// requests the credentials of a token.
    ///
    /// `redirect` is the query of the redirect, or its URL.
    ///
    /// # Errors
    /// The redirect is not an answer to this sign-in, or the user or the server said no.
    pub async fn finish(
        &self,
        pending: PendingOAuth1Authorization,
        redirect: &str,
    ) -> Result<SignedInByOAuth1, Error> {
        let verifier = verifier_of_callback(redirect.trim(), &pending.credentials());
        let verifier = verifier.map_err(|error| not_called_back(&error))?;
        self.redeem(&pending, &verifier).await
    }

    /// Ends a sign-in without a redirect (`oob`), by the verifier that the server showed to the user.
    ///
    /// # Errors
    /// The server does not take the verifier, or does not answer.
    pub async fn finish_with_verifier(
        &self,
        pending: PendingOAuth1Authorization,
        verifier: impl Into<Secret>,
    ) -> Result<SignedInByOAuth1, Error> {
        let verifier = verifier.into();
        let verifier = Secret::new(verifier.expose().trim());
        if verifier.is_empty() {
            return Err(Error::needs_login_because(
                "there is no verifier: the server shows it to the user, who types it in",
            ));
        }
        self.redeem(&pending, &verifier).await
    }

    async fn redeem(
        &self,
        pending: &PendingOAuth1Authorization,
        verifier: &Secret,
    ) -> Result<SignedInByOAuth1, Error> {
        if !pending.was_begun_at(self.endpoints.temporary_credentials.as_str()) {
            return Err(Error::configuration(
                "the sign-in was begun with another server",
            ));
        }
        let (endpoint, temporary) = (&self.endpoints.token, pending.credentials());
        let request = self.signed(|nonce, now| {
            let signing = &self.signing;
            signing.token_credentials_request(endpoint, &temporary, verifier, nonce, now)
        })?;
        let answer = self.send(RequestKind::TokenCredentials, request).await?;
        let answer = CredentialsResponse::token(&answer);
        let token = answer.map_err(|error| not_given(Step::Token, &error))?;
        let mut signing = Signing::clone(&self.signing);
        signing.token = Some(token.credentials.clone());
        let builder = self.builder.clone();
        Ok(SignedInByOAuth1 {
            tokens: builder.scheme(Scheme::OAuth1(Arc::new(signing))).build()?,
            credentials: token.credentials,
            extra: token.extra,
        })
    }

    /// A request with a nonce and a timestamp of its own.
    fn signed(
        &self,
        sign: impl FnOnce(&str, Timestamp) -> Result<Request<Bytes>, Unsignable>,
    ) -> Result<Request<Bytes>, Error> {
        let environment: &Environment = self.tokens.services().environment();
        sign(&nonce(environment), environment.now()).map_err(|problem| unsignable(&problem))
    }

    async fn send(
        &self,
        kind: RequestKind,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, Error> {
        let services = self.tokens.services();
        let connection = Arc::clone(&services.shared.connection);
        let channel = ServerChannel::new(connection, kind, services.policy.request_timeout);
        let sent = async move { Ok(channel.send(request).await?) };
        services.tasks.run_on_worker(sent).await
    }
}

impl fmt::Debug for OAuth1Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint: &Url = &self.endpoints.temporary_credentials;
        f.debug_struct("OAuth1Flow")
            .field("client", &self.signing.client.identifier)
            .field("endpoint", &endpoint.as_str())
            .finish_non_exhaustive()
    }
}

/// Further members may be secret: their names are shown.
impl fmt::Debug for SignedInByOAuth1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.extra.iter().map(|(name, _)| name).collect();
        f.debug_struct("SignedInByOAuth1")
            .field("credentials", &self.credentials)
            .field("extra", &names)
            .finish_non_exhaustive()
    }
}
