//! The check of `redirect_uri`.

use super::unreadable;
use crate::authorization::context::AuthorizationContext;
use crate::error::Error;

/// The redirect URI is a registered one, byte for byte (RFC 9700 section 2.1); it may be left out if
/// there is only one. Otherwise the user gets a page, and is never redirected.
pub(in crate::authorization) fn run(context: &mut AuthorizationContext<'_>) -> Result<(), Error> {
    let registered = &context.client()?.redirect_uris;
    let requested = context.request.redirect_uri.as_deref();
    let uri = match (requested, registered.as_slice()) {
        (Some(uri), all) if all.iter().any(|own| own.matches(uri)) => uri.to_owned(),
        (Some(_), _) => {
            return Err(Error::invalid_request(
                "\"redirect_uri\" does not match a registered value",
            ));
        }
        // It may have been given twice.
        (None, [only]) if context.call.malformed.is_none() => only.to_string(),
        (None, _) => return Err(unreadable(context.call, "\"redirect_uri\" is missing")),
    };
    context.redirect_uri = Some(uri);
    Ok(())
}
