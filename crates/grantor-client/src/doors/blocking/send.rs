//! How a blocking session sends: with a token, again after a rejection, and along redirects.

use std::io::Read;
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, LOCATION};
use http::{Method, Request, Response, Uri};
use tokio::runtime::Handle;
use ureq::{Agent, AsSendBody, SendBody};
use url::{Origin, Url};

use super::request::UreqRequest;
use crate::config::placement::BearerMethod;
use crate::doors::redirect::{self, Follow, redirect};
use crate::doors::time_limit::too_late;
use crate::error::Error;
use crate::request::attempt::Observed;
use crate::runtime::block_on::{block_on, block_on_until};
use crate::tokens::Tokens;

/// How much of a rejected answer is read, so that its connection can be used again.
const MAX_DRAINED: u64 = 64 * 1024;
const MAX_DRAIN_TIME: Duration = Duration::from_secs(1);

/// A request before it gets its token.
pub(super) struct Outgoing {
    /// What stands for the URI of `request`.
    pub(super) url: Url,
    pub(super) request: Request<Body>,
    pub(super) timeout: Option<Duration>,
}

pub(super) enum Body {
    Empty,
    Bytes(Bytes),
    Reader(Box<dyn Read + Send>),
}

type Answer = Response<ureq::Body>;

/// Sends a request, and what redirects make of it.
pub(super) fn send(
    tokens: &Tokens,
    agent: &Agent,
    mut outgoing: Outgoing,
) -> Result<Answer, Error> {
    for followed in 0..=redirect::MAX_REDIRECTS {
        let origin = outgoing.url.origin();
        let copy = outgoing.try_clone();
        let (response, placement) = send_one(tokens, agent, outgoing, copy.as_ref())?;
        let in_query = placement == Some(BearerMethod::Query);
        let Some(next) = redirected(&response, copy, in_query) else {
            return Ok(response);
        };
        let named = may_keep_credentials(tokens, &origin, &next);
        match redirect::follow(placement, next.request.method(), named) {
            Follow::WithCredentials => outgoing = next,
            Follow::WithoutCredentials => {
                return follow_without_credentials(agent, next, followed + 1);
            }
            Follow::Stop => return Ok(response),
        }
    }
    Err(Error::refused("the API redirects without end"))
}

/// Sends a request with a token, and once more if that was rejected and there is another. Gives the
/// answer, and where the token was.
fn send_one(
    tokens: &Tokens,
    agent: &Agent,
    outgoing: Outgoing,
    copy: Option<&Outgoing>,
) -> Result<(Answer, Option<BearerMethod>), Error> {
    let timeout = outgoing.timeout;
    let mut carried = UreqRequest::new(outgoing)?;
    let runtime = tokens.services().shared.worker.handle();
    // Hooks may wait, and there may be no other runtime that they could wait on.
    let _within = runtime.as_ref().map(Handle::enter);
    let attempt = wait(timeout, tokens.prepare_request(&mut carried))?;
    let placement = attempt.placement();
    let response = execute(agent, carried.finish(), timeout)?;
    // A renewal that takes longer goes on by itself, and the answer is the caller's.
    let observed = wait(timeout, async { Ok(attempt.observe(&response).await) });
    if observed.unwrap_or(Observed::Done) == Observed::Done {
        return Ok((response, placement));
    }
    let Some(again) = copy.and_then(Outgoing::try_clone) else {
        return Ok((response, placement));
    };
    drain(response);
    let mut carried = UreqRequest::new(again)?;
    let attempt = wait(timeout, attempt.prepare_copy(&mut carried))?;
    let response = execute(agent, carried.finish(), timeout)?;
    let _ = wait(timeout, async { Ok(attempt.observe(&response).await) });
    Ok((response, placement))
}

/// Waits for a token, as long as the request may take.
fn wait<T>(
    limit: Option<Duration>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match limit {
        None => block_on(work),
        Some(limit) => block_on_until(limit, work).unwrap_or_else(|| Err(too_late())),
    }
}

