//! Signing a user in: out to the authorization endpoint, back with a code (RFC 6749 section 4.1,
//! RFC 7636, RFC 9207).

use std::fmt;
use std::time::Duration;

use grantor_core::RedirectUri;

use super::openid::is_openid;
use super::pending::{AuthorizationRedirect, PendingAuthorization};
use crate::authorization_server::AuthorizationServer;
use crate::authorization_server::authorization::{
    IdTokenDemands, Pushing, SignInRequest, UnadvertisedS256,
};
use crate::authorization_server::request_object::RequestProtection;
use crate::builder::TokensBuilder;
use crate::builder::assemble::FlowParts;
use crate::config::authorization_answer::{AuthorizationAnswer, RedirectTokens};
use crate::error::Error;
use crate::token::dpop_key::DpopKey;

/// Signs users in with a code and PKCE, always by S256. [`response_type`](Self::response_type) asks for an ID
/// token in the redirect besides, or in place of the code.
///
/// One for all users of an application: the logins share its connections and its thread. Made by
/// [`TokensBuilder::code_flow`].
///
/// ```no_run
/// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
/// use grantor_client::Tokens;
///
/// let flow = Tokens::login("https://idp.example", "app")
///     .scope("openid read")
///     .allow_origin("https://api.example")
///     .code_flow("https://app.example/callback")?;
/// let started = flow.start().await?;
/// // Send the browser to `started.url`, keep `started.pending` in its session; when it is back:
/// let query = "code=...&state=...";
/// let signed_in = flow.clone().login_label("alice").finish(started.pending, query).await?;
/// let api = signed_in.tokens.session("https://api.example")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CodeFlow {
    pub(super) builder: TokensBuilder,
    pub(super) server: AuthorizationServer,
    redirect_uri: RedirectUri,
    parameters: Vec<(String, String)>,
    pushing: Pushing,
    unadvertised_s256: UnadvertisedS256,
    pub(super) max_age: Option<Duration>,
    pub(super) acr_values: Vec<String>,
    pub(super) answer: AuthorizationAnswer,
    pub(super) redirect_tokens: RedirectTokens,
    pub(super) protection: RequestProtection,
}

impl TokensBuilder {
    /// A way to sign users in, whose browsers come back to `redirect_uri`.
    ///
    /// # Errors
    /// A configuration that can't work; the message lists every problem.
    pub fn code_flow(mut self, redirect_uri: &str) -> Result<CodeFlow, Error> {
        let mut problems = Vec::new();
        let redirect_uri = RedirectUri::parse(redirect_uri);
        if let Err(error) = &redirect_uri {
            problems.push(format!("\"redirect_uri\": {error}"));
        }
        let parts = self.flow_parts(&mut problems);
        let nowhere = |parts: &FlowParts| {
            let server = &parts.server.registration.server;
            server.issuer.is_none() && server.endpoints.authorization.is_none()
        };
        if parts.as_ref().is_some_and(nowhere) {
            let needed = "an \"issuer\" or an \"authorization_endpoint\"";
            problems.push(format!("signing users in takes {needed} of the server"));
        }
        match (redirect_uri, parts) {
            (Ok(redirect_uri), Some(parts)) if problems.is_empty() => {
                self.services = Some(parts.shared);
                Ok(CodeFlow {
                    builder: self,
                    server: parts.server,
                    redirect_uri,
                    parameters: Vec::new(),
                    pushing: Pushing::default(),
                    unadvertised_s256: UnadvertisedS256::default(),
                    max_age: None,
                    acr_values: Vec::new(),
                    answer: AuthorizationAnswer::default(),
                    redirect_tokens: RedirectTokens::default(),
                    protection: RequestProtection::default(),
                })
            }
            _ => Err(Error::problems(&problems)),
        }
    }
}

impl CodeFlow {
    /// Names the login that [`finish`](Self::finish) makes: a user's name, an account.
    #[must_use]
    pub fn login_label(mut self, name: impl Into<String>) -> Self {
        self.builder = self.builder.login_label(name);
        self
    }

