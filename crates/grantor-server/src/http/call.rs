//! A request to an endpoint.

use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};

use bytes::{Buf, Bytes, BytesMut};
use grantor_core::{InvalidParams, Params, Timestamp};
use grantor_jose::check::{holds, is_off};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt, Limited};

use crate::client::Client;
use crate::error::{Error, Refusal};
use crate::grant::ReadGrant;
use grantor_core::ErrorCode;

/// The longest body that is read: 64 KiB.
const MAX_BODY: usize = 64 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// A request to an endpoint, read as its row says.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) head: &'a Parts,
    pub(crate) params: Params<'a>,
    /// The reason why the parameters can't all be read. Only endpoints with pages are called
    /// nevertheless, since the client may be the recipient of the error; parameters that are given
    /// more than once are then left out.
    pub(crate) malformed: Option<InvalidParams>,
    /// The JSON that was sent, if the endpoint reads it.
    pub(crate) body: Bytes,
    /// The client that authenticated.
    pub(crate) client: Option<Arc<Client>>,
    /// The grant that the parameters name, if it was read while the client authenticated.
    pub(crate) grant: OnceLock<Box<ReadGrant>>,
    /// Wall time of the request.
    pub(crate) now: Timestamp,
}

impl Call<'_> {
    /// The client that authenticated.
    pub(crate) fn client(&self) -> Result<&Arc<Client>, Error> {
        let missing = || Error::Internal("the endpoint authenticates no client".to_owned());
        self.client.as_ref().ok_or_else(missing)
    }

    pub(crate) fn is_post(&self) -> bool {
        self.head.method == Method::POST
    }
}

/// The parameters of a request as they were sent: the query of a GET, the body of a POST.
pub(crate) async fn read_form<B>(head: &Parts, body: Pin<&mut B>) -> Result<Bytes, Error>
where
    B: Body,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    if head.method != Method::POST {
        let query = head.uri.query().unwrap_or_default();
        return Ok(Bytes::copy_from_slice(query.as_bytes()));
    }
    if !holds("body.type", has_type(&head.headers, FORM)) {
        return Err(Error::invalid_request(
            "the body must have one content type, application/x-www-form-urlencoded",
        ));
    }
    refuse_encoded(&head.headers)?;
    read_body(body).await
}

/// The JSON of a request, of a method that sends some.
pub(crate) async fn read_json<B>(head: &Parts, body: Pin<&mut B>) -> Result<Bytes, Error>
where
    B: Body,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    if !matches!(head.method, Method::POST | Method::PUT) {
        return Ok(Bytes::new());
    }
    if !has_type(&head.headers, JSON) {
        return Err(Error::invalid_request(
            "the body must have one content type, application/json",
        ));
    }
    refuse_encoded(&head.headers)?;
    read_body(body).await
}

fn refuse_encoded(headers: &HeaderMap) -> Result<(), Error> {
    if !is_encoded(headers) {
        return Ok(());
    }
    // RFC 9110 section 15.5.16.
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "the body has a content coding");
    let refusal = refusal.with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let accepted = HeaderValue::from_static("identity");
    Err(refusal
        .with_header(header::ACCEPT_ENCODING, accepted)
        .into())
}

/// The whole body. Most come in one piece, which is taken as it is.
async fn read_body<B>(body: Pin<&mut B>) -> Result<Bytes, Error>
where
    B: Body,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    let limit = if is_off("body.size") {
        usize::MAX
    } else {
        MAX_BODY
    };
    if body.size_hint().lower() > limit as u64 {
        return Err(too_long());
    }
    let mut body = pin!(Limited::new(body, limit));
    let mut one = None;
    let mut more = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(mut data) = frame.map_err(|error| unreadable(&*error))?.into_data() else {
            continue;
        };
        let data = data.copy_to_bytes(data.remaining());
        if more.is_empty() {
            let Some(first) = one.take() else {
                one = Some(data);
                continue;
            };
            more.reserve(first.len() + data.len());
            more.extend_from_slice(&first);
        }
        more.extend_from_slice(&data);
    }
    Ok(one.unwrap_or_else(|| more.freeze()))
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> Error {
    if error.is::<http_body_util::LengthLimitError>() {
        return too_long();
    }
    Error::invalid_request("the body ended too early")
}

fn too_long() -> Error {
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "the body is over 64 KiB");
    refusal.with_status(StatusCode::PAYLOAD_TOO_LARGE).into()
}

/// The parameters without those that are given more than once.
pub(crate) fn without_repeated(form: &[u8]) -> Params<'static> {
    let mut seen: Vec<(String, String, bool)> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(form).take(Params::MAX) {
        if value.is_empty() {
            continue;
        }
        let repeatable = matches!(&*name, "resource" | "audience");
        match seen.iter_mut().find(|(own, ..)| *own == name) {
            Some((.., repeated)) if !repeatable => *repeated = true,
            _ => seen.push((name.into_owned(), value.into_owned(), false)),
        }
    }
    let mut params = Params::new();
    for (name, value, repeated) in seen {
        if !repeated {
            params.push(name, value);
        }
    }
    params
}

fn has_type(headers: &HeaderMap, wanted: &str) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return false;
    };
    // Most requests have no header twice.
    let is_repeated = || {
        headers
            .get_all(header::CONTENT_TYPE)
            .iter()
            .nth(1)
            .is_some()
    };
    if headers.len() > headers.keys_len() && is_repeated() {
        return false;
    }
    // Most write it just so.
    if value == wanted {
        return true;
    }
    let mime = value
        .to_str()
        .ok()
        .and_then(|value| value.split(';').next());
    mime.is_some_and(|mime| mime.trim().eq_ignore_ascii_case(wanted))
}

fn is_encoded(headers: &HeaderMap) -> bool {
    if !headers.contains_key(header::CONTENT_ENCODING) {
        return false;
    }
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    let is_identity = |value: &HeaderValue| {
        let value = value.as_bytes().trim_ascii();
        value.is_empty() || value.eq_ignore_ascii_case(b"identity")
    };
    !values.all(is_identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_more_than_once_is_left_out() {
        let params = without_repeated(b"a=1&b=2&a=3&b=&resource=x&resource=y&c");
        let pairs: Vec<_> = params.iter().collect();
        assert_eq!(pairs, [("b", "2"), ("resource", "x"), ("resource", "y")]);
    }
}
