//! The check of a device and its client.

use grantor_core::ErrorCode;
use grantor_jose::check::holds;

use crate::authorization::context::AuthorizationContext;
use crate::error::Error;
use crate::grant_type::DeviceCode;

/// The client may have devices ask, and is still the one that asked (RFC 8628 section 3.1); the codes of
/// the device are valid.
pub(in crate::authorization) fn run(context: &mut AuthorizationContext<'_>) -> Result<(), Error> {
    let client = context.client()?;
    if !client.allows_grant_type(DeviceCode::NAME) {
        let description = "this client may not use the grant type of devices";
        return Err(Error::refused(ErrorCode::UnauthorizedClient, description));
    }
    let Some(device) = &context.device else {
        return Ok(());
    };
    let is_own = holds("device.client_epoch", device.client_epoch == client.epoch);
    if !is_own || device.usable_until <= context.call.now {
        let description = "the code of the device is not valid any more; begin again at the device";
        return Err(Error::invalid_request(description));
    }
    Ok(())
}
