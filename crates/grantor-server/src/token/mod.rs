//! Access tokens: their contents, how they are minted and how they are read.

mod claims;
mod contents;
mod format;
mod mint;
mod opaque;
mod presented;
mod read;
mod record;
mod revoked;
mod tokens;

pub use contents::TokenContents;
pub(crate) use contents::{Anchor, Parent, ParentToken};
pub use format::TokenFormat;
pub(crate) use mint::Minting;
pub(crate) use opaque::{OpaqueKind, OpaqueToken};
pub use presented::PresentedToken;
pub(crate) use record::AccessTokenRecord;
pub(crate) use revoked::RevokedRecord;
pub(crate) use tokens::Tokens;
