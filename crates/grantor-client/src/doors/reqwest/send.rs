//! How a session sends: with a token, again after a rejection, and along redirects.

use http::header::{AUTHORIZATION, LOCATION};
use http::{Extensions, Method};
use reqwest::{Client, Request, Response};
use url::Origin;

use super::request::{AfterAnswer, prepare, uri};
use crate::config::placement::BearerMethod;
use crate::doors::redirect::{self, Follow, redirect};
use crate::error::Error;
use crate::tokens::Tokens;

/// Sends a request, and what redirects make of it.
pub(super) async fn send(
    tokens: &Tokens,
    client: &Client,
    mut request: Request,
    extensions: &Extensions,
) -> Result<Response, Error> {
    for followed in 0..=redirect::MAX_REDIRECTS {
        let origin = request.url().origin();
        let copy = request.try_clone();
        let (response, placement) =
            send_one(tokens, client, request, copy.as_ref(), extensions).await?;
        let in_query = placement == Some(BearerMethod::Query);
        let Some(next) = redirected(&response, copy, in_query) else {
            return Ok(response);
        };
        let named = may_keep_credentials(tokens, &origin, &next);
        match redirect::follow(placement, next.method(), named) {
            Follow::WithCredentials => request = next,
            Follow::WithoutCredentials => {
                return follow_without_credentials(client, next, followed + 1).await;
            }
            Follow::Stop => return Ok(response),
        }
    }
    Err(Error::refused("the API redirects without end"))
}

/// Sends a request with a token, and once more if that was rejected and there is another. Gives the
/// answer, and where the token was.
pub(crate) async fn send_one(
    tokens: &Tokens,
    client: &Client,
    mut request: Request,
    copy: Option<&Request>,
    extensions: &Extensions,
) -> Result<(Response, Option<BearerMethod>), Error> {
    let attempted = prepare(tokens, &mut request, extensions).await?;
    let placement = attempted.placement();
    let response = client.execute(request).await?;
    match attempted.next(response, copy).await? {
        AfterAnswer::Answer(response) => Ok((response, placement)),
        AfterAnswer::Send(attempted, again) => {
            let response = client.execute(*again).await?;
            let _ = attempted.observe(&response).await;
            Ok((response, placement))
        }
    }
}

/// The request that a redirect leads to, with all of the caller's headers; none if the answer is the
/// caller's.
fn redirected(response: &Response, sent: Option<Request>, in_query: bool) -> Option<Request> {
    let mut request = sent?;
    let location = response.headers().get(LOCATION);
    let mut to = redirect(
        response.status(),
        location,
        response.url(),
        request.method(),
    )?;
    if in_query {
        to = to.without_token();
    }
    if to.reads {
        *request.method_mut() = Method::GET;
        *request.body_mut() = None;
        redirect::strip_body(request.headers_mut());
    }
    *request.url_mut() = to.url;
    Some(request)
}

/// Follows redirects to origins that get no token, nor anything else that could be secret. `followed`
/// is how many were followed so far, the one to this request included.
async fn follow_without_credentials(
    client: &Client,
    mut request: Request,
    followed: usize,
) -> Result<Response, Error> {
    for _ in followed..=redirect::MAX_REDIRECTS {
        redirect::retain_anonymous_headers(request.headers_mut());
        let copy = request.try_clone();
        let response = client.execute(request).await?;
        match redirected(&response, copy, false) {
            Some(next) if redirect::is_safe_method(next.method()) => request = next,
            _ => return Ok(response),
        }
    }
    Err(Error::refused("the API redirects without end"))
}

/// Whether a redirected request may keep all of the caller's headers: a credential of their own goes
/// to no other origin, and the rest to those that were named.
fn may_keep_credentials(tokens: &Tokens, from: &Origin, request: &Request) -> bool {
    if request.url().origin() == *from {
        return true;
    }
    let own = request.headers().contains_key(AUTHORIZATION);
    !own && uri(request).is_ok_and(|uri| tokens.origins.find(&uri).is_ok())
}
