//! The ways to tokens: one constructor for each grant.

use std::sync::Arc;

use grantor_core::Secret;

use super::TokensBuilder;
use crate::authorization_server::client_credential::ClientCredential;
use crate::config::server::Server;
use crate::renew::grant::jwt_bearer::GrantAssertion;
use crate::renew::grant::kind::GrantKind;
use crate::renew::grant::token_exchange::TokenExchange;
use crate::renew::grant::token_source::TokenSource;
use crate::token::subject::PasswordCredentials;
use crate::token::token_set::TokenSet;
use crate::tokens::Tokens;

impl Tokens {
    /// Tokens of a client for itself (RFC 6749 section 4.4), which authenticates by a secret or by an
    /// [`Assertion`](crate::Assertion).
    ///
    /// ```
    /// use grantor_client::{Assertion, Tokens};
    /// # let key = grantor_jose::Key::generate(grantor_jose::Algorithm::Es256).unwrap();
    ///
    /// let by_secret = Tokens::client_credentials("https://idp.example", "app", "s3cret").build()?;
    /// let by_key = Assertion::new(key);
    /// let by_key = Tokens::client_credentials("https://idp.example", "app", by_key).build()?;
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    pub fn client_credentials(
        server: impl Into<Server>,
        client_id: impl Into<String>,
        credential: impl Into<ClientCredential>,
    ) -> TokensBuilder {
        let builder = from_server(server, client_id, GrantKind::ClientCredentials);
        builder.client_credential(credential)
    }

    /// Tokens that are given for a JWT (RFC 7523 section 2.1): of a key's own, as service accounts have
    /// them, or of the platform ([`WorkloadToken`](crate::WorkloadToken)). Each request has another one.
    ///
    /// Such a server mostly needs no client beside it (RFC 7521 section 4.1); for one that does, give
    /// [`TokensBuilder::client_id`].
    ///
    /// ```no_run
    /// use grantor_client::{Assertion, Tokens};
    /// # let key = grantor_jose::Key::generate(grantor_jose::Algorithm::Es256).unwrap();
    ///
    /// let assertion = Assertion::new(key).issuer("service-7").subject("ada");
    /// let tokens = Tokens::jwt_bearer("https://idp.example", assertion).scope("read").build()?;
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    pub fn jwt_bearer(
        server: impl Into<Server>,
        assertion: impl Into<GrantAssertion>,
    ) -> TokensBuilder {
        from_server(server, "", GrantKind::JwtBearer(Box::new(assertion.into())))
    }

