//! The door for clients of the crate reqwest-middleware.

use async_trait::async_trait;
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next as Rest, Result};

use super::request::{AfterAnswer, prepare};
use super::send_error::SendError;
use crate::doors::sender::Promises;
use crate::tokens::Tokens;

/// Gives every request of a client a token. See [`Tokens::middleware`].
#[derive(Debug, Clone)]
pub struct TokensMiddleware {
    tokens: Tokens,
}

impl Tokens {
    /// A middleware that gives every request of a client a token.
    ///
    /// A 401 about the token renews it and sends the request once more, if its body can be sent
    /// again. An `Authorization` header of the caller's own wins, and
    /// `with_extension(`[`WithoutToken`](crate::WithoutToken)`)` withholds the token from one
    /// request. Requests to origins that were not named fail.
    ///
    /// That there is no token is an `Error::Middleware` around an [`Error`](crate::Error).
    /// Redirects are followed by the client's rules, as with [`Authenticate`](crate::Authenticate).
    ///
    /// ```no_run
    /// # async fn call(tokens: grantor_client::Tokens) -> Result<(), Box<dyn std::error::Error>> {
    /// let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
    ///     .with(tokens.with_origin("https://api.example")?.middleware())
    ///     .build();
    /// let answer = client.get("https://api.example/things").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn middleware(&self) -> TokensMiddleware {
        let tokens = self.clone();
        TokensMiddleware { tokens }
    }
}

#[async_trait]
impl Middleware for TokensMiddleware {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        rest: Rest<'_>,
    ) -> Result<Response> {
        let copy = request.try_clone();
        let prepared = prepare(&self.tokens, &mut request, extensions, Promises::NONE).await;
        let mut prepared = prepared.map_err(unsent)?;
        loop {
            let response = rest.clone().run(request, extensions).await;
            let response = response.map_err(without_url)?;
            let next = prepared.next(response, copy.as_ref()).await;
            match next.map_err(unsent)? {
                AfterAnswer::Answer(response) => return Ok(response),
                AfterAnswer::Send(next, again) => (prepared, request) = (next, *again),
            }
        }
    }
}

/// Returns why there is nothing to send, as the crate reqwest-middleware puts it.
fn unsent(error: SendError) -> Error {
    match error {
        SendError::Token(error) => Error::middleware(error),
        SendError::Request(error) => error.into(),
        other => Error::middleware(other),
    }
}

/// A URL may hold the token.
fn without_url(error: Error) -> Error {
    match error {
        Error::Reqwest(error) => error.without_url().into(),
        other => other,
    }
}
