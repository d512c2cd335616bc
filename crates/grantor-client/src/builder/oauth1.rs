//! Requests that are signed by OAuth 1.0a, and what of the builder is of no use to them.

use std::sync::Arc;

use grantor_core::TokenParameters;
use grantor_core::oauth1::Signing;

use super::TokensBuilder;
use crate::config::placement::BearerMethod;
use crate::renew::grant::kind::GrantKind;
use crate::store::location::StoreLocation;
use crate::token::scheme::Scheme;
use crate::tokens::Tokens;

impl Tokens {
    /// No token, but a signature on each request, for APIs of OAuth 1.0a (RFC 5849): through every
    /// door, with a nonce and a timestamp of its own each time.
    ///
    /// [`Signing`] has the credentials of the client and those of the token, the signature method, and
    /// the place of the signature. Where no token is there yet,
    /// [`oauth1_flow`](TokensBuilder::oauth1_flow) gets one.
    ///
    /// The parameters of a query and of a form are signed, so a form has to be in memory. Any other
    /// body goes out as it is; [`Signing::body_hash`] signs its hash. A 401 is the caller's answer, and
    /// a redirect is followed with a signature only within the origin. An HTTP client that follows
    /// redirects itself sends the old signature on, which the server refuses: use a session, or turn
    /// its redirects off.
    ///
    /// ```no_run
    /// use grantor_client::Tokens;
    /// use grantor_core::oauth1::{Credentials, Signing};
    ///
    /// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut signing = Signing::new(Credentials::new("app", "s3cret"));
    /// signing.token = Some(Credentials::new("token", "its secret"));
    /// let tokens = Tokens::oauth1(signing).build()?;
    /// let api = tokens.session("https://api.example/1.1/")?;
    /// let posted = api.post("statuses").form(&[("status", "Hello")]).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn oauth1(signing: Signing) -> TokensBuilder {
        let builder = TokensBuilder::new(None, String::new(), GrantKind::Signature);
        builder.scheme(Scheme::OAuth1(Arc::new(signing)))
    }
}

impl TokensBuilder {
    /// How requests are signed, if they are.
    pub(crate) fn signing(&self) -> Option<&Arc<Signing>> {
        match &self.scheme {
            Scheme::OAuth1(signing) => Some(signing),
            _ => None,
        }
    }

    /// Adds the problems of requests that are signed.
    pub(super) fn check_signature(&self, problems: &mut Vec<String>) {
        let Some(signing) = self.signing() else {
            if matches!(self.grant, GrantKind::Signature) {
                let problem =
                    "DPoP binds tokens, and requests that are signed by OAuth 1.0a have none";
                problems.push(problem.to_owned());
            }
            return;
        };
        if signing.client.identifier.is_empty() {
            problems.push("the identifier of the client's credentials is empty".to_owned());
        }
        let token = signing.token.as_ref();
        if token.is_some_and(|token| token.identifier.is_empty()) {
            problems.push("the identifier of the token's credentials is empty".to_owned());
        }
        let stores = matches!(self.store, StoreLocation::Store(..));
        let asks = self.scope.is_some() || self.parameters != TokenParameters::default();
        for (is_said, what) in [
            (
                self.bearer_method != BearerMethod::Header,
                "a bearer method",
            ),
            (self.seed_tokens.is_some(), "a token set"),
            (stores, "a store"),
            (asks, "a scope or a parameter"),
            (self.is_confidential(), "a client secret"),
            (self.server.is_some(), "a token endpoint"),
        ] {
            if is_said {
                let problem = "is of no use to requests that are signed by OAuth 1.0a";
                problems.push(format!("{what} {problem}"));
            }
        }
    }
}
