use grantor_core::{BoxFuture, ErrorCode};

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
    let (code, name) = if checked.request.extra("request").is_some() {
        (ErrorCode::RequestNotSupported, "request")
    } else if checked.request.extra("request_uri").is_some() {
        (ErrorCode::RequestUriNotSupported, "request_uri")
    } else if checked
        .request
        .extra("response_mode")
        .is_some_and(|mode| mode != "query")
    {
        (ErrorCode::InvalidRequest, "response_mode")
    } else {
        return Ok(());
    };
    Err(Error::refused(code, format!("\"{name}\" is not supported")))
}
