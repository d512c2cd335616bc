//! The preparation of requests and the judgement of answers, for all doors over reqwest.

use std::time::Duration;

use bytes::Bytes;
use grantor_core::LocalhostNames;
use http::{Extensions, HeaderMap, Method, Uri};
use reqwest::{Body, Request, Response};
use url::Origin;

use super::send_error::SendError;
use crate::config::placement::BearerMethod;
use crate::doors::failure::RequestFailure;
use crate::doors::sender::Promises;
use crate::doors::time_limit::too_late;
use crate::error::Error;
use crate::request::attempt::{Attempt, Observed};
use crate::request::http_request::{HttpRequest, RequestBody};
use crate::tokens::Tokens;

/// How much of a rejected answer is read, and how long, so that its connection can be used again.
const MAX_DRAINED: usize = 64 * 1024;
const MAX_DRAIN_TIME: Duration = Duration::from_secs(1);

/// A request on its way.
pub(crate) struct PreparedRequest {
    attempt: Attempt,
    origin: Origin,
    /// How long a token may be waited for.
    limit: Option<Duration>,
    promises: Promises,
}

/// The next step after an answer.
pub(crate) enum AfterAnswer {
    /// It is the caller's.
    Answer(Response),
    /// This is to be sent, and its answer judged in turn.
    Send(PreparedRequest, Box<Request>),
}

/// Puts the token on a request.
pub(crate) async fn prepare(
    tokens: &Tokens,
    request: &mut Request,
    extensions: &Extensions,
    promises: Promises,
) -> Result<PreparedRequest, SendError> {
    let mut carried = ReqwestRequest::new(request, extensions, promises)?;
    let limit = carried.request.timeout().copied();
    let attempt = within(limit, tokens.prepare_request(&mut carried)).await?;
    let origin = request.url().origin();
    Ok(PreparedRequest {
        attempt,
        origin,
        limit,
        promises,
    })
}

/// Waits for a token, as long as the request may take.
async fn within<T>(
    limit: Option<Duration>,
    prepared: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(limit) = limit else {
        return prepared.await;
    };
    let prepared = tokio::time::timeout(limit, prepared).await;
    prepared.unwrap_or_else(|_| Err(too_late()))
}

impl PreparedRequest {
    /// Where our token is, if there is one.
    pub(crate) fn bearer_method(&self) -> Option<BearerMethod> {
        self.attempt.bearer_method()
    }

    /// Judges an answer. `copy` is the request as the caller made it, if it can be sent again.
    pub(crate) async fn next(
        &self,
        response: Response,
        copy: Option<&Request>,
    ) -> Result<AfterAnswer, SendError> {
        let Observed::Resend(resend) = self.observe(&response).await else {
            return Ok(AfterAnswer::Answer(response));
        };
        let Some(mut again) = copy.and_then(Request::try_clone) else {
            return Ok(AfterAnswer::Answer(response));
        };
        drain(response).await;
        let extensions = Extensions::new();
        let mut carried = ReqwestRequest::new(&mut again, &extensions, self.promises)?;
        let prepared = resend.prepare_copy(&mut carried);
        let attempt = within(self.limit, prepared).await?;
        let next = Self {
            attempt,
            origin: self.origin.clone(),
            limit: self.limit,
            promises: self.promises,
        };
        Ok(AfterAnswer::Send(next, Box::new(again)))
    }

    /// Judges an answer, and renews the token if that is what it means. A renewal that takes longer
    /// than the request may goes on by itself, and the answer is the caller's.
    async fn observe(&self, response: &Response) -> Observed {
        // The last server of a client's own redirects never saw the token.
        if response.url().origin() != self.origin {
            return Observed::Done;
        }
        let observed = self
            .attempt
            .observe_parts(response.status(), response.headers());
        let observed = async { Ok(observed.await) };
        let observed = within(self.limit, observed).await;
        observed.unwrap_or(Observed::Done)
    }
}

/// The URL as the crate http has it.
fn uri(request: &Request) -> Result<Uri, RequestFailure> {
    let uri = request.url().as_str().parse();
    uri.map_err(|error| RequestFailure::not_http(&error))
}

/// Reads what is left of an answer that nobody wants, within limits.
async fn drain(mut response: Response) {
    let read = async {
        let mut left = MAX_DRAINED;
        while let Ok(Some(chunk)) = response.chunk().await {
            let Some(rest) = left.checked_sub(chunk.len()) else {
                return;
            };
            left = rest;
        }
    };
    let _ = tokio::time::timeout(MAX_DRAIN_TIME, read).await;
}

/// A request of reqwest's.
struct ReqwestRequest<'a> {
    request: &'a mut Request,
    extensions: &'a Extensions,
    uri: Uri,
    promises: Promises,
}

impl<'a> ReqwestRequest<'a> {
    fn new(
        request: &'a mut Request,
        extensions: &'a Extensions,
        promises: Promises,
    ) -> Result<Self, RequestFailure> {
        Ok(Self {
            uri: uri(request)?,
            request,
            extensions,
            promises,
        })
    }
}

impl HttpRequest for ReqwestRequest<'_> {
    fn method(&self) -> &Method {
        self.request.method()
    }

    fn uri(&self) -> &Uri {
        &self.uri
    }

    fn set_uri(&mut self, uri: Uri) {
        // A URI that is no URL is not sent: the check of its origin refuses it.
        if let Ok(url) = uri.to_string().parse() {
            *self.request.url_mut() = url;
        }
        self.uri = uri;
    }

    fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.request.headers_mut()
    }

    fn extensions(&self) -> Option<&Extensions> {
        Some(self.extensions)
    }

    fn body(&self) -> RequestBody<'_> {
        match self.request.body().map(Body::as_bytes) {
            None => RequestBody::Replaceable(b""),
            Some(Some(bytes)) => RequestBody::Replaceable(bytes),
            Some(None) => RequestBody::Streamed,
        }
    }

    fn set_body(&mut self, body: Bytes) {
        *self.request.body_mut() = Some(Body::from(body));
    }

    fn localhost_names(&self) -> LocalhostNames {
        self.promises.names
    }

    fn presents_certificate(&self) -> bool {
        self.promises.certificate
    }
}
