//! Tokens for a resource that says itself where they come from: what a program says of them.

use std::sync::Arc;

use grantor_core::{
    ClientIdUrl, ClientMetadata, ProtectedResourceMetadata, RedirectUri, Secret, TokenParameters,
};
use url::Url;

use super::TokensBuilder;
use crate::authorization_server::authorization::{Pushing, UnadvertisedS256};
use crate::authorization_server::client_credential::ClientCredential;
use crate::authorization_server::resource_metadata::resource_metadata;
use crate::error::{Error, SourceError};
use crate::renew::grant::kind::GrantKind;
use crate::renew::grant::resource::settings::{
    AssertionRequest, AssertionSource, KnownClient, MissingMetadata, ResourceSettings, UserSignIn,
};
use crate::tokens::Tokens;

impl Tokens {
    /// Tokens for an API that says itself where they come from (RFC 9728), as an MCP server does: name
    /// its URL, who the client is, and how a user signs in.
    ///
    /// The first request goes out without a token. A 401 leads to the resource's metadata, by its
    /// challenge or at the well-known places, from there to the first authorization server that can be
    /// used, and to a client there: one of [`client_at`](TokensBuilder::client_at), the document of
    /// [`client_document`](TokensBuilder::client_document) where the server takes it, or one that
    /// registers itself ([`register_as`](TokensBuilder::register_as)). Then the user signs in
    /// ([`authorize_by`](TokensBuilder::authorize_by)), and the request is sent again. Every request
    /// for a token names the resource (RFC 8707).
    ///
    /// Later a refresh token renews, if there is one, and a new sign-in otherwise. A 401 or 403 that
    /// asks for a wider scope (RFC 6750) or another sign-in (RFC 9470) leads to a sign-in for all that
    /// was requested before and what is asked now, once for each demand. A resource that names another
    /// server gets a new client and a new login there; credentials of one server never go to another.
    ///
    /// ```no_run
    /// use grantor_client::Tokens;
    /// use grantor_core::ClientMetadata;
    ///
    /// # async fn show_to_user(url: url::Url) -> Result<String, std::io::Error> { Ok(url.into()) }
    /// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut client = ClientMetadata::default();
    /// client.client_name = Some("Notes".to_owned());
    /// let tokens = Tokens::for_resource("https://mcp.example.com/mcp")
    ///     .register_as(client)
    ///     .authorize_by("http://127.0.0.1:8000/callback", |url| async move {
    ///         // Opens a browser, waits for the redirect, and gives it back.
    ///         Ok(show_to_user(url).await?)
    ///     })
    ///     .build()?;
    /// let mcp = tokens.session("https://mcp.example.com/mcp")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn for_resource(url: impl Into<String>) -> TokensBuilder {
        let url = url.into();
        let settings = ResourceSettings::new(url.clone());
        let kind = GrantKind::Resource(Box::new(settings));
        TokensBuilder::new(None, String::new(), kind).allow_origin(url)
    }
}

/// Tokens of [`Tokens::for_resource`].
impl TokensBuilder {
    /// How a user signs in: `authorize` takes the authorization URL to the user's browser, and gives
    /// back the redirect that it ended with, as a URL or its query. `redirect_uri` is where that leads.
    ///
    /// It runs on the thread that renews tokens, and must not block it. It is called when a token is
    /// needed and nothing else gives one; all who need the token wait for it, however long it takes.
    pub fn authorize_by<F, R>(self, redirect_uri: impl Into<String>, authorize: F) -> Self
    where
        F: Fn(Url) -> R + Send + Sync + 'static,
        R: Future<Output = Result<String, SourceError>> + Send + 'static,
    {
        let redirect_text = redirect_uri.into();
        self.change_resource(|resource| {
            resource.user = Some(UserSignIn {
                redirect_uri: RedirectUri::parse(&redirect_text).ok(),
                redirect_text,
                authorize: Arc::new(move |url| Box::pin(authorize(url))),
            });
        })
    }

    /// Registers the client at servers that do not know it (RFC 7591), as this metadata says. Redirect
    /// URI, grant types, `application_type` and authentication method are filled in where they are not
    /// said. The answer is kept with the tokens, for each issuer, and asked for anew once the server
    /// does not know the client any more.
    pub fn register_as(self, metadata: ClientMetadata) -> Self {
        self.change_resource(|resource| resource.metadata = Some(Box::new(metadata)))
    }

    /// The token by which the server with this issuer knows who may register (RFC 7591 section 3). May
    /// be given for several servers; none of them goes to another one.
    pub fn initial_access_token(self, issuer: impl Into<String>, token: impl Into<Secret>) -> Self {
        let known = (issuer.into(), token.into());
        self.change_resource(|resource| resource.initial_access_tokens.push(known))
    }

    /// The URL of the client's metadata document (draft-ietf-oauth-client-id-metadata-document), which
    /// is its identifier at servers that take such. It comes before a registration.
    pub fn client_document(self, url: impl AsRef<str>) -> Self {
        let document = ClientIdUrl::parse(url.as_ref());
        self.change_resource(|resource| resource.document = Some(document))
    }

    /// The client that the authorization server with this issuer knows already. May be given for
    /// several servers; its credential goes to no other one. Without
    /// [`authorize_by`](Self::authorize_by) and [`assertion_by`](Self::assertion_by) the tokens are the
    /// client's own (RFC 6749 section 4.4).
    pub fn client_at(
        self,
        issuer: impl Into<String>,
        client_id: impl Into<String>,
        credential: impl Into<ClientCredential>,
    ) -> Self {
        let known = KnownClient {
            issuer: issuer.into(),
            client_id: client_id.into(),
            credential: credential.into(),
        };
        self.change_resource(|resource| resource.clients.push(known))
    }

