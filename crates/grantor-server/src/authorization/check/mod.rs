//! The checks of the authorization table, one file each.

pub(super) mod client;
pub(super) mod device;
pub(super) mod dpop_jkt;
pub(super) mod parameters;
pub(super) mod pkce;
pub(super) mod prompt;
pub(super) mod pushed_request;
pub(super) mod redirect_uri;
pub(super) mod resource;
pub(super) mod response_type;
pub(super) mod scope;
pub(super) mod unsupported;

use crate::error::Error;
use crate::http::Call;

/// A parameter is missing; or it was given more than once, and the parameters say so.
fn unreadable(call: &Call<'_>, missing: &str) -> Error {
    match &call.malformed {
        Some(error) => Error::invalid_request(error.to_string()),
        None => Error::invalid_request(missing),
    }
}
