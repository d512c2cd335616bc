//! The error of a request whose token came too late for it.

use crate::error::Error;

pub(super) fn too_late() -> Error {
    Error::transient("there was no token within the time of the request")
}
