//! The check of `response_type`.

use grantor_core::{ErrorCode, ResponseType};

use crate::authorization::context::AuthorizationContext;
use crate::error::Error;

/// The response type is known, and the client may use it.
pub(in crate::authorization) fn run(context: &mut AuthorizationContext<'_>) -> Result<(), Error> {
    match &context.request.response_type {
        Some(response_type) if *response_type == ResponseType::code() => {}
        Some(_) => {
            let description = "the response type is not supported";
            return Err(Error::refused(
                ErrorCode::UnsupportedResponseType,
                description,
            ));
        }
        None => return Err(Error::invalid_request("\"response_type\" is missing")),
    }
    if !context.client()?.allows_grant_type("authorization_code") {
        let description = "this client may not ask for a code";
        return Err(Error::refused(ErrorCode::UnauthorizedClient, description));
    }
    Ok(())
}
