//! Requests to the services of a platform.

use bytes::Bytes;
use grantor_http::AnswerLimit;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use super::platform::PlatformContext;
use crate::error::Error;

/// The most bytes of an answer that are read: 256 KiB.
const MAX_ANSWER: usize = 256 * 1024;

impl PlatformContext<'_> {
    /// Sends a request, whose answer must be a success. `whose` names the service in messages.
    pub(super) async fn send(
        &self,
        mut request: Request<Bytes>,
        whose: &str,
    ) -> Result<Response<Bytes>, Error> {
        request.extensions_mut().insert(AnswerLimit(MAX_ANSWER));
        let answer = self.transport.send(request).await;
        let answer = answer.map_err(|error| Error::from(error).at_step(whose))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let message = format!("{whose} answered {}", status.as_u16());
        Err(match status {
            StatusCode::NOT_FOUND | StatusCode::GONE => Error::configuration(format!(
                "{message}: it has no identity for this program, or is another service"
            )),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Error::transient(message)
            }
            _ if status.is_server_error() => Error::transient(message),
            _ => Error::refused(message),
        })
    }

    /// Sends a request whose answer is JSON.
    pub(super) async fn send_for_json<T: DeserializeOwned>(
        &self,
        request: Request<Bytes>,
        whose: &str,
    ) -> Result<T, Error> {
        let answer = self.send(request, whose).await?;
        // A message of serde's may quote the answer.
        serde_json::from_slice(answer.body()).map_err(|_| {
            Error::refused(format!("{whose} answered with something else than a token"))
        })
    }
}

/// A request without a body, to a URL that somebody wrote.
pub(super) fn get(
    url: &str,
    headers: &[(&str, &str)],
    whose: &str,
) -> Result<Request<Bytes>, Error> {
    request(http::Method::GET, url, headers, Bytes::new(), whose)
}

pub(super) fn request(
    method: http::Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Bytes,
    whose: &str,
) -> Result<Request<Bytes>, Error> {
    let url: Url = url
        .parse()
        .map_err(|error| Error::configuration(format!("the URL of {whose} is none: {error}")))?;
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = url[..::url::Position::AfterQuery]
        .parse()
        .map_err(|_| Error::configuration(format!("the URL of {whose} can't be requested")))?;
    for (name, value) in headers {
        let unusable = || Error::configuration(format!("a header for {whose}, {name:?}, is none"));
        let name = HeaderName::try_from(*name).map_err(|_| unusable())?;
        let mut value = HeaderValue::try_from(*value).map_err(|_| unusable())?;
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}
