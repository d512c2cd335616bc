//! The authorization that a user gave: its record, and its refresh token.

mod by_subject;
mod end_reason;
mod grants;
mod record;
mod refresh_token;
mod verdict;

pub(crate) use by_subject::GrantOfSubject;
pub use by_subject::ListedGrant;
pub use end_reason::EndReason;
pub(crate) use grants::{Deadline, Grants, ReadGrant};
pub use record::{CodeState, Grant, GrantState, GrantedUnder, PreviousRefreshToken, RefreshState};
pub(crate) use refresh_token::{RefreshClaims, RefreshTokenText};
pub(crate) use verdict::{Rules, Verdict, verdict};
