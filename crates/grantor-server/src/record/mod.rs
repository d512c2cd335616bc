//! What the server keeps. Stores see hashes of tokens, never tokens.

mod access_token;
mod anchor;
mod consent;
mod grant;
mod revoked;

pub(crate) use access_token::AccessTokenRecord;
pub(crate) use anchor::AnchorRecord;
pub(crate) use consent::ConsentRecord;
pub(crate) use grant::{Anchors, CodeState, GrantRecord, GrantState, Previous, RefreshState};
pub(crate) use revoked::RevokedRecord;
