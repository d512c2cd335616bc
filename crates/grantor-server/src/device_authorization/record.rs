//! The request of a device, as it is stored.

use grantor_core::{AuthorizationRequest, Params, Timestamp};
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The request of a device, as it is stored. The user's answer does not change it: that is the grant of
/// the same identifier.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeviceAuthorization {
    /// SHA-256 of the secret in its device code.
    pub(super) hash: String,
    pub(crate) client_id: String,
    /// The client's epoch when it asked.
    pub(crate) client_epoch: String,
    /// The parameters: the client, the scope and the resources.
    pub(super) form: String,
    /// Until when both codes are valid.
    pub(crate) usable_until: Timestamp,
    /// It is kept for longer, so that a device learns why its code is worth nothing any more.
    pub(crate) expires_at: Timestamp,
}

impl DeviceAuthorization {
    /// The request.
    pub(crate) fn request(&self) -> Result<AuthorizationRequest, Error> {
        let params = Params::parse(self.form.as_bytes());
        let params = params.map_err(|error| Error::Internal(error.to_string()))?;
        Ok(AuthorizationRequest::from_params(&params))
    }
}

impl Record for DeviceAuthorization {
    const KIND: Kind = kinds::DEVICE_AUTHORIZATIONS;
    const NAME: &'static str = "a device authorization";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<DeviceAuthorization>();
    }
}
