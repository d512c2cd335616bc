//! A request to ureq, as a token goes onto it.

use grantor_core::LocalhostNames;
use http::header::CONTENT_LENGTH;
use http::{Extensions, HeaderMap, Method, Request, Uri};

use super::outgoing::{Body, Outgoing, uri};
use crate::doors::failure::RequestFailure;
use crate::request::http_request::HttpRequest;
use crate::request::scheme::bearer::is_form;

/// A request on its way, and its body if that is a form.
pub(super) struct UreqRequest {
    request: Request<Body>,
    form: Option<String>,
    names: LocalhostNames,
}

impl UreqRequest {
    pub(super) fn new(outgoing: Outgoing, names: LocalhostNames) -> Result<Self, RequestFailure> {
        let mut request = outgoing.request;
        *request.uri_mut() = uri(&outgoing.url)?;
        let form = match request.body() {
            Body::Bytes(bytes) if is_form(request.headers()) => {
                String::from_utf8(bytes.to_vec()).ok()
            }
            _ => None,
        };
        Ok(Self {
            request,
            form,
            names,
        })
    }

    pub(super) fn finish(mut self) -> Request<Body> {
        if let Some(form) = self.form {
            // The caller's length is that of the form without the token.
            self.request.headers_mut().remove(CONTENT_LENGTH);
            *self.request.body_mut() = Body::Bytes(form.into());
        }
        self.request
    }
}

impl HttpRequest for UreqRequest {
    fn method(&self) -> &Method {
        self.request.method()
    }

    fn uri(&self) -> &Uri {
        self.request.uri()
    }

    fn set_uri(&mut self, uri: Uri) {
        *self.request.uri_mut() = uri;
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.request.headers_mut()
    }

    fn extensions(&self) -> Option<&Extensions> {
        Some(self.request.extensions())
    }

    fn form(&mut self) -> Option<&mut String> {
        self.form.as_mut()
    }

    fn localhost_names(&self) -> LocalhostNames {
        self.names
    }
}
