//! Tokens that are bound to a key: which key, and how requests prove it.

use std::sync::Arc;

use grantor_jose::Key;

use super::TokensBuilder;
use crate::config::dpop::{Dpop, DpopKeySource};
use crate::config::placement::BearerMethod;
use crate::token::dpop_key::{DpopKey, KeyKeeper};
use crate::token::scheme::{DpopScheme, Scheme};

impl TokensBuilder {
    /// Binds the tokens to a key (RFC 9449).
    ///
    /// A nonce that the server or an API wants is taken, and the request sent again. A login keeps its
    /// key: with a store it is there after a restart. An HTTP client that follows redirects itself sends
    /// the proof of another URL on, which an API refuses: use a session, or turn its redirects off.
    pub fn dpop(mut self, dpop: Dpop) -> Self {
        self.scheme = Scheme::Dpop(Arc::new(DpopScheme {
            accepts_bearer: dpop.accepts_bearer,
            ..DpopScheme::default()
        }));
        self.dpop = Some(dpop);
        self
    }

    /// With this key, which a sign-in began with.
    pub(crate) fn dpop_key(mut self, key: Option<DpopKey>) -> Self {
        self.begun_dpop_key = key;
        self
    }

    /// Returns whether the program knows the key.
    pub(super) fn has_dpop_key(&self) -> bool {
        matches!(
            self.dpop.as_ref().map(|dpop| &dpop.key),
            Some(DpopKeySource::Given(_))
        )
    }

    /// The key of new tokens, if they are bound.
    pub(crate) fn read_dpop_key(&self, problems: &mut Vec<String>) -> Option<DpopKey> {
        let dpop = self.dpop.as_ref()?;
        if self.bearer_method != BearerMethod::Header {
            problems.push(
                "a token that is bound by DPoP goes into the header (RFC 9449 section 7.1): leave the \
                 bearer method out"
                    .to_owned(),
            );
        }
        if let Some(key) = &self.begun_dpop_key {
            return Some(key.clone());
        }
        let key = match &dpop.key {
            DpopKeySource::Given(key) => DpopKey::new(Arc::clone(key), KeyKeeper::Program),
            DpopKeySource::Generated(algorithm) => match Key::generate(*algorithm) {
                Ok(key) => DpopKey::new(Arc::new(key), KeyKeeper::Store),
                Err(error) => {
                    problems.push(format!("no DPoP key can be made: {error}"));
                    return None;
                }
            },
        };
        if key.is_none() {
            problems.push("a DPoP key is a private key, and not a secret of two".to_owned());
        }
        key
    }
}
