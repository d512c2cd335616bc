//! Tokens that are bound to a key, as a program asks for them.

use std::sync::Arc;

use grantor_jose::{Algorithm, Key};

/// Tokens that are bound to a key (RFC 9449): whoever steals one can't use it without the key. Every
/// request carries a proof, signed for it alone, at the token endpoint and at APIs.
///
/// A key that is generated lives as long as the tokens. With a store it is kept sealed beside the login
/// and the access tokens that are bound to it, so that they outlive the process. A program that keeps
/// tokens itself keeps the key too, and gives it.
///
/// ```no_run
/// use grantor_client::{Dpop, Tokens};
///
/// let tokens = Tokens::client_credentials("https://idp.example", "app", "s3cret")
///     .dpop(Dpop::generated())
///     .build()?;
/// # Ok::<(), grantor_client::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dpop {
    pub(crate) key: DpopKeySource,
    /// Whether a token that is not bound is taken.
    pub(crate) accepts_bearer: bool,
}

/// Where the key comes from.
#[derive(Debug, Clone)]
pub(crate) enum DpopKeySource {
    Generated(Algorithm),
    Given(Arc<Key>),
}

impl Dpop {
    /// With a new key for ES256, which every server knows that knows DPoP.
    #[must_use]
    pub fn generated() -> Self {
        Self::generated_for(Algorithm::Es256)
    }

    /// With a new key for this algorithm.
    #[must_use]
    pub fn generated_for(algorithm: Algorithm) -> Self {
        Self {
            key: DpopKeySource::Generated(algorithm),
            accepts_bearer: false,
        }
    }

    /// With a key that the program keeps. No store gets it.
    #[must_use]
    pub fn with_key(key: Key) -> Self {
        Self {
            key: DpopKeySource::Given(Arc::new(key)),
            accepts_bearer: false,
        }
    }

    /// Takes a bearer token where the server gives one though it got a proof (RFC 9449 section 5), and
    /// sends it as such. Otherwise it is an error: anybody can use such a token who gets hold of it.
    #[must_use]
    pub fn danger_accept_bearer(mut self) -> Self {
        self.accepts_bearer = true;
        self
    }
}
