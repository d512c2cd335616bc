//! A request as it came in.

use grantor_core::{AuthorizationRequest, Params};

use super::sealed_request::SealedRequest;
use crate::device_authorization::DeviceAuthorization;
use crate::pushed_request::PushedRequest;

/// A request as it came in, by whichever entry.
pub(super) struct Incoming {
    pub(super) sealed: SealedRequest,
    pub(super) sealed_text: String,
    pub(super) request: AuthorizationRequest,
    pub(super) pushed: Option<PushedRequest>,
    pub(super) device: Option<DeviceAuthorization>,
}

impl Incoming {
    /// From a client that has no browser with it: no page is shown that the request could travel in.
    pub(super) fn without_pages(sealed: SealedRequest, params: &Params<'_>) -> Self {
        Self {
            sealed,
            sealed_text: String::new(),
            request: AuthorizationRequest::from_params(params),
            pushed: None,
            device: None,
        }
    }
}
