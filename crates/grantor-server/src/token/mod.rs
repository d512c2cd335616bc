//! How the tokens of this server are written.

mod identifier;
mod mint;
mod opaque;
mod record;
mod revoked;

pub(crate) use identifier::Identifier;
pub(crate) use mint::AnchorClaim;
pub(crate) use opaque::{Opaque, OpaqueKind};
pub(crate) use record::AccessTokenRecord;
pub(crate) use revoked::RevokedRecord;
