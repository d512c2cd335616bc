//! The nonces that APIs handed out, one for each origin.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::HeaderValue;

use crate::config::origin::OriginId;

#[derive(Debug, Default)]
pub(crate) struct Nonces(Mutex<HashMap<OriginId, HeaderValue>>);

impl Nonces {
    pub(crate) fn of(&self, origin: OriginId) -> Option<HeaderValue> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&origin).cloned()
    }

    pub(crate) fn learn(&self, origin: OriginId, nonce: HeaderValue) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(origin, nonce);
    }
}
