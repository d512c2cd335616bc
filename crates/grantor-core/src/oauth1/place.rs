//! Where the parameters of OAuth go (RFC 5849 section 3.5): into one of three places.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request};

use super::Unsignable;
use super::parameters::encode;

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

const FORM: &str = "application/x-www-form-urlencoded";

/// Returns whether the body is a form, whose parameters are signed.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(FORM))
}

impl Placement {
    /// Checks that the request has the place.
    pub(super) fn check(self, request: &Request<Bytes>) -> Result<(), Unsignable> {
        let headers = request.headers();
        let empty = request.body().is_empty() && !headers.contains_key(CONTENT_TYPE);
        match self {
            _ if headers.contains_key(AUTHORIZATION) => Err(Unsignable::Authorized),
            Self::Body if !is_form(headers) && !empty => Err(Unsignable::BodyIsNoForm),
            _ => Ok(()),
        }
    }

    /// Puts the parameters there. The request was checked.
    pub(super) fn put(
        self,
        request: &mut Request<Bytes>,
        realm: Option<&str>,
        parameters: &[(String, String)],
    ) -> Result<(), Unsignable> {
        match self {
            Self::Header => {
                let value = header(realm, parameters).ok_or(Unsignable::Realm)?;
                request.headers_mut().insert(AUTHORIZATION, value);
            }
            Self::Body => {
                let form = join(request.body(), parameters);
                let length = HeaderValue::from(form.len());
                *request.body_mut() = form.into();
                let headers = request.headers_mut();
                if headers.contains_key(CONTENT_LENGTH) {
                    headers.insert(CONTENT_LENGTH, length);
                }
                let form = HeaderValue::from_static(FORM);
                headers.entry(CONTENT_TYPE).or_insert(form);
            }
            Self::Query => {
                let mut parts = request.uri().clone().into_parts();
                let path = parts
                    .path_and_query
                    .as_ref()
                    .map_or("/", PathAndQuery::path);
                let query = request.uri().query().unwrap_or_default();
                let query = join(query.as_bytes(), parameters);
                let with = format!("{path}?{}", String::from_utf8_lossy(&query));
                let with = with.parse().map_err(|_| Unsignable::Uri)?;
                parts.path_and_query = Some(with);
                *request.uri_mut() = parts.try_into().map_err(|_| Unsignable::Uri)?;
            }
        }
        Ok(())
    }
}

fn header(realm: Option<&str>, parameters: &[(String, String)]) -> Option<HeaderValue> {
    let mut all = Vec::new();
    if let Some(realm) = realm {
        let quoted = realm.replace('\\', "\\\\").replace('"', "\\\"");
        all.push(format!("realm=\"{quoted}\""));
    }
    all.extend(parameters.iter().map(|(name, value)| {
        let (name, value) = (encode(name.as_bytes()), encode(value.as_bytes()));
        format!("{name}=\"{value}\"")
    }));
    let mut header = HeaderValue::try_from(format!("OAuth {}", all.join(", "))).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// Appends the parameters to the existing ones, which stay unchanged.
fn join(there: &[u8], parameters: &[(String, String)]) -> Vec<u8> {
    let mut joined = there.to_vec();
    for (name, value) in parameters {
        if !joined.is_empty() {
            joined.push(b'&');
        }
        let pair = format!("{}={}", encode(name.as_bytes()), encode(value.as_bytes()));
        joined.extend_from_slice(pair.as_bytes());
    }
    joined
}
