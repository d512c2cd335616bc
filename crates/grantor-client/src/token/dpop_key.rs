//! The key that tokens are bound to, and the proofs that it signs (RFC 9449).

use std::fmt;
use std::sync::Arc;

use grantor_core::{Environment, Secret};
use grantor_jose::{Key, dpop};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::Error;

/// The header of a proof (RFC 9449 section 4.1).
pub(crate) const DPOP: HeaderName = HeaderName::from_static("dpop");
/// The header of a nonce that a server hands out (RFC 9449 section 8.1).
pub(crate) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The most bytes of a nonce that are taken: it goes into the header of every request to its origin, and
/// servers refuse headers that are too long.
const LONGEST_NONCE: usize = 2048;

/// The nonce that an answer hands out (RFC 9449 section 8.1); none if it is no nonce.
pub(crate) fn handed_out_nonce(headers: &HeaderMap) -> Option<&HeaderValue> {
    let nonce = headers.get(DPOP_NONCE)?;
    let is_one = |byte: &u8| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~');
    let fits = (1..=LONGEST_NONCE).contains(&nonce.len());
    (fits && nonce.as_bytes().iter().all(is_one)).then_some(nonce)
}

/// A key that tokens are bound to. Clones are the same key.
#[derive(Clone)]
pub(crate) struct DpopKey(Arc<Inner>);

struct Inner {
    key: Arc<Key>,
    thumbprint: String,
    keeper: KeyKeeper,
}

/// The keeper of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKeeper {
    /// The store, sealed beside what is bound to it.
    Store,
    /// The program, which gave it.
    Program,
}

impl DpopKey {
    /// None: the key is a secret of two, and proves nothing.
    pub(crate) fn new(key: Arc<Key>, keeper: KeyKeeper) -> Option<Self> {
        let thumbprint = key.public()?.thumbprint();
        Some(Self(Arc::new(Inner {
            key,
            thumbprint,
            keeper,
        })))
    }

    /// Reads what [`to_stored`](Self::to_stored) wrote.
    pub(crate) fn from_stored(jwk: &str) -> Option<Self> {
        Self::new(Arc::new(Key::from_jwk(jwk).ok()?), KeyKeeper::Store)
    }

    /// The key for a sealed record; none, if the program keeps it.
    pub(crate) fn to_stored(&self) -> Option<Secret> {
        if self.0.keeper == KeyKeeper::Program {
            return None;
        }
        let jwk = self.0.key.to_private_jwk().ok()?;
        Some(Secret::new(&**jwk))
    }

    /// Its thumbprint (RFC 7638), as in `dpop_jkt`.
    pub(crate) fn thumbprint(&self) -> &str {
        &self.0.thumbprint
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        self.0.key.algorithm().as_str()
    }

    /// A new proof for a request.
    pub(crate) fn prove(
        &self,
        request: &dpop::Request<'_>,
        environment: &Environment,
    ) -> Result<HeaderValue, Error> {
        let jwt_id = environment.random_text::<16>();
        let proof = dpop::sign(&self.0.key, request, &jwt_id, environment.now())?;
        HeaderValue::try_from(proof)
            .map_err(|_| Error::configuration("the DPoP proof has no place in a header"))
    }
}

impl PartialEq for DpopKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.thumbprint == other.0.thumbprint
    }
}

impl Eq for DpopKey {}

impl fmt::Debug for DpopKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DpopKey").field(&self.0.thumbprint).finish()
    }
}
