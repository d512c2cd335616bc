use grantor_core::{BoxFuture, ErrorCode};

use crate::Error;
use crate::authorization::table::Checked;

/// Every parameter can be read, and is given once (RFC 6749 section 3.1). The client is told, as
/// section 4.1.2.1 says of a malformed request.
pub(in crate::authorization) fn run<'a>(
    checked: &'a mut Checked<'_>,
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(std::future::ready(check(checked)))
}

fn check(checked: &Checked<'_>) -> Result<(), Error> {
    match checked.request.problems.first() {
        None => Ok(()),
        Some(problem) => Err(Error::refused(
            ErrorCode::InvalidRequest,
            problem.to_string(),
        )),
    }
}
