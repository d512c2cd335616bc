//! The request that a load repeats.

use std::fmt::Write;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request};
use http_body_util::{BodyExt, Full};
use tower::{Service, ServiceExt};

use crate::{Error, Result};

/// The request that a load repeats, on the wire and in process.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The path it is posted to.
    pub path: &'static str,
    /// Its headers, without those about the connection and the body's length.
    pub headers: &'static [(&'static str, &'static str)],
    /// Its body.
    pub body: Bytes,
}

impl Exchange {
    /// The request as bytes for a keep-alive connection.
    #[must_use]
    pub fn bytes(&self, address: SocketAddr) -> Vec<u8> {
        let mut text = format!("POST {} HTTP/1.1\r\nhost: {address}\r\n", self.path);
        for (name, value) in self.headers {
            // Writing to a String cannot fail.
            let _ = write!(text, "{name}: {value}\r\n");
        }
        let _ = write!(text, "content-length: {}\r\n\r\n", self.body.len());
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The request as hyper would hand it over.
    #[must_use]
    pub fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = http::Uri::from_static(self.path);
        let headers = self.headers.iter();
        request.headers_mut().extend(headers.map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        }));
        request
    }
}

/// Calls a service `times` times in this process, after some calls to warm up, and reads every
/// answer. [`callgrind`](crate::callgrind) counts what happens in the calls.
///
/// # Errors
///
/// An answer that is no success, or the service's own.
pub fn repeat<S, B>(service: &S, exchange: &Exchange, times: u64) -> Result<()>
where
    S: Service<Request<Full<Bytes>>, Response = http::Response<B>, Error: Into<Error>> + Clone,
    B: http_body::Body<Error: Into<Error>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let call = |request| runtime.block_on(call(service, request));
    for _ in 0..WARM_UP_CALLS {
        call(exchange.request())?;
    }
    // Made beforehand, as making them is no cost of the service.
    let requests: Vec<_> = (0..times).map(|_| exchange.request()).collect();
    counted_calls(call, requests)
}

/// Calls a service once with each of these requests in this process, and reads every answer. They are the
/// bytes of a connection. [`callgrind`](crate::callgrind) counts what happens in the calls after the first
/// `warm_up`.
///
/// # Errors
///
/// Bytes that are no request, an answer that is no success, or the service's own.
pub fn repeat_each<S, B>(service: &S, requests: &[Vec<u8>], warm_up: usize) -> Result<()>
where
    S: Service<Request<Full<Bytes>>, Response = http::Response<B>, Error: Into<Error>> + Clone,
    B: http_body::Body<Error: Into<Error>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let call = |request| runtime.block_on(call(service, request));
    let requests = requests.iter().map(|bytes| parse(bytes));
    let mut requests = requests.collect::<Result<Vec<_>>>()?;
    let counted = requests.split_off(warm_up.min(requests.len()));
    requests.into_iter().try_for_each(call)?;
    counted_calls(call, counted)
}

/// A request from the bytes of a connection, as hyper would hand it over.
fn parse(bytes: &[u8]) -> Result<Request<Full<Bytes>>> {
    let text = std::str::from_utf8(bytes)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or("a request has no end")?;
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let mut request = Request::new(Full::new(Bytes::copy_from_slice(body.as_bytes())));
    *request.method_mut() = words.next().unwrap_or_default().parse()?;
    *request.uri_mut() = words.next().unwrap_or_default().parse()?;
    for line in lines {
        let (name, value) = line.split_once(": ").ok_or("a header has no value")?;
        let name = HeaderName::from_bytes(name.as_bytes())?;
        request.headers_mut().append(name, value.parse()?);
    }
    Ok(request)
}