    /// Tokens of a login whose refresh token is at hand (RFC 6749 section 6).
    ///
    /// It is used once. From then on the store knows the newest one; with the same store, handing in
    /// the old one again goes on with the newest.
    ///
    /// ```
    /// use grantor_client::Tokens;
    ///
    /// # fn kept() -> String { "r3fresh".to_owned() }
    /// let tokens = Tokens::refresh_token("https://idp.example", "app", kept())
    ///     .client_secret("s3cret") // a public client has none
    ///     .on_change(|change| {
    ///         // Without a store, keep the new refresh token: `change` has it.
    ///     })
    ///     .build()?;
    /// let api = tokens.session("https://api.example")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refresh_token(
        server: impl Into<Server>,
        client_id: impl Into<String>,
        refresh_token: impl Into<Secret>,
    ) -> TokensBuilder {
        let kind = GrantKind::Login {
            refresh_token: Some(refresh_token.into()),
            user: None,
        };
        from_server(server, client_id, kind)
    }

    /// Tokens of a login that is in the store; or, by [`TokensBuilder::code_flow`] or
    /// [`TokensBuilder::device_flow`], of one that is to be.
    ///
    /// A login that a flow has put into a store is found again under its label, after a restart and
    /// by other processes:
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use grantor_client::Tokens;
    /// use grantor_store::{MasterKey, Store};
    ///
    /// fn of_user(user: &str, store: Arc<dyn Store>, key: &MasterKey) -> Result<Tokens, grantor_client::Error> {
    ///     Tokens::login("https://idp.example", "app")
    ///         .login_label(user)
    ///         .store(store, key)
    ///         .allow_origin("https://api.example")
    ///         .build()
    /// }
    /// ```
    pub fn login(server: impl Into<Server>, client_id: impl Into<String>) -> TokensBuilder {
        let kind = GrantKind::Login {
            refresh_token: None,
            user: None,
        };
        from_server(server, client_id, kind)
    }

    /// Tokens of a user whose password the program knows (RFC 6749 section 4.3). They are renewed by
    /// refresh token, if the server gives one, and by the password once that is of no use.
    ///
    /// OAuth 2.1 has this grant no more: it is for servers that offer nothing better.
    ///
    /// ```
    /// use grantor_client::Tokens;
    ///
    /// # fn password() -> String { "pa55".to_owned() }
    /// let tokens = Tokens::password("https://idp.example", "app", "ada", password())
    ///     .scope("read")
    ///     .build()?;
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    pub fn password(
        server: impl Into<Server>,
        client_id: impl Into<String>,
        username: impl Into<String>,
        password: impl Into<Secret>,
    ) -> TokensBuilder {
        let user = PasswordCredentials {
            username: username.into(),
            password: password.into(),
        };
        let kind = GrantKind::Login {
            refresh_token: None,
            user: Some(user),
        };
        from_server(server, client_id, kind)
    }

    /// Tokens of the users whose name and password come with each request, in its Basic header, which
    /// the token replaces. A request without one is an error.
    ///
    /// They are kept in memory, as many as [`Policy::max_subject_tokens`](crate::Policy::max_subject_tokens)
    /// says, and fetched anew by the password.
    ///
    /// ```no_run
    /// use grantor_client::Tokens;
    ///
    /// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
    /// let tokens = Tokens::password_from_request("https://idp.example", "gateway")
    ///     .client_secret("s3cret")
    ///     .allow_origin("https://api.example")
    ///     .build()?;
    /// let mut request = http::Request::get("https://api.example/things")
    ///     .header("authorization", "Basic YWRhOnBhNTU=") // as the caller sent it
    ///     .body(())?;
    /// let attempt = tokens.prepare(&mut request).await?;
    /// assert!(request.headers()["authorization"].to_str()?.starts_with("Bearer "));
    /// # let _ = attempt;
    /// # Ok(())
    /// # }
    /// ```
    pub fn password_from_request(
        server: impl Into<Server>,
        client_id: impl Into<String>,
    ) -> TokensBuilder {
        from_server(server, client_id, GrantKind::PasswordFromRequest)
    }

    /// Tokens for calls on behalf of others (RFC 8693): the token of the one who calls is exchanged
    /// for one that this client may use.
    ///
    /// The subject comes from [`TokensBuilder::subject_from`], from the request's extensions (a
    /// [`SubjectToken`](crate::SubjectToken) there goes first), or is named by
    /// [`Tokens::for_subject`].
    ///
    /// Some servers exchange tokens for everyone who has one (RFC 8693 section 2.1). An empty
    /// `client_id` with [`ClientCredential::None`] sends no client.
    ///
    /// ```no_run
    /// # fn incoming() -> Option<String> { None }
    /// use grantor_client::{SubjectToken, Tokens};
    ///
    /// let tokens = Tokens::token_exchange("https://idp.example", "app", "s3cret")
    ///     .audience("orders")
    ///     .subject_from(|| incoming().map(SubjectToken::access_token))
    ///     .build()?;
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    pub fn token_exchange(
        server: impl Into<Server>,
        client_id: impl Into<String>,
        credential: impl Into<ClientCredential>,
    ) -> TokensBuilder {
        let builder = from_server(
            server,
            client_id,
            GrantKind::TokenExchange(TokenExchange::default()),
        );
        builder.client_credential(credential)
    }

    /// A token that is at hand and that nothing renews: of a user's own making, from a configuration.
    ///
    /// ```
    /// use grantor_client::{TokenSet, Tokens};
    ///
    /// # fn from_configuration() -> String { "personal-token".to_owned() }
    /// let tokens = Tokens::static_token(from_configuration())
    ///     .allow_origin("https://api.example")
    ///     .build()?;
    ///
    /// // With an end, after which calls fail instead of being answered 401.
    /// let mut known = TokenSet::new(from_configuration());
    /// known.expires_at = Some(grantor_core::Timestamp::from_secs(4_102_444_800));
    /// let tokens = Tokens::static_token(known).build()?;
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    pub fn static_token(token: impl Into<TokenSet>) -> TokensBuilder {
        TokensBuilder::new(None, String::new(), GrantKind::StaticToken).token_set(token)
    }

    /// Tokens from wherever a program has them: a vault, a metadata service, a file. See
    /// [`TokenSource`] for a source from a file, of which this is the shortest one:
    ///
    /// ```
    /// use grantor_client::{SourceError, TokenSet, TokenSource, Tokens};
    /// use grantor_core::{BoxFuture, TokenParameters};
    ///
    /// #[derive(Debug)]
    /// struct Vault;
    ///
    /// impl TokenSource for Vault {
    ///     fn fetch<'a>(&'a self, _: &'a TokenParameters) -> BoxFuture<'a, Result<TokenSet, SourceError>> {
    ///         Box::pin(async { Ok(TokenSet::new("from the vault")) })
    ///     }
    /// }
    ///
    /// let tokens = Tokens::from_source(Vault).allow_origin("https://api.example").build()?;
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    pub fn from_source(source: impl TokenSource) -> TokensBuilder {
        TokensBuilder::new(
            None,
            String::new(),
            GrantKind::TokenSource(Arc::new(source)),
        )
    }
}

fn from_server(
    server: impl Into<Server>,
    client_id: impl Into<String>,
    kind: GrantKind,
) -> TokensBuilder {
    TokensBuilder::new(Some(server.into()), client_id.into(), kind)
}

impl From<&str> for TokenSet {
    fn from(access_token: &str) -> Self {
        Self::new(access_token)
    }
}

impl From<String> for TokenSet {
    fn from(access_token: String) -> Self {
        Self::new(access_token)
    }
}

impl From<Secret> for TokenSet {
    fn from(access_token: Secret) -> Self {
        Self::new(access_token)
    }
}
