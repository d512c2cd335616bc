use grantor_core::{BoxFuture, ErrorCode};

use crate::Error;
use crate::authorization::table::Checked;

/// Every resource is known (RFC 8707 section 2).
pub(in crate::authorization) fn run<'a>(
    checked: &'a mut Checked<'_>,
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        for resource in &checked.request.resource {
            if !checked.inner.is_known_resource(resource).await? {
                let description = "\"resource\" is unknown";
                return Err(Error::refused(ErrorCode::InvalidTarget, description));
            }
        }
        Ok(())
    })
}
