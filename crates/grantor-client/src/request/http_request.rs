//! The parts of a request that a token needs.

use grantor_core::LocalhostNames;
use http::{Extensions, HeaderMap, Method, Request, Uri};

/// A request of whatever type a door has.
pub(crate) trait HttpRequest {
    fn method(&self) -> &Method;
    fn uri(&self) -> &Uri;
    fn set_uri(&mut self, uri: Uri);
    fn headers_mut(&mut self) -> &mut HeaderMap;
    fn extensions(&self) -> Option<&Extensions>;
    /// The body, if it is a form that a parameter may be added to.
    fn form(&mut self) -> Option<&mut String>;
    /// Says how names below `localhost` are resolved when it is sent.
    #[inline]
    fn localhost_names(&self) -> LocalhostNames {
        LocalhostNames::ByDns
    }
}

/// Says that one request is to carry no token: put it into the request's extensions.
///
/// Every door sends such a request as it is, to whatever origin, and gives its answer as it is.
///
/// ```
/// let request = http::Request::get("https://api.example/health")
///     .extension(grantor_client::WithoutToken)
///     .body(());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WithoutToken;

impl<B> HttpRequest for Request<B> {
    #[inline]
    fn method(&self) -> &Method {
        Self::method(self)
    }

    #[inline]
    fn uri(&self) -> &Uri {
        Self::uri(self)
    }

    fn set_uri(&mut self, uri: Uri) {
        *self.uri_mut() = uri;
    }

    #[inline]
    fn headers_mut(&mut self) -> &mut HeaderMap {
        Self::headers_mut(self)
    }

    #[inline]
    fn extensions(&self) -> Option<&Extensions> {
        Some(Self::extensions(self))
    }

    fn form(&mut self) -> Option<&mut String> {
        None
    }
}
