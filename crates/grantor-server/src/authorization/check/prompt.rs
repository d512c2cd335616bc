use grantor_core::{BoxFuture, ErrorCode};

use crate::Error;
use crate::authorization::table::Checked;

/// `prompt` is made of known values (OpenID Connect Core section 3.1.2.1).
pub(in crate::authorization) fn run<'a>(
    checked: &'a mut Checked<'_>,
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(std::future::ready(check(checked)))
}

fn check(checked: &Checked<'_>) -> Result<(), Error> {
    let prompt = checked.request.prompt.as_ref();
    if prompt.is_some_and(|prompt| prompt.create || !prompt.other.is_empty()) {
        let description = "\"prompt\" has an unknown value";
        return Err(Error::refused(ErrorCode::InvalidRequest, description));
    }
    Ok(())
}
