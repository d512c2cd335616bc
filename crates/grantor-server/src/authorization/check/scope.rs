//! The check of `scope`.

use crate::authorization::context::AuthorizationContext;
use crate::error::Error;
use crate::grant_type::scope_of_request;

/// Every value of the scope is one that the client may ask for; its default, if it asks for none
/// (RFC 6749 section 3.3).
pub(in crate::authorization) fn run(context: &mut AuthorizationContext<'_>) -> Result<(), Error> {
    let requested = context.request.scope.as_deref();
    let (grant_type, config) = (context.grant_type(), &context.services.config);
    context.scope = scope_of_request(requested, grant_type, context.client()?, config)?;
    Ok(())
}
