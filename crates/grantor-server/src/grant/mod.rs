//! The authorization that a user gave: its record, and its refresh token.

mod grants;
mod record;
mod refresh_token;

pub(crate) use record::{Anchors, CodeState, GrantRecord, GrantState, Previous, RefreshState};
pub(crate) use refresh_token::{RefreshClaims, RefreshTokenText};
