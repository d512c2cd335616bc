use crate::authorization::context::AuthorizationContext;
use crate::error::Error;

/// Every parameter can be read, and none is given twice (RFC 6749 section 3.1).
pub(in crate::authorization) fn run(context: &mut AuthorizationContext<'_>) -> Result<(), Error> {
    match &context.call.malformed {
        None => Ok(()),
        Some(error) => Err(Error::invalid_request(error.to_string())),
    }
}