/// Calls a service once, and reads the answer, which it returns without judging it. callgrind counts
/// each call of this function by itself: see
/// [`costs_of_each_call`](crate::callgrind::costs_of_each_call).
///
/// # Errors
///
/// The service's own.
#[inline(never)]
pub fn counted_case<S, B>(
    runtime: &tokio::runtime::Runtime,
    service: &S,
    request: Request<Full<Bytes>>,
) -> Result<http::Response<Bytes>>
where
    S: Service<Request<Full<Bytes>>, Response = http::Response<B>, Error: Into<Error>> + Clone,
    B: http_body::Body<Error: Into<Error>>,
{
    runtime.block_on(answer(service, request))
}

/// The whole answer of a service.
///
/// # Errors
///
/// The service's own.
pub async fn answer<S, B>(
    service: &S,
    request: Request<Full<Bytes>>,
) -> Result<http::Response<Bytes>>
where
    S: Service<Request<Full<Bytes>>, Response = http::Response<B>, Error: Into<Error>> + Clone,
    B: http_body::Body<Error: Into<Error>>,
{
    let answer = service.clone().oneshot(request).await;
    let (head, body) = answer.map_err(Into::into)?.into_parts();
    let body = body.collect().await.map_err(Into::into)?.to_bytes();
    Ok(http::Response::from_parts(head, body))
}

/// A function of its own, as callgrind finds what to count by its name.
#[inline(never)]
fn counted_calls(
    call: impl Fn(Request<Full<Bytes>>) -> Result<()>,
    requests: Vec<Request<Full<Bytes>>>,
) -> Result<()> {
    requests.into_iter().try_for_each(call)
}

async fn call<S, B>(service: &S, request: Request<Full<Bytes>>) -> Result<()>
where
    S: Service<Request<Full<Bytes>>, Response = http::Response<B>, Error: Into<Error>> + Clone,
    B: http_body::Body<Error: Into<Error>>,
{
    let answer = service.clone().oneshot(request).await;
    let answer = answer.map_err(Into::into)?;
    if !answer.status().is_success() {
        return Err(format!("the service answered with {}", answer.status()).into());
    }
    answer.into_body().collect().await.map_err(Into::into)?;
    Ok(())
}

/// The name of [`counted_case`].
pub(crate) const COUNTED_CASE: &str = "counted_case";
/// The name of [`counted_calls`].
pub(crate) const COUNTED_CALLS: &str = "counted_calls";
const WARM_UP_CALLS: usize = 100;

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http::StatusCode;
    use tower::service_fn;

    use super::*;

    const EXCHANGE: Exchange = Exchange {
        path: "/token",
        headers: &[("authorization", "Basic YTpi")],
        body: Bytes::from_static(b"a=b"),
    };

    #[test]
    fn the_bytes_are_a_request() {
        let bytes = EXCHANGE.bytes(SocketAddr::from(([127, 0, 0, 1], 80)));
        let expected = "POST /token HTTP/1.1\r\nhost: 127.0.0.1:80\r\n\
            authorization: Basic YTpi\r\ncontent-length: 3\r\n\r\na=b";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }

    #[test]
    fn a_request_is_read_from_the_bytes_that_it_makes() {
        let bytes = EXCHANGE.bytes(SocketAddr::from(([127, 0, 0, 1], 80)));
        let request = parse(&bytes).unwrap();
        assert_eq!(
            (request.method(), request.uri().path()),
            (&Method::POST, "/token")
        );
        assert_eq!(request.headers()["authorization"], "Basic YTpi");
        assert_eq!(request.headers()["host"], "127.0.0.1:80");
        assert!(parse(b"POST / HTTP/1.1\r\n").is_err());
    }

    #[test]
    fn every_answer_must_be_a_success() {
        let answer = |status: StatusCode| {
            service_fn(move |request: Request<Full<Bytes>>| async move {
                assert_eq!(request.uri().path(), "/token");
                let mut response = http::Response::new(request.into_body());
                *response.status_mut() = status;
                Ok::<_, Infallible>(response)
            })
        };
        assert!(repeat(&answer(StatusCode::OK), &EXCHANGE, 3).is_ok());
        let refused = repeat(&answer(StatusCode::UNAUTHORIZED), &EXCHANGE, 3);
        assert!(refused.unwrap_err().to_string().contains("401"));
    }
}
