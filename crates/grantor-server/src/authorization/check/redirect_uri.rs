use grantor_core::{BoxFuture, ErrorCode};

use crate::Error;
use crate::authorization::table::Checked;

/// The redirect URI is a registered one, byte for byte (RFC 9700 section 2.1); it may be left out if
/// there is only one. Otherwise the user is told, never redirected.
pub(in crate::authorization) fn run<'a>(
    checked: &'a mut Checked<'_>,
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(std::future::ready(check(checked)))
}

fn check(checked: &mut Checked<'_>) -> Result<(), Error> {
    let registered = &checked.client()?.redirect_uris;
    let uri = match (
        checked.request.redirect_uri.as_deref(),
        registered.as_slice(),
    ) {
        (Some(asked), all) if all.iter().any(|uri| uri.matches(asked)) => asked.to_owned(),
        (Some(_), _) => {
            let description = "\"redirect_uri\" does not match a registered value";
            return Err(Error::refused(ErrorCode::InvalidRequest, description));
        }
        (None, [only]) => only.to_string(),
        (None, _) => {
            let description = "\"redirect_uri\" is missing";
            return Err(Error::refused(ErrorCode::InvalidRequest, description));
        }
    };
    checked.redirect_uri = Some(uri);
    Ok(())
}
