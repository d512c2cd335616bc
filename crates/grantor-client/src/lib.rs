//! Every HTTP call carries a valid token: one token manager, many doors.
//!
//! [`Tokens`] fetches an access token when it is first needed and keeps it good. A door to it is two
//! calls: [`Tokens::prepare`] puts the token on a request, [`Attempt::observe`] judges the answer.
//! [`Session`] is the door over reqwest.
//!
//! RFC 6749 (client credentials, authorization code, password, refresh token), 6750, 7009, 7521, 7523,
//! 7636, 7662, 8414, 8628, 8693, 8707, 9207.
//!
//! | feature | adds |
//! |---|---|
//! | `blocking` | [`Tokens::blocking_session`], over ureq, for programs without an async runtime |
//! | `metrics` | counts in the recorder of the crate `metrics` |
//! | `multipart` | forms with files in a [`Session`] |
//! | `reqwest-middleware` | [`Tokens::middleware`], for clients of the crate of that name |
//! | `stream` | bodies from streams, and answers as streams, in a [`Session`] |

mod app;
mod ask;
mod assertion;
mod authenticate;
mod authentication;
mod begin;
#[cfg(not(feature = "blocking"))]
mod blocking;
#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod change;
mod code_flow;
mod counters;
mod device_flow;
mod door;
mod echo;
mod error;
mod event;
mod flights;
mod grant;
mod hook;
mod jobs;
pub mod layer;
mod lease;
mod login;
mod manager;
mod metrics;
#[cfg(feature = "reqwest-middleware")]
mod middleware;
mod not_fetched;
mod origin;
mod persist;
mod pick;
mod policy;
pub mod providers;
mod query;
mod records;
mod reject;
mod renew;
mod reqwest_door;
mod server;
mod service_account;
mod session;
mod share;
mod shared_methods;
mod sign_in;
mod slot;
mod source;
mod state;
mod storage;
mod subject;
mod subjects;
mod timed;
mod token_set;
mod tokens;
mod turn;
mod wire;
mod worker;

pub use assertion::Assertion;
pub use authenticate::{Authenticate, Authenticated};
pub use builder::Builder;
pub use change::Change;
pub use code_flow::{CodeFlow, Pending, Started};
pub use counters::Counts;
pub use device_flow::{DeviceFlow, DeviceSignIn};
pub use door::{Attempt, Observed, Placement, WithoutToken};
pub use error::Error;
pub use event::Event;
pub use grant::Actor;
pub use hook::{ApiRequest, Call};
#[cfg(feature = "metrics")]
pub use metrics::MetricsRecorder;
pub use metrics::{Counted, Metrics};
#[cfg(feature = "reqwest-middleware")]
pub use middleware::TokensMiddleware;
pub use policy::Policy;
pub use server::Server;
pub use session::{RequestBuilder, Session};
pub use source::{SourceError, TokenSource};
pub use state::AccessToken;
pub use subject::SubjectToken;
pub use token_set::TokenSet;
pub use tokens::Tokens;
