use grantor_core::{BoxFuture, ErrorCode, Scope};

use crate::Error;
use crate::authorization::table::Checked;

/// Every value of the scope is one that the client may ask for; all of them, if it asks for none
/// (RFC 6749 section 3.3).
pub(in crate::authorization) fn run<'a>(
    checked: &'a mut Checked<'_>,
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(std::future::ready(check(checked)))
}

fn check(checked: &mut Checked<'_>) -> Result<(), Error> {
    let may = checked.client()?.scope.clone();
    let Some(text) = checked.request.scope.as_deref() else {
        checked.scope = may;
        return Ok(());
    };
    let asked = Scope::parse_at_most(text, checked.inner.config.max_scope_values)
        .map_err(|error| Error::refused(ErrorCode::InvalidScope, error.to_string()))?;
    if asked.is_empty() || !asked.is_subset(&may) {
        let description =
            "\"scope\" is empty, or has a value that is unknown or not for this client";
        return Err(Error::refused(ErrorCode::InvalidScope, description));
    }
    checked.scope = asked;
    Ok(())
}
