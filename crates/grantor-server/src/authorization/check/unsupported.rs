use grantor_core::{BoxFuture, ErrorCode, ResponseMode};

use crate::Error;
use crate::authorization::table::Checked;

/// Parameters that change what a request means, and that this server does not know, are refused
/// rather than ignored (OpenID Connect Core section 6).
pub(in crate::authorization) fn run<'a>(
    checked: &'a mut Checked<'_>,
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(std::future::ready(check(checked)))
}

fn check(checked: &Checked<'_>) -> Result<(), Error> {
    let request = &checked.request;
    let is_query = |mode: &ResponseMode| *mode == ResponseMode::Query;
    let (code, name) = if request.request.is_some() {
        (ErrorCode::RequestNotSupported, "request")
    } else if request.request_uri.is_some() {
        (ErrorCode::RequestUriNotSupported, "request_uri")
    } else if !request.response_mode.as_ref().is_none_or(is_query) {
        (ErrorCode::InvalidRequest, "response_mode")
    } else {
        return Ok(());
    };
    Err(Error::refused(code, format!("\"{name}\" is not supported")))
}