    /// A further parameter of the authorization request, as `prompt` or `login_hint`. One that the flow
    /// sets itself, as `state`, is an error of [`start`](Self::start).
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Goes on though the server does not say that it knows S256. A server that ignores PKCE leaves
    /// a stolen code usable. Of the [providers](crate::providers) none needs this for a client with
    /// a secret.
    #[must_use]
    pub fn danger_unadvertised_s256(mut self) -> Self {
        self.unadvertised_s256 = UnadvertisedS256::Accepted;
        self
    }

    /// Pushes the authorization request to the server before the browser is sent (RFC 9126), so that
    /// the browser carries no more than a reference: nobody reads the request on its way, or changes
    /// it. Where the metadata of the server requires it
    /// (`require_pushed_authorization_requests`), that is done without this too.
    #[must_use]
    pub fn push_requests(mut self) -> Self {
        self.pushing = Pushing::Always;
        self
    }

    /// Begins a sign-in.
    ///
    /// # Errors
    /// The server's metadata can't be fetched, or lacks an authorization endpoint or S256, the response type
    /// or mode is none that fits, or the request can't be signed or pushed.
    pub async fn start(&self) -> Result<AuthorizationRedirect, Error> {
        let dpop_key = self.new_dpop_key()?;
        let parameters = self.builder.token_parameters()?;
        let openid = is_openid(&self.builder)?;
        self.answer.check(openid, self.redirect_tokens)?;
        self.check_binding(dpop_key.as_ref())?;
        let id_token = openid.then_some(IdTokenDemands {
            max_age: self.max_age,
            acr_values: &self.acr_values,
        });
        let asked = SignInRequest {
            redirect_uri: &self.redirect_uri,
            parameters: &parameters,
            extra: &self.parameters,
            id_token,
            dpop_key: dpop_key.as_ref(),
            pushing: self.pushing,
            unadvertised_s256: self.unadvertised_s256,
            answer: self.answer.clone(),
            protection: self.protection.clone(),
        };
        let begun = self.server.begin_authorization(&asked).await?;
        let pending = PendingAuthorization {
            issuer: self.name().to_owned(),
            redirect_uri: self.redirect_uri.as_str().to_owned(),
            state: begun.state,
            nonce: begun.nonce,
            max_age: id_token
                .and_then(|asked| asked.max_age)
                .map(|age| age.as_secs()),
            acr_values: id_token.map_or_else(Vec::new, |asked| asked.acr_values.to_vec()),
            code_verifier: begun.code_verifier.expose().to_owned(),
            dpop_key: dpop_key.and_then(|key| Some(key.to_stored()?.expose().to_owned())),
            response_type: PendingAuthorization::stored_type(&self.answer.response_type),
            response_mode: self.answer.response_mode.as_ref().map(ToString::to_string),
        };
        Ok(AuthorizationRedirect {
            url: begun.url,
            pending,
        })
    }

    /// The key that the sign-in is bound to, if it is: each has one of its own, unless the program gave
    /// one.
    fn new_dpop_key(&self) -> Result<Option<DpopKey>, Error> {
        let mut problems = Vec::new();
        let key = self.builder.read_dpop_key(&mut problems);
        match problems.is_empty() {
            true => Ok(key),
            false => Err(Error::problems(&problems)),
        }
    }

    /// Checks that a key can bind the token, which only the token endpoint does (RFC 9449 section 5).
    fn check_binding(&self, dpop_key: Option<&DpopKey>) -> Result<(), Error> {
        let asked = &self.answer.response_type;
        match dpop_key.is_some() && asked.token && !asked.code {
            true => Err(Error::configuration(
                "an access token in the redirect is bound to no key: ask for a code, or leave DPoP out",
            )),
            false => Ok(()),
        }
    }

    /// Returns the server's name in messages and in pending authorizations.
    pub(super) fn name(&self) -> &str {
        self.server.registration.name()
    }
}

/// Further parameters may be secret: their names are shown.
impl fmt::Debug for CodeFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.parameters.iter().map(|(name, _)| name).collect();
        f.debug_struct("CodeFlow")
            .field("builder", &self.builder)
            .field("redirect_uri", &self.redirect_uri)
            .field("parameters", &names)
            .finish_non_exhaustive()
    }
}
