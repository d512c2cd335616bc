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
//! | `reqwest` | on by default: [`Session`], [`Authenticate`] and the transport to the authorization server |
//! | `blocking` | [`Tokens::blocking_session`], over ureq, for programs without an async runtime |
//! | `metrics` | counts in the recorder of the crate `metrics` |
//! | `multipart` | forms with files in a [`Session`] |
//! | `reqwest-middleware` | [`Tokens::middleware`], for clients of the crate of that name |
//! | `stream` | bodies from streams, and answers as streams, in a [`Session`] |

mod authorization_server;
mod builder;
mod cache;
mod config;
mod doors;
mod error;
mod observe;
pub mod providers;
mod renew;
mod request;
mod runtime;
mod sign_in;
mod store;
mod token;
mod tokens;

pub use authorization_server::assertion::Assertion;
pub use authorization_server::client_credential::ClientCredential;
pub use builder::TokensBuilder;
pub use config::endpoints::Endpoints;
pub use config::placement::BearerMethod;
pub use config::policy::Policy;
pub use config::server::Server;
#[cfg(feature = "blocking")]
pub use doors::blocking;
pub use doors::layer;
#[cfg(feature = "reqwest")]
pub use doors::reqwest::authenticate::{Authenticate, Authenticated};
#[cfg(feature = "reqwest-middleware")]
pub use doors::reqwest::middleware::TokensMiddleware;
#[cfg(feature = "reqwest")]
pub use doors::reqwest::request_builder::RequestBuilder;
#[cfg(feature = "reqwest")]
pub use doors::reqwest::send_error::SendError;
#[cfg(feature = "reqwest")]
pub use doors::reqwest::session::Session;
pub use error::{Error, SourceError};
pub use observe::counters::Counts;
pub use observe::event::Event;
pub use observe::hooks::{ApiRequest, RequestKind};
#[cfg(feature = "metrics")]
pub use observe::metrics::MetricsRecorder;
pub use observe::metrics::{MetricEvent, Metrics};
pub use observe::token_change::TokenChange;
pub use renew::grant::token_exchange::Actor;
pub use renew::grant::token_source::TokenSource;
pub use request::attempt::reaction::Resend;
pub use request::attempt::{Attempt, Observed};
pub use request::http_request::WithoutToken;
pub use sign_in::SignedIn;
pub use sign_in::code_flow::CodeFlow;
pub use sign_in::device_flow::{DeviceFlow, PendingDeviceAuthorization};
pub use sign_in::pending::{AuthorizationRedirect, PendingAuthorization};
pub use token::access_token::AccessToken;
pub use token::subject::SubjectToken;
pub use token::token_set::TokenSet;
pub use tokens::Tokens;
