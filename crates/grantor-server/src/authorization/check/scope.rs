//! The check of `scope`.

use crate::authorization::context::AuthorizationContext;
use crate::error::Error;
use crate::grant_type::requested_scope;

/// Every value of the scope is one that the client may ask for; all of them, if it asks for none
/// (RFC 6749 section 3.3).
pub(in crate::authorization) fn run(context: &mut AuthorizationContext<'_>) -> Result<(), Error> {
    let allowed = &context.client()?.scope;
    context.scope = match context.request.scope.as_deref() {
        None => allowed.clone(),
        Some(text) => requested_scope(text, allowed, context.services.config.max_scope_values)?,
    };
    Ok(())
}
