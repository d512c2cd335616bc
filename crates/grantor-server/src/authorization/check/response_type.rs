use grantor_core::{BoxFuture, ErrorCode, ResponseType};

use crate::Error;
use crate::authorization::table::Checked;

/// The response type is known, and the client may use it.
pub(in crate::authorization) fn run<'a>(
    checked: &'a mut Checked<'_>,
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(std::future::ready(check(checked)))
}

fn check(checked: &Checked<'_>) -> Result<(), Error> {
    match &checked.request.response_type {
        Some(asked) if *asked == ResponseType::code() => {}
        Some(_) => {
            let description = "the response type is not supported";
            return Err(Error::refused(
                ErrorCode::UnsupportedResponseType,
                description,
            ));
        }
        None => {
            let description = "\"response_type\" is missing";
            return Err(Error::refused(ErrorCode::InvalidRequest, description));
        }
    }
    if !checked.client()?.may_use("authorization_code") {
        let description = "this client may not ask for a code";
        return Err(Error::refused(ErrorCode::UnauthorizedClient, description));
    }
    Ok(())
}
