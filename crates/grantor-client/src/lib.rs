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
mod authenticate;
#[cfg(not(feature = "blocking"))]
mod blocking;
#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod code_flow;
mod counters;
mod door;
mod error;
mod event;
mod grant;
pub mod layer;
mod lease;
mod login;
mod manager;
#[cfg(feature = "reqwest-middleware")]
mod middleware;
mod origin;
mod persist;
mod query;
mod records;
mod reject;
mod renew;
mod reqwest_door;
mod session;
mod slot;
mod state;
mod storage;
mod tokens;
mod worker;

pub use authenticate::{Authenticate, Authenticated};
pub use builder::Builder;
pub use code_flow::{CodeFlow, Pending, Started};
pub use counters::Counts;
pub use door::{Attempt, Observed, Placement, WithoutToken};
pub use error::Error;
pub use event::Event;
#[cfg(feature = "reqwest-middleware")]
pub use middleware::TokensMiddleware;
pub use session::{RequestBuilder, Session};
pub use state::AccessToken;
pub use tokens::Tokens;
