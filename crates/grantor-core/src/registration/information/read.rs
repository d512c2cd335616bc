//! Reading the answer to a registration.

use super::ClientInformation;
use crate::members::{InvalidMember, Members};
use crate::registration::{ClientMetadata, InvalidClientMetadata};
use crate::secret::Secret;

impl ClientInformation {
    /// Reads what a server answered.
    ///
    /// # Errors
    /// It has no `client_id`, or what [`InvalidClientMetadata`] lists.
    pub fn parse(json: &[u8]) -> Result<Self, InvalidClientMetadata> {
        let mut members = Members::parse(json).ok_or(InvalidClientMetadata::Malformed)?;
        let client_id = members.text("client_id")?.ok_or(InvalidMember {
            name: "client_id",
            expected: "a text",
        })?;
        Ok(Self {
            client_id,
            client_secret: members.text("client_secret")?.map(Secret::new),
            client_id_issued_at: members.time("client_id_issued_at")?,
            client_secret_expires_at: members.time("client_secret_expires_at")?,
            registration_access_token: members.text("registration_access_token")?.map(Secret::new),
            registration_client_uri: members.url("registration_client_uri")?,
            metadata: ClientMetadata::from_members(members)?,
        })
    }
}
