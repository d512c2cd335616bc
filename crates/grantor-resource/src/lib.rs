//! Protects an API with OAuth access tokens.
//!
//! A [`Verifier`] checks tokens: JWTs with the issuer's keys, without a request for each (RFC 9068),
//! others by introspection (RFC 7662), over the network or in the same process. [`protect`] makes a
//! `tower` layer for bearer tokens of it (RFC 6750). [`ResourceMetadata`] names the authorization
//! servers to clients (RFC 9728). Tokens that are bound to a key of their client are refused, since
//! this crate checks no proofs.
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

mod access_token;
mod dpop;
mod error;
#[cfg(feature = "axum")]
mod extract;
mod introspection;
mod layer;
mod metadata;
mod verifier;

pub use access_token::{AccessToken, Claims};
pub use dpop::{Dpop, DpopBuilder};
pub use error::{ConfigurationError, VerifyError};
#[cfg(feature = "axum")]
pub use extract::NotProtected;
pub use introspection::{Introspect, IntrospectError};
pub use layer::{Protect, Protected, Refusal, ResponseFuture, protect};
pub use metadata::{InvalidResourceMetadata, PublishedMetadata, ResourceMetadata};
pub use verifier::{Verifier, VerifierBuilder};
