//! Access tokens: their contents, how they are minted and how they are read.

mod anchor;
mod claims;
mod contents;
mod current;
mod format;
mod mint;
mod opaque;
mod presented;
mod read;
mod record;
mod revoked;
mod text;
mod tokens;
mod unique;

pub(crate) use anchor::{Anchor, Parent, ParentToken};
pub use contents::TokenContents;
pub use format::TokenFormat;
pub(crate) use mint::Minting;
pub(crate) use opaque::{OpaqueKind, OpaqueToken};
pub use presented::PresentedToken;
pub(crate) use record::AccessTokenRecord;
pub(crate) use revoked::RevokedRecord;
pub(crate) use text::TokenGenerator;
pub(crate) use tokens::Tokens;
pub(crate) use unique::{UniqueTokenRecord, UniqueTokens};
