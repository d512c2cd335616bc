//! The check of `response_type`.

use grantor_core::{ErrorCode, ResponseType};
use grantor_jose::check::holds;

use crate::authorization::context::AuthorizationContext;
use crate::error::Error;
use crate::grant_type::Implicit;

/// The response type is known, and the client may use it.
pub(in crate::authorization) fn run(context: &mut AuthorizationContext<'_>) -> Result<(), Error> {
    let grant_type = match &context.request.response_type {
        Some(response_type) if *response_type == ResponseType::code() => "authorization_code",
        Some(response_type) if is_implicit(context, response_type) => Implicit::NAME,
        Some(_) => {
            let description = "the response type is not supported";
            return Err(Error::refused(
                ErrorCode::UnsupportedResponseType,
                description,
            ));
        }
        None => return Err(Error::invalid_request("\"response_type\" is missing")),
    };
    let may_use = context.client()?.allows_grant_type(grant_type);
    if !holds("client.response_type", may_use) {
        let description = "this client may not use the response type";
        return Err(Error::refused(ErrorCode::UnauthorizedClient, description));
    }
    Ok(())
}

/// RFC 6749 section 4.2, on a server that has it.
fn is_implicit(context: &AuthorizationContext<'_>, response_type: &ResponseType) -> bool {
    let token = ResponseType::parse("token");
    context.services.has_implicit_grant_type && *response_type == token
}
