//! The metadata as an answer to requests (RFC 9728 section 3).

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use url::Url;

use super::{InvalidResourceMetadata, ResourceMetadata};

/// The metadata of a resource, ready to be served at its well-known place.
///
/// With the feature `axum`, `routes` is a router to be merged. Any other service calls
/// [`answer`](Self::answer) before it does anything else:
///
/// ```
/// # use grantor_core::Issuer;
/// # use grantor_resource::{InvalidResourceMetadata, ResourceMetadata};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = Issuer::parse("https://id.example.com")?;
/// let metadata = ResourceMetadata::new("https://api.example.com/mcp", issuer)?.publish()?;
///
/// let request = http::Request::get("/.well-known/oauth-protected-resource/mcp").body(())?;
/// let answer: http::Response<Vec<u8>> = metadata.answer(&request).ok_or("another path")?;
/// assert_eq!(answer.headers()["content-type"], "application/json");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct PublishedMetadata {
    url: Url,
    json: Bytes,
}

impl ResourceMetadata {
    /// This metadata, ready to be served.
    ///
    /// # Errors
    /// [`InvalidResourceMetadata::Resource`], if `resource` was changed to what is no identifier.
    pub fn publish(&self) -> Result<PublishedMetadata, InvalidResourceMetadata> {
        Ok(PublishedMetadata {
            url: Self::location(&self.resource)?,
            json: self.to_json().into(),
        })
    }
}

impl PublishedMetadata {
    /// Where clients find it: for [`Protect::resource_metadata`](crate::Protect::resource_metadata).
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The path of that URL.
    #[must_use]
    pub fn path(&self) -> &str {
        self.url.path()
    }

    /// The answer to a request for the metadata; none to one for another path.
    ///
    /// Web pages of all origins may read it, as clients in browsers have to.
    #[must_use]
    pub fn answer<B, R: From<Bytes>>(&self, request: &Request<B>) -> Option<Response<R>> {
        (request.uri().path() == self.path()).then(|| self.respond(request.method()))
    }

    fn respond<R: From<Bytes>>(&self, method: &Method) -> Response<R> {
        let (status, headers, body): (_, &[(_, &'static str)], _) = match *method {
            Method::GET | Method::HEAD => (StatusCode::OK, &DOCUMENT, self.json.clone()),
            Method::OPTIONS => (StatusCode::NO_CONTENT, &PREFLIGHT, Bytes::new()),
            _ => (StatusCode::METHOD_NOT_ALLOWED, &ALLOW, Bytes::new()),
        };
        let body = if *method == Method::HEAD {
            Bytes::new()
        } else {
            body
        };
        let mut response = Response::new(R::from(body));
        *response.status_mut() = status;
        let any_origin = HeaderValue::from_static("*");
        let all = response.headers_mut();
        all.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any_origin);
        for (name, value) in headers {
            all.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

#[cfg(feature = "axum")]
impl PublishedMetadata {
    /// A route with the metadata, to be merged into the application's and never nested: its path is
    /// that of the well-known place, outside of the layer that protects the resource.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> axum::Router<S> {
        let path = self.path().to_owned();
        let metadata = self.clone();
        let respond = move |method: Method| {
            let answer = metadata.respond::<axum::body::Body>(&method);
            std::future::ready(answer)
        };
        // A path may have segments that axum once took for patterns.
        axum::Router::new()
            .without_v07_checks()
            .route(&path, axum::routing::any(respond))
    }
}

const DOCUMENT: [(header::HeaderName, &str); 2] = [
    (header::CONTENT_TYPE, "application/json"),
    (header::CACHE_CONTROL, "public, max-age=300"),
];
const PREFLIGHT: [(header::HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET"),
    // Clients of MCP send `MCP-Protocol-Version`.
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
    (header::ACCESS_CONTROL_MAX_AGE, "7200"),
];
const ALLOW: [(header::HeaderName, &str); 1] = [(header::ALLOW, "GET, HEAD, OPTIONS")];

#[cfg(test)]
mod tests {
    use grantor_core::Issuer;

    use super::*;

    fn ask(method: &str, path: &str) -> Option<Response<Vec<u8>>> {
        let issuer = Issuer::parse("https://id.example.com").unwrap();
        let metadata = ResourceMetadata::new("https://a.example/mcp", issuer).unwrap();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(())
            .unwrap();
        metadata.publish().unwrap().answer(&request)
    }

    const PATH: &str = "/.well-known/oauth-protected-resource/mcp";

    #[test]
    fn is_read_by_everybody_at_its_own_path() {
        for path in [
            PATH,
            "https://proxy.example/.well-known/oauth-protected-resource/mcp?x",
        ] {
            let answer = ask("GET", path).unwrap();
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.headers()["content-type"], "application/json");
            assert_eq!(answer.headers()["access-control-allow-origin"], "*");
            let read: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
            assert_eq!(read["resource"], "https://a.example/mcp");
        }
        for path in ["/", "/mcp", "/.well-known/oauth-protected-resource"] {
            assert!(ask("GET", path).is_none(), "{path}");
        }
    }

    #[test]
    fn is_read_and_nothing_else() {
        let head = ask("HEAD", PATH).unwrap();
        assert_eq!((head.status().as_u16(), head.body().len()), (200, 0));
        let preflight = ask("OPTIONS", PATH).unwrap();
        assert_eq!(preflight.status(), 204);
        assert_eq!(preflight.headers()["access-control-allow-methods"], "GET");
        let post = ask("POST", PATH).unwrap();
        assert_eq!(post.status(), 405);
        assert_eq!(post.headers()["allow"], "GET, HEAD, OPTIONS");
    }
}
