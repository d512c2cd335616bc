use grantor_core::{BoxFuture, ErrorCode};

use crate::Error;
use crate::authorization::table::Checked;

/// The client is known. RFC 6749 section 4.1.2.1: otherwise the user is told, never redirected.
pub(in crate::authorization) fn run<'a>(
    checked: &'a mut Checked<'_>,
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        for name in ["client_id", "redirect_uri"] {
            if checked.request.is_repeated(name) {
                let description = format!("\"{name}\" is given more than once");
                return Err(Error::refused(ErrorCode::InvalidRequest, description));
            }
        }
        let id =
            checked.request.client_id.as_deref().ok_or_else(|| {
                Error::refused(ErrorCode::InvalidRequest, "\"client_id\" is missing")
            })?;
        let client = checked.inner.clients.find(id).await?;
        let unknown = || Error::refused(ErrorCode::InvalidRequest, "the client is unknown");
        checked.client = Some(client.ok_or_else(unknown)?);
        Ok(())
    })
}
