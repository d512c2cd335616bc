//! Protects an API with OAuth access tokens.
//!
//! A [`Verifier`] checks tokens: JWTs with the issuer's keys, without a request for each (RFC 9068),
//! others by introspection (RFC 7662, RFC 9701), over the network or in the same process. [`protect`]
//! makes a `tower` layer of it (RFC 6750). [`Dpop`] checks the proofs of tokens that are bound to a key
//! of their client (RFC 9449); without it they are refused. [`ResourceMetadata`] names the authorization
//! servers to clients (RFC 9728).
//!
//! ```no_run
//! # use std::sync::Arc;
//! use axum::{Extension, Router, routing::get};
//! use grantor_resource::{AccessToken, Verifier, protect};
//!
//! # fn router(transport: Arc<dyn grantor_http::Transport>)
//! # -> Result<Router, grantor_resource::ConfigurationError> {
//! let verifier = Verifier::discover("https://id.example.com")
//!     .audience("https://api.example.com")
//!     .transport(transport)
//!     .build()?;
//!
//! async fn notes(Extension(token): Extension<AccessToken>) -> String {
//!     format!("the notes of {}", token.subject.as_deref().unwrap_or("nobody"))
//! }
//!
//! let router = Router::new()
//!     .route("/notes", get(notes))
//!     .layer(protect(&verifier).scope("notes:read"));
//! # Ok(router)
//! # }
//! ```
//!
//! The layer grows by what a route needs, in the words of the specifications:
//!
//! ```no_run
//! # use std::time::Duration;
//! # use grantor_resource::{ConfigurationError, Dpop, Protect, Verifier, protect};
//! # fn layer(verifier: &Verifier, metadata_url: url::Url) -> Result<Protect, ConfigurationError> {
//! let dpop = Dpop::at("https://api.example.com").nonces().build()?;
//! let layer = protect(verifier)
//!     .scope("payments:write")
//!     .audience("https://api.example.com/payments")
//!     .acr_values(["urn:example:mfa"])
//!     .max_age(Duration::from_secs(300))
//!     .dpop(&dpop)
//!     .resource_metadata(metadata_url);
//! # Ok(layer)
//! # }
//! ```
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `remote` | on by default: tokens of an authorization server elsewhere: `Verifier::discover`, `jwt` and `introspection`. Without it there is `Verifier::in_process` |
//! | `axum` | [`AccessToken`] as an extractor, [`Refusal`] as an answer, the metadata as routes, and the path that clients sent for proofs in nested routers |

mod access_token;
mod dpop;
mod error;
#[cfg(feature = "axum")]
mod extract;
mod layer;
mod metadata;
mod verifier;

pub use access_token::{AccessToken, Claims};
pub use dpop::{Dpop, DpopBuilder};
pub use error::{ConfigurationError, VerifyError};
#[cfg(feature = "axum")]
pub use extract::NotProtected;
pub use grantor_core::{Introspect, IntrospectError};
pub use layer::{Protect, Protected, Refusal, ResponseFuture, protect};
pub use metadata::{InvalidResourceMetadata, PublishedMetadata, ResourceMetadata};
pub use verifier::{Verifier, VerifierBuilder};
