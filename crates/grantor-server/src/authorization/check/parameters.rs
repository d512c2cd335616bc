//! The check that the parameters can be read.

use crate::authorization::context::AuthorizationContext;
use crate::error::Error;

/// Every parameter can be read, and none is given twice (RFC 6749 section 3.1).
pub(in crate::authorization) fn run(context: &mut AuthorizationContext<'_>) -> Result<(), Error> {
    if let Some(error) = &context.call.malformed {
        return Err(Error::invalid_request(error.to_string()));
    }
    match context.request.problems.first() {
        None => Ok(()),
        Some(problem) => Err(Error::invalid_request(problem.to_string())),
    }
}
