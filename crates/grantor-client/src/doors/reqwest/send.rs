//! How a session sends: with a token, again after a rejection, and along redirects.

use http::header::LOCATION;
use http::{Extensions, Method};
use reqwest::{Client, Request, Response};

use super::request::{AfterAnswer, prepare};
use super::send_error::SendError;
use crate::config::placement::BearerMethod;
use crate::doors::exchange::{Answered, ApiExchange, Credentials};
use crate::doors::sender::Sender;
use crate::tokens::Tokens;

/// Sends a request, and what redirects make of it.
pub(super) async fn send(
    tokens: &Tokens,
    sender: &Sender<Client>,
    mut request: Request,
    extensions: &Extensions,
) -> Result<Response, SendError> {
    let mut exchange = ApiExchange::new(tokens, sender.promises.names);
    loop {
        let copy = request.try_clone();
        let (response, bearer_method) = match exchange.credentials() {
            Credentials::Kept => {
                send_one(tokens, sender, request, copy.as_ref(), extensions).await?
            }
            Credentials::Removed => (sender.client.execute(request).await?, None),
        };
        let Some(mut next) = copy else {
            return Ok(response);
        };
        let followed = exchange.follow(&Answered {
            status: response.status(),
            location: response.headers().get(LOCATION),
            url: response.url(),
            sent_to: next.url(),
            method: next.method(),
            headers: next.headers(),
            bearer_method,
        })?;
        let Some(to) = followed else {
            return Ok(response);
        };
        if to.reads {
            *next.method_mut() = Method::GET;
            *next.body_mut() = None;
        }
        to.change_headers(next.headers_mut(), exchange.credentials());
        *next.url_mut() = to.url;
        request = next;
    }
}

/// Sends a request with a token, and again as often as its answers are worth it. Gives the last
/// answer, and where the token was.
pub(crate) async fn send_one(
    tokens: &Tokens,
    sender: &Sender<Client>,
    mut request: Request,
    copy: Option<&Request>,
    extensions: &Extensions,
) -> Result<(Response, Option<BearerMethod>), SendError> {
    let mut prepared = prepare(tokens, &mut request, extensions, sender.promises).await?;
    loop {
        let response = sender.client.execute(request).await?;
        match prepared.next(response, copy).await? {
            AfterAnswer::Answer(response) => return Ok((response, prepared.bearer_method())),
            AfterAnswer::Send(next, again) => (prepared, request) = (next, *again),
        }
    }
}
