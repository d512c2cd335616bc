//! Tokens from wherever a program has them.

use std::fmt::Debug;
use std::sync::Arc;

use grantor_core::{BoxFuture, TokenParameters, TokenResponse};

use crate::authorization_server::token_endpoint::TokenAnswer;
use crate::error::{Error, SourceError};
use crate::renew::Renewal;
use crate::renew::services::Services;
use crate::runtime::caught::{Panicked, caught};
use crate::token::token_set::TokenSet;

/// Where tokens come from, if not from a grant that grantor knows: a metadata service, a vault, a
/// file that another program writes.
///
/// [`Tokens`](crate::Tokens) do the rest: they call the source once at a time, before the token ends and
/// when an API rejects it, and share the answer.
///
/// A set says when its token ends ([`TokenSet::expires_at`]). Where it does not, the token is used until
/// an API rejects it, and the source is called again once an hour, or as
/// [`Policy::default_lifetime`](crate::Policy::default_lifetime) says. A refresh token in the set is
/// ignored: the source is called again instead.
///
/// ```
/// use std::time::Duration;
///
/// use grantor_client::{SourceError, TokenSet, TokenSource, Tokens};
/// use grantor_core::{BoxFuture, TokenParameters};
/// use grantor_http::system;
///
/// /// A file that another program writes every five minutes.
/// #[derive(Debug)]
/// struct FromFile(std::path::PathBuf);
///
/// impl TokenSource for FromFile {
///     fn fetch<'a>(&'a self, _: &'a TokenParameters) -> BoxFuture<'a, Result<TokenSet, SourceError>> {
///         Box::pin(async {
///             let token = tokio::fs::read_to_string(&self.0).await?;
///             let end = system().now() + Duration::from_secs(300);
///             Ok(TokenSet::new(token.trim_end()).expires_at(end))
///         })
///     }
/// }
///
/// let tokens = Tokens::from_source(FromFile("token".into())).allow_origin("https://api.example").build()?;
/// # Ok::<(), grantor_client::Error>(())
/// ```
pub trait TokenSource: Debug + Send + Sync + 'static {
    /// A new token, for the parameters that these tokens were built with. It runs on the thread that
    /// renews tokens, within a runtime of tokio's, and must not block it.
    ///
    /// # Errors
    /// An error counts as transient, and so does an empty token: the token that is there stays in use until
    /// its end, and the source is called again after a pause.
    fn fetch<'a>(
        &'a self,
        parameters: &'a TokenParameters,
    ) -> BoxFuture<'a, Result<TokenSet, SourceError>>;
}

impl<S: TokenSource> TokenSource for Arc<S> {
    fn fetch<'a>(
        &'a self,
        parameters: &'a TokenParameters,
    ) -> BoxFuture<'a, Result<TokenSet, SourceError>> {
        S::fetch(self, parameters)
    }
}

/// Calls a source, within the time that a token request may take.
pub(super) async fn fetch(
    services: &Services,
    renewal: &Renewal,
    source: &dyn TokenSource,
) -> Result<TokenAnswer, Error> {
    let environment = services.environment();
    let (sent_at, now) = (environment.clock.elapsed(), environment.now());
    let limit = services.policy.request_timeout;
    let fetched = caught(async { source.fetch(&renewal.parameters).await });
    let set = match tokio::time::timeout(limit, fetched).await {
        Ok(Ok(Ok(set))) => set,
        Ok(Ok(Err(error))) => return Err(Error::from_source(error)),
        Ok(Err(Panicked)) => return Err(Error::transient("the source of tokens panicked")),
        Err(_) => {
            return Err(Error::transient(
                "the source of tokens did not answer in time",
            ));
        }
    };
    // A file is empty while another program writes it.
    if set.access_token.expose().trim().is_empty() {
        return Err(Error::transient("the source gave an empty token"));
    }
    let response = TokenResponse {
        token_type: set.token_type,
        expires_in: set.expires_at.map(|end| end.since(now)),
        scope: set.scope,
        ..TokenResponse::bearer(set.access_token)
    };
    if response
        .expires_in
        .is_some_and(|lifetime| lifetime.is_zero())
    {
        return Err(Error::transient("the source gave a token that has ended"));
    }
    Ok(TokenAnswer {
        response,
        sent_at,
        // The source has whatever key there is, and can say it beforehand.
        dpop_key: services.dpop_key.clone(),
    })
}