fn execute(
    agent: &Agent,
    request: Request<Body>,
    timeout: Option<Duration>,
) -> Result<Answer, Error> {
    let (head, body) = request.into_parts();
    match body {
        Body::Empty => run(agent, Request::from_parts(head, ()), timeout),
        Body::Bytes(bytes) => run(agent, Request::from_parts(head, &bytes[..]), timeout),
        Body::Reader(reader) => {
            let body = SendBody::from_owned_reader(reader);
            run(agent, Request::from_parts(head, body), timeout)
        }
    }
}

fn run(
    agent: &Agent,
    request: Request<impl AsSendBody>,
    timeout: Option<Duration>,
) -> Result<Answer, Error> {
    let request = match timeout {
        None => request,
        Some(_) => {
            let configured = agent.configure_request(request);
            configured.timeout_global(timeout).build()
        }
    };
    Ok(agent.run(request)?)
}

/// Reads what is left of an answer that nobody wants, if it is said to be short.
fn drain(mut response: Answer) {
    let length = response.body().content_length();
    if length.is_none_or(|length| length > MAX_DRAINED) {
        return;
    }
    // Reading has no time of its own here, and the rest may never come.
    let (done, drained) = mpsc::channel();
    let reading = std::thread::Builder::new().spawn(move || {
        let body = response.body_mut();
        let _ = body.with_config().limit(MAX_DRAINED).read_to_vec();
        drop(response);
        let _ = done.send(());
    });
    if reading.is_ok() {
        let _ = drained.recv_timeout(MAX_DRAIN_TIME);
    }
}

/// The request that a redirect leads to, with all of the caller's headers; none if the answer is the
/// caller's.
fn redirected(response: &Answer, sent: Option<Outgoing>, in_query: bool) -> Option<Outgoing> {
    let mut next = sent?;
    let location = response.headers().get(LOCATION);
    let method = next.request.method();
    let mut to = redirect(response.status(), location, &next.url, method)?;
    if in_query {
        to = to.without_token();
    }
    if to.reads {
        *next.request.method_mut() = Method::GET;
        *next.request.body_mut() = Body::Empty;
        redirect::strip_body(next.request.headers_mut());
    }
    next.url = to.url;
    Some(next)
}

/// Follows redirects to origins that get no token, nor anything else that could be secret. `followed`
/// is how many were followed so far, the one to this request included.
fn follow_without_credentials(
    agent: &Agent,
    mut outgoing: Outgoing,
    followed: usize,
) -> Result<Answer, Error> {
    for _ in followed..=redirect::MAX_REDIRECTS {
        redirect::retain_anonymous_headers(outgoing.request.headers_mut());
        let copy = outgoing.try_clone();
        let timeout = outgoing.timeout;
        let response = execute(agent, UreqRequest::new(outgoing)?.finish(), timeout)?;
        match redirected(&response, copy, false) {
            Some(next) if redirect::is_safe_method(next.request.method()) => outgoing = next,
            _ => return Ok(response),
        }
    }
    Err(Error::refused("the API redirects without end"))
}

/// Whether a redirected request may keep all of the caller's headers.
fn may_keep_credentials(tokens: &Tokens, from: &Origin, next: &Outgoing) -> bool {
    if next.url.origin() == *from {
        return true;
    }
    let own = next.request.headers().contains_key(AUTHORIZATION);
    !own && uri(&next.url).is_ok_and(|uri| tokens.origins.find(&uri).is_ok())
}

pub(super) fn uri(url: &Url) -> Result<Uri, Error> {
    // What follows the "#" is for the caller alone.
    let url = &url[..url::Position::AfterQuery];
    let uri = url.parse();
    uri.map_err(|_| Error::configuration("the URL of the request is none for HTTP"))
}

impl Outgoing {
    /// None if its body can't be sent twice.
    fn try_clone(&self) -> Option<Self> {
        let body = match self.request.body() {
            Body::Empty => Body::Empty,
            Body::Bytes(bytes) => Body::Bytes(bytes.clone()),
            Body::Reader(_) => return None,
        };
        let mut request = Request::new(body);
        *request.method_mut() = self.request.method().clone();
        *request.headers_mut() = self.request.headers().clone();
        *request.extensions_mut() = self.request.extensions().clone();
        Some(Self {
            url: self.url.clone(),
            request,
            timeout: self.timeout,
        })
    }
}
