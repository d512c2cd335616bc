//! How a blocking session sends: with a token, again after a rejection, and along redirects.

use std::sync::mpsc;
use std::time::Duration;

use http::header::LOCATION;
use http::{Method, Request, Response};
use tokio::runtime::Handle;
use ureq::{Agent, AsSendBody, SendBody};

use super::outgoing::{Body, Outgoing};
use super::request::UreqRequest;
use super::send_error::SendError;
use crate::config::placement::BearerMethod;
use crate::doors::exchange::{Answered, ApiExchange, Credentials};
use crate::doors::sender::Sender;
use crate::doors::time_limit::too_late;
use crate::error::Error;
use crate::request::attempt::Observed;
use crate::runtime::block_on::{block_on, block_on_until};
use crate::tokens::Tokens;

/// How much of a rejected answer is read, so that its connection can be used again.
const MAX_DRAINED: u64 = 64 * 1024;
const MAX_DRAIN_TIME: Duration = Duration::from_secs(1);

type Answer = Response<ureq::Body>;

/// Sends a request, and what redirects make of it.
pub(super) fn send(
    tokens: &Tokens,
    sender: &Sender<Agent>,
    mut outgoing: Outgoing,
) -> Result<Answer, SendError> {
    let mut exchange = ApiExchange::new(tokens, sender.promises.names);
    loop {
        let copy = outgoing.try_clone();
        let (response, bearer_method) = match exchange.credentials() {
            Credentials::Kept => send_one(tokens, sender, outgoing, copy.as_ref())?,
            Credentials::Removed => {
                let timeout = outgoing.timeout;
                let request = UreqRequest::new(outgoing, sender.promises)?.into_request();
                (execute(&sender.client, request, timeout)?, None)
            }
        };
        let Some(mut next) = copy else {
            return Ok(response);
        };
        let followed = exchange.follow(&Answered {
            status: response.status(),
            location: response.headers().get(LOCATION),
            url: &next.url,
            sent_to: &next.url,
            method: next.request.method(),
            headers: next.request.headers(),
            bearer_method,
        })?;
        let Some(to) = followed else {
            return Ok(response);
        };
        if to.reads {
            *next.request.method_mut() = Method::GET;
            *next.request.body_mut() = Body::Empty;
        }
        to.change_headers(next.request.headers_mut(), exchange.credentials());
        next.url = to.url;
        outgoing = next;
    }
}

/// Sends a request with a token, and again as often as its answers are worth it. Gives the last
/// answer, and where the token was.
fn send_one(
    tokens: &Tokens,
    sender: &Sender<Agent>,
    outgoing: Outgoing,
    copy: Option<&Outgoing>,
) -> Result<(Answer, Option<BearerMethod>), SendError> {
    let timeout = outgoing.timeout;
    let mut carried = UreqRequest::new(outgoing, sender.promises)?;
    let runtime = tokens.services().shared.worker.handle();
    // Hooks may wait, and there may be no other runtime that they could wait on.
    let _within = runtime.as_ref().map(Handle::enter);
    let mut attempt = wait(timeout, tokens.prepare_request(&mut carried))?;
    loop {
        let response = execute(&sender.client, carried.into_request(), timeout)?;
        // A renewal that takes longer goes on by itself, and the answer is the caller's.
        let observed = wait(timeout, async { Ok(attempt.observe(&response).await) });
        let resend = observed.ok().and_then(Observed::into_resend);
        let again = copy.and_then(Outgoing::try_clone);
        let (Some(resend), Some(again)) = (resend, again) else {
            return Ok((response, attempt.bearer_method()));
        };
        drain(response);
        carried = UreqRequest::new(again, sender.promises)?;
        attempt = wait(timeout, resend.prepare_copy(&mut carried))?;
    }
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
) -> Result<Answer, ureq::Error> {
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
) -> Result<Answer, ureq::Error> {
    let request = match timeout {
        None => request,
        Some(_) => {
            let configured = agent.configure_request(request);
            configured.timeout_global(timeout).build()
        }
    };
    agent.run(request)
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
