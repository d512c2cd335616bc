//! Every HTTP call carries a valid token: one token manager, many doors.
//!
//! [`Tokens`] fetches an access token when it is first needed and keeps it good. A door to it is two
//! calls: [`Tokens::prepare`] puts the token on a request, [`Attempt::observe`] judges the answer.
//! [`Session`] is the door over reqwest.
//!
//! RFC 6749 (client credentials, authorization code, refresh token), 6750, 7009, 7636, 7662, 8414,
//! 8707, 9207.

mod app;
mod ask;
mod blocking;
mod builder;
mod code_flow;
mod counters;
mod door;
mod error;
mod event;
mod grant;
mod lease;
mod login;
mod manager;
mod origin;
mod persist;
pub mod providers;
mod query;
mod records;
mod reject;
mod renew;
mod session;
mod slot;
mod state;
mod storage;
mod tokens;
mod worker;

pub use builder::Builder;
pub use code_flow::{CodeFlow, Pending, Started};
pub use counters::Counts;
pub use door::{Attempt, Observed};
pub use error::Error;
pub use event::Event;
pub use session::{RequestBuilder, Session};
pub use state::AccessToken;
pub use tokens::Tokens;
