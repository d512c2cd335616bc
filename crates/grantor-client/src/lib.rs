//! Every HTTP call carries a valid token: one token manager, many doors.
//!
//! [`Tokens`] fetches an access token when it is first needed, renews it before it ends, and replaces
//! it when an API rejects it. Requests get it by the HTTP client that a program has:
//!
//! ```no_run
//! use bytes::Bytes;
//! use grantor_client::{Authenticate, Observed, Tokens};
//! use http_body_util::Full;
//! use hyper_util::client::legacy::Client;
//! use hyper_util::rt::TokioExecutor;
//! use tower::{Layer, ServiceExt};
//!
//! # fn send<B>(_: &http::Request<B>) -> http::Response<()> { http::Response::new(()) }
//! # async fn call() -> Result<(), Box<dyn std::error::Error>> {
//! let tokens = Tokens::client_credentials("https://idp.example", "app", "s3cret")
//!     .allow_origin("https://api.example")
//!     .build()?;
//! let url = "https://api.example/things";
//!
//! // A session: below a URL, over a client of grantor's own. `blocking_session` needs no runtime.
//! let api = tokens.session("https://api.example/")?;
//! let things = api.get("things").send().await?;
//!
//! // A request of your own reqwest client; `middleware` is for reqwest-middleware.
//! let client = reqwest::Client::new();
//! let things = client.get(url).authenticate(&tokens).send().await?;
//!
//! // A tower service, here a client of hyper.
//! let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
//! let client = tokens.layer().replay_cloned().layer(client);
//! let things = client.oneshot(http::Request::get(url).body(Full::default())?).await?;
//!
//! // Anything that sends requests of the crate `http`, by two calls.
//! let mut request = http::Request::get(url).body(())?;
//! let mut attempt = tokens.prepare(&mut request).await?;
//! let things = loop {
//!     let answer = send(&request);
//!     match attempt.observe(&answer).await {
//!         Observed::Done => break answer,
//!         Observed::Resend(resend) => attempt = resend.prepare(&mut request).await?,
//!     }
//! };
//! # Ok(())
//! # }
//! ```
//!
//! The constructors of [`Tokens`] are the ways to a token, each with an example:
//! [`client_credentials`](Tokens::client_credentials) with a secret or a key,
//! [`login`](Tokens::login) for users, [`refresh_token`](Tokens::refresh_token),
//! [`jwt_bearer`](Tokens::jwt_bearer) for service accounts, [`saml_bearer`](Tokens::saml_bearer),
//! [`from_workload`](Tokens::from_workload) for what a cloud gives its machines,
//! [`token_exchange`](Tokens::token_exchange), [`password`](Tokens::password),
//! [`static_token`](Tokens::static_token), [`for_resource`](Tokens::for_resource) for an API that says
//! itself where its tokens come from (an MCP server), [`oauth1`](Tokens::oauth1) for APIs of OAuth 1.0a, whose
//! requests are signed, and [`from_source`](Tokens::from_source) for everything
//! else.
//!
//! # Why a renewal failed
//!
//! Each renewal is a span `grantor.token` of the crate `tracing`, with the issuer, the client and the
//! reason for it. A failure is a warning in that span, with the error, which names the cause, and its
//! kind, which says who has to do something. [`TokensBuilder::on_event`] gives the same to a program.
//!
//! # Specifications
//!
//! RFC 5849; OpenID Connect Core, Back-Channel Logout, RP-Initiated Logout, CIBA; OAuth 2.0 Multiple Response
//! Types, Form Post Response Mode, JARM; RFC 6749 (client credentials, authorization code, implicit, password,
//! refresh token), 6750, 7009, 7521, 7522, 7523, 7591, 7592, 7636, 7662, 8414, 8628, 8693, 8705, 8707, 9101,
//! 9126, 9207, 9396, 9449, 9470, 9728; the authorization of the Model Context Protocol, revision
//! 2026-07-28.
//!
//! | feature | adds |
//! |---|---|
//! | `reqwest` | on by default: [`Session`], [`Authenticate`] and the transport to the authorization server |
//! | `executable` | `TokenExecutable`: tokens that another program prints |
//! | `blocking` | [`Tokens::blocking_session`], over ureq, for programs without an async runtime |
//! | `metrics` | counts in the recorder of the crate `metrics` |
//! | `multipart` | forms with files in a [`Session`] |
//! | `reqwest-middleware` | [`Tokens::middleware`], for clients of the crate of that name |
//! | `socks` | SOCKS proxies in `HTTPS_PROXY` and `ALL_PROXY`; without it they are an error |
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
mod workload;

pub use authorization_server::assertion::Assertion;
pub use authorization_server::assertion::given::SamlAssertion;
pub use authorization_server::client_credential::ClientCredential;
pub use builder::TokensBuilder;
pub use config::dpop::Dpop;
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
pub use grantor_core::openid;
pub use observe::counters::Counts;
pub use observe::event::Event;
pub use observe::hooks::{ApiRequest, RequestKind};
#[cfg(feature = "metrics")]
pub use observe::metrics::MetricsRecorder;
pub use observe::metrics::{MetricEvent, Metrics};
pub use observe::token_change::TokenChange;
pub use renew::grant::jwt_bearer::GrantAssertion;
pub use renew::grant::resource::settings::AssertionRequest;
pub use renew::grant::token_exchange::Actor;
pub use renew::grant::token_source::TokenSource;
pub use request::attempt::reaction::Resend;
pub use request::attempt::{Attempt, Observed};
pub use request::http_request::WithoutToken;
pub use sign_in::SignedIn;
pub use sign_in::backchannel_flow::BackchannelFlow;
pub use sign_in::backchannel_pending::PendingBackchannelAuthentication;
pub use sign_in::code_flow::CodeFlow;
pub use sign_in::device_flow::{DeviceFlow, PendingDeviceAuthorization};
pub use sign_in::oauth1_endpoints::OAuth1Endpoints;
pub use sign_in::oauth1_flow::{OAuth1Flow, SignedInByOAuth1};
pub use sign_in::oauth1_pending::{OAuth1Redirect, PendingOAuth1Authorization};
pub use sign_in::pending::{AuthorizationRedirect, PendingAuthorization};
pub use sign_in::registrar::Registrar;
pub use token::access_token::AccessToken;
pub use token::subject::SubjectToken;
pub use token::token_set::TokenSet;
pub use tokens::Tokens;
#[cfg(feature = "executable")]
pub use workload::TokenExecutable;
pub use workload::{
    AwsIdentity, AzureIdentity, GoogleMetadata, TokenUrl, WorkloadToken, WorkloadTokenFormat,
};
