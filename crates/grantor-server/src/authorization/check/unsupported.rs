//! The check of parameters that the server does not support.

use grantor_core::{ErrorCode, ResponseMode};

use crate::authorization::context::AuthorizationContext;
use crate::error::Error;

/// Parameters that change what a request means, and that this server does not know, are refused
/// rather than ignored (OpenID Connect Core section 6).
pub(in crate::authorization) fn run(context: &mut AuthorizationContext<'_>) -> Result<(), Error> {
    let request = &context.request;
    let is_own = |mode: &ResponseMode| *mode == context.response_mode;
    let (code, name) = if request.request.is_some() {
        (ErrorCode::RequestNotSupported, "request")
    } else if request.request_uri.is_some() {
        (ErrorCode::RequestUriNotSupported, "request_uri")
    } else if !request.response_mode.as_ref().is_none_or(is_own) {
        (ErrorCode::InvalidRequest, "response_mode")
    } else {
        return Ok(());
    };
    Err(Error::refused(code, format!("\"{name}\" is not supported")))
}
