//! OpenID Connect beside the sign-in itself: UserInfo and logout.

use bytes::Bytes;
use grantor_core::openid::{EndSessionRequest, LogoutToken, UserInfo};
use grantor_http::Transport;
use http::{HeaderValue, Request, StatusCode, header};
use url::Url;

use super::code_flow::CodeFlow;
use crate::error::Error;
use crate::observe::hooks::RequestKind;
use crate::request::attempt::Observed;
use crate::tokens::Tokens;

impl CodeFlow {
    /// Asks that the user prove who they are, if they did so longer ago than this (OpenID Connect Core
    /// section 3.1.2.1); zero: in any case. The ID token must say that they did.
    #[must_use]
    pub fn max_age(mut self, max_age: std::time::Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Asks for an authentication of one of these classes (`acr_values`), in order of preference, and
    /// refuses a user whose ID token says another one.
    #[must_use]
    pub fn require_acr<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.acr_values = values.into_iter().map(Into::into).collect();
        self
    }

    /// The claims about a user, from the UserInfo endpoint (OpenID Connect Core section 5.3). `subject` is
    /// that of the user's ID token: an answer about anybody else is refused.
    ///
    /// ```no_run
    /// # async fn call(
    /// #     flow: grantor_client::CodeFlow,
    /// #     signed_in: grantor_client::SignedIn,
    /// # ) -> Result<(), grantor_client::Error> {
    /// if let Some(id_token) = &signed_in.id_token {
    ///     let user = flow.user_info(&signed_in.tokens, id_token.subject()).await?;
    ///     println!("{}", user.text("name").unwrap_or("somebody"));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// There is no token or no endpoint, the tokens are those of another issuer, or the answer is refused.
    pub async fn user_info(&self, tokens: &Tokens, subject: &str) -> Result<UserInfo, Error> {
        self.check_tokens(tokens)?;
        let endpoint = self.server.user_info_endpoint().await?;
        let mut tokens = tokens.with_origin(endpoint.as_str())?;
        // It goes over the connection to the server.
        tokens.certificate_presented |= self.server.registration.presents_certificate;
        let channel = self.server.channel(RequestKind::UserInfo);
        let mut request = question(&endpoint)?;
        let mut attempt = tokens.prepare(&mut request).await?;
        let answer = loop {
            let answer = channel.send(request).await?;
            match attempt.observe(&answer).await {
                Observed::Done => break answer,
                Observed::Resend(resend) => {
                    request = question(&endpoint)?;
                    attempt = resend.prepare(&mut request).await?;
                }
            }
        };
        if answer.status() == StatusCode::OK {
            return self.server.read_user_info(&answer, subject).await;
        }
        let status = answer.status();
        let message = format!("the UserInfo endpoint answered with status {status}");
        match status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            true => Err(Error::transient(message)),
            false => Err(Error::refused(message)),
        }
    }

    /// Where to send the browser to end the user's session at the server (OpenID Connect RP-Initiated
    /// Logout); none, if the server has no such place. End the session of the application first.
    ///
    /// ```no_run
    /// # async fn call(
    /// #     flow: grantor_client::CodeFlow,
    /// #     tokens: grantor_client::Tokens,
    /// # ) -> Result<(), grantor_client::Error> {
    /// use grantor_client::openid::EndSessionRequest;
    ///
    /// let token = tokens.get().await?;
    /// let id_token = token.extra.get("id_token").and_then(|it| it.as_str());
    /// let url = flow.end_session_url(EndSessionRequest {
    ///     id_token_hint: id_token.map(Into::into),
    ///     post_logout_redirect_uri: Some("https://app.example/bye".to_owned()),
    ///     ..EndSessionRequest::default()
    /// });
    /// let url = url.await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The server's metadata can't be fetched.
    pub async fn end_session_url(&self, request: EndSessionRequest) -> Result<Option<Url>, Error> {
        let endpoint = self.server.end_session_endpoint().await?;
        let client_id = self.builder.client_id.clone();
        let request = EndSessionRequest {
            client_id: request.client_id.or(Some(client_id)),
            ..request
        };
        Ok(endpoint.map(|endpoint| request.to_url(&endpoint)))
    }

    /// Validates the logout token that the server posts to the application's `backchannel_logout_uri` as
    /// `logout_token` (OpenID Connect Back-Channel Logout section 2.6). Answer 200 once the sessions are
    /// ended, 400 to a token that is refused, each with `Cache-Control: no-store`.
    ///
    /// # Errors
    /// The token is refused, or the server's keys can't be fetched.
    pub async fn logout_token(&self, token: &str) -> Result<LogoutToken, Error> {
        self.server.validate_logout_token(token).await
    }
}

impl CodeFlow {
    /// Refuses tokens of another issuer, which would go to an endpoint that this one names.
    fn check_tokens(&self, tokens: &Tokens) -> Result<(), Error> {
        let of_tokens = tokens.services().server.get();
        let of_tokens = of_tokens.as_ref();
        let of_tokens = of_tokens.and_then(|server| server.registration.server.issuer.as_ref());
        match (of_tokens, self.server.openid_issuer()?) {
            (Some(named), own) if named != own => Err(Error::configuration(format!(
                "the tokens are of {named}, and the UserInfo endpoint is that of {own}: ask by the flow \
                 that the user signed in with"
            ))),
            _ => Ok(()),
        }
    }
}

fn question(endpoint: &Url) -> Result<Request<Bytes>, Error> {
    let uri = endpoint.as_str().parse();
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = uri.map_err(|_| {
        Error::configuration("\"userinfo_endpoint\" is no URL that a request can go to")
    })?;
    let headers = request.headers_mut();
    let accept = HeaderValue::from_static("application/json, application/jwt");
    headers.insert(header::ACCEPT, accept);
    let identity = HeaderValue::from_static("identity");
    headers.insert(header::ACCEPT_ENCODING, identity);
    Ok(request)
}
