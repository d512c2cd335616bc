//! Where the parameters of OAuth go (RFC 5849 section 3.5): into one of three places.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Uri};

use super::protocol_parameter::ProtocolParameter;
use super::{RequestBody, RequestParts, Signature, Unsignable};

/// Where a signature travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Placement {
    /// In the `Authorization` header (RFC 5849 section 3.5.1).
    #[default]
    Header,
    /// In the body, which has to be a form, or empty (RFC 5849 section 3.5.2).
    Body,
    /// In the query (RFC 5849 section 3.5.3), which lands in logs.
    Query,
}

pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// Returns whether the body is a form, whose parameters are signed.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(FORM))
}

impl Placement {
    /// Checks that the request, whose body may be a form, has the place.
    pub(super) fn check(self, request: &RequestParts<'_>, form: bool) -> Result<(), Unsignable> {
        let headers = request.headers;
        let empty = matches!(request.body, RequestBody::Bytes(b""));
        let empty = empty && !headers.contains_key(CONTENT_TYPE);
        match (self, request.body) {
            _ if headers.contains_key(AUTHORIZATION) => Err(Unsignable::Authorized),
            (_, RequestBody::Streamed) if form => Err(Unsignable::StreamedForm),
            (Self::Body, _) if !form && !empty => Err(Unsignable::BodyIsNoForm),
            _ => Ok(()),
        }
    }

    /// The signed request's part there. The request was checked.
    pub(super) fn put(
        self,
        request: &RequestParts<'_>,
        realm: Option<&str>,
        parameters: &[ProtocolParameter<'_>],
    ) -> Result<Signature, Unsignable> {
        match (self, request.body) {
            (Self::Header, _) => {
                let value = header(realm, parameters).ok_or(Unsignable::Realm)?;
                Ok(Signature::Header(value))
            }
            (Self::Query, _) => with_query(request.uri, parameters).map(Signature::Query),
            (Self::Body, RequestBody::Bytes(form)) => {
                Ok(Signature::Form(join(form, parameters).into()))
            }
            (Self::Body, RequestBody::Streamed) => Err(Unsignable::StreamedForm),
        }
    }
}

fn with_query(uri: &Uri, parameters: &[ProtocolParameter<'_>]) -> Result<Uri, Unsignable> {
    let mut parts = uri.clone().into_parts();
    let path = parts
        .path_and_query
        .as_ref()
        .map_or("/", PathAndQuery::path);
    let query = join(uri.query().unwrap_or_default().as_bytes(), parameters);
    let with = format!("{path}?{}", String::from_utf8_lossy(&query));
    parts.path_and_query = Some(with.parse().map_err(|_| Unsignable::Uri)?);
    parts.try_into().map_err(|_| Unsignable::Uri)
}

fn header(realm: Option<&str>, parameters: &[ProtocolParameter<'_>]) -> Option<HeaderValue> {
    let mut text = Vec::with_capacity(512);
    text.extend_from_slice(b"OAuth ");
    if let Some(realm) = realm {
        let quoted = realm.replace('\\', "\\\\").replace('"', "\\\"");
        text.extend_from_slice(format!("realm=\"{quoted}\", ").as_bytes());
    }
    for (at, parameter) in parameters.iter().enumerate() {
        if at > 0 {
            text.extend_from_slice(b", ");
        }
        parameter.encode_into(b"=\"", &mut text);
        text.push(b'"');
    }
    let mut header = HeaderValue::try_from(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// Appends the parameters to the existing ones, which stay unchanged.
fn join(there: &[u8], parameters: &[ProtocolParameter<'_>]) -> Vec<u8> {
    let mut joined = there.to_vec();
    for parameter in parameters {
        if !joined.is_empty() {
            joined.push(b'&');
        }
        parameter.encode_into(b"=", &mut joined);
    }
    joined
}
