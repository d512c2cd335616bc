//! The door for requests of a reqwest client that is there already.

use std::fmt;

use http::Extensions;
use reqwest::{RequestBuilder, Response};

use super::send::send_one;
use super::send_error::SendError;
use crate::doors::sender::Sender;
use crate::tokens::Tokens;

/// Gives a request of reqwest's a token.
///
/// ```no_run
/// use grantor_client::{Authenticate, Tokens};
///
/// # async fn call(client: reqwest::Client, tokens: Tokens) -> Result<(), Box<dyn std::error::Error>> {
/// let request = client.get("https://api.example/things");
/// let answer = request.authenticate(&tokens).send().await?;
/// # Ok(())
/// # }
/// ```
pub trait Authenticate: Sized {
    /// The same request with a valid token, if its origin was named.
    ///
    /// A 401 about the token renews it and sends the request once more, if its body can be sent
    /// again. An `Authorization` header of the caller's own wins.
    ///
    /// Redirects are followed, or not, as the client does it; reqwest sends the header on to the
    /// same host and port alone. With [`BearerMethod::Query`](crate::BearerMethod::Query) build the client
    /// with `referer(false)`: that header would hold the token.
    fn authenticate(self, tokens: &Tokens) -> Authenticated;
}

/// A request of reqwest's that is sent with a token.
#[must_use = "nothing is sent before `send`"]
pub struct Authenticated {
    builder: RequestBuilder,
    tokens: Tokens,
}

impl Authenticate for RequestBuilder {
    fn authenticate(self, tokens: &Tokens) -> Authenticated {
        Authenticated {
            builder: self,
            tokens: tokens.clone(),
        }
    }
}

impl Authenticated {
    /// Sends the request with a token, and gives the answer whatever its status.
    ///
    /// # Errors
    /// [`SendError::Token`] if there is no token or the origin was not named; [`SendError::Request`],
    /// with reqwest's own error, if the request can't be built or got no answer.
    pub async fn send(self) -> Result<Response, SendError> {
        let (client, request) = self.builder.build_split();
        let request = request?;
        let copy = request.try_clone();
        let none = Extensions::new();
        let sender = Sender::foreign(client);
        let sent = send_one(&self.tokens, &sender, request, copy.as_ref(), &none);
        Ok(sent.await?.0)
    }
}

impl fmt::Debug for Authenticated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticated").finish_non_exhaustive()
    }
}
