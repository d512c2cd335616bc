//! The check of `prompt`.

use crate::authorization::context::AuthorizationContext;
use crate::error::Error;

/// `prompt` is made of known values (OpenID Connect Core section 3.1.2.1).
pub(in crate::authorization) fn run(context: &mut AuthorizationContext<'_>) -> Result<(), Error> {
    let prompt = context.request.prompt.as_ref();
    if prompt.is_some_and(|prompt| prompt.create || !prompt.other.is_empty()) {
        return Err(Error::invalid_request("\"prompt\" has an unknown value"));
    }
    Ok(())
}
