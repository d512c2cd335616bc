//! How the tokens of this server are written.

mod identifier;
mod opaque;
mod refresh;

pub(crate) use identifier::Identifier;
pub(crate) use opaque::{Opaque, OpaqueKind};
pub(crate) use refresh::{RefreshClaims, RefreshTokenText};