    /// The assertion for which the server gives a token (RFC 7523 section 2.1), made for the server and
    /// the resource that were found: of a workload, of an identity provider. It is asked for whenever a
    /// token is requested.
    pub fn assertion_by<F, R>(self, assertion: F) -> Self
    where
        F: Fn(AssertionRequest) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Secret, SourceError>> + Send + 'static,
    {
        let source = AssertionSource(Arc::new(move |request| Box::pin(assertion(request))));
        self.change_resource(|resource| resource.assertion = Some(source))
    }

    /// Authorization that an enterprise manages (draft-ietf-oauth-identity-assertion-authz-grant): the
    /// user's ID token, or what else signed them in, is exchanged at the identity provider for an
    /// assertion to the resource's authorization server. `identity_provider` are tokens of
    /// [`Tokens::token_exchange`] with the type
    /// [`ID_JAG`](grantor_core::token_type::ID_JAG) requested, and a subject.
    ///
    /// ```no_run
    /// use grantor_client::{SubjectToken, Tokens};
    /// use grantor_core::token_type;
    ///
    /// # fn id_token() -> String { String::new() }
    /// let identity_provider = Tokens::token_exchange("https://idp.example", "app", "s3cret")
    ///     .requested_token_type(token_type::ID_JAG)
    ///     .subject_from(|| Some(SubjectToken::new(id_token(), token_type::ID_TOKEN)))
    ///     .build()?;
    /// let tokens = Tokens::for_resource("https://mcp.example.com/mcp")
    ///     .client_at("https://id.example.com", "app", "another s3cret")
    ///     .managed_by(identity_provider)
    ///     .build()?;
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    pub fn managed_by(self, identity_provider: Tokens) -> Self {
        self.assertion_by(move |request| {
            let tokens = identity_provider.with_parameters(|all| TokenParameters {
                scope: request.scope,
                resource: vec![request.resource],
                audience: vec![request.issuer],
                ..all
            });
            async move {
                // One that was used before may be refused.
                let assertion = tokens.renew().await?;
                Ok(assertion.secret)
            }
        })
    }

    /// Pushes authorization requests before the user is sent (RFC 9126), also where the server does not
    /// require it.
    pub fn push_requests(self) -> Self {
        self.change_resource(|resource| resource.pushing = Pushing::Always)
    }

    /// Goes on where a server does not say that it knows PKCE with S256. One that ignores PKCE leaves a
    /// stolen code usable.
    pub fn danger_unadvertised_s256(self) -> Self {
        self.change_resource(|resource| resource.unadvertised_s256 = UnadvertisedS256::Accepted)
    }

    /// Takes the origin of a resource without metadata for its authorization server, with `/authorize`,
    /// `/token` and `/register` if that has no metadata either, as the Model Context Protocol of
    /// 2025-03-26 said. Nobody else vouches for that server, and nothing says that it knows PKCE.
    pub fn danger_without_resource_metadata(self) -> Self {
        self.change_resource(|resource| resource.missing_metadata = MissingMetadata::OriginIsServer)
    }

    /// Fetches the metadata of the resource from its well-known places (RFC 9728 section 3.1): to see
    /// which authorization servers it has before a client is named there.
    ///
    /// # Errors
    /// There is none, it is that of another resource, or these are no tokens for a resource.
    pub async fn discover_resource(&self) -> Result<ProtectedResourceMetadata, Error> {
        let mut problems = Vec::new();
        let shared = self.shared_services(&mut problems);
        let (GrantKind::Resource(resource), Some(shared)) = (&self.grant, shared) else {
            problems.push("only tokens of \"for_resource\" have a resource".to_owned());
            return Err(Error::problems(&problems));
        };
        let url = resource.url.as_ref();
        let url = url.ok_or_else(|| Error::configuration("the resource is not a URL"))?;
        let timeout = self.policy.request_timeout;
        let found = resource_metadata(&shared.connection, timeout, url, None).await?;
        found.ok_or_else(|| {
            Error::configuration(format!("{} has no metadata (RFC 9728)", resource.shown()))
        })
    }

    fn change_resource(mut self, change: impl FnOnce(&mut ResourceSettings)) -> Self {
        match &mut self.grant {
            GrantKind::Resource(resource) => change(resource),
            _ => self.resource_option_misused = true,
        }
        self
    }

    /// Adds the problems of tokens for a resource.
    pub(super) fn check_resource(&self, settings: &ResourceSettings, problems: &mut Vec<String>) {
        settings.check(problems);
        for (is_said, what) in [
            (self.is_confidential(), "a client secret"),
            (!self.client_id.is_empty(), "a client identifier"),
            (self.server.is_some(), "a token endpoint"),
            (self.method.is_some(), "an authentication method"),
            (!self.parameters.resource.is_empty(), "a resource"),
            (self.seed_tokens.is_some(), "a token set"),
        ] {
            if is_said {
                let problem = "is of no use to \"for_resource\", which finds the server: name the \
                               client by \"client_at\"";
                problems.push(format!("{what} {problem}"));
            }
        }
    }

    /// How long a request may take.
    pub(crate) fn request_timeout(&self) -> std::time::Duration {
        self.policy.request_timeout
    }
}
