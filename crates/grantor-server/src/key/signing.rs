//! The keys that sign access tokens, parsed.

use bytes::Bytes;
use grantor_core::Timestamp;
use grantor_jose::{Algorithm, Key, KeySet};
use grantor_store::Error;

use super::record::KeysRecord;

/// The signing keys as one reading of the record gives them.
#[derive(Debug)]
pub(crate) struct SigningKeys {
    /// With the moment from which each signs, the latest first.
    keys: Vec<(Timestamp, Key)>,
    public: KeySet,
    document: Bytes,
}

impl SigningKeys {
    pub(super) fn parse(record: &KeysRecord) -> Result<Self, Error> {
        let parse = |key: &super::record::SigningKey| Ok((key.signs_from(), key.parse()?));
        let keys = record.signing.iter().map(parse);
        let mut keys = keys.collect::<Result<Vec<_>, Error>>()?;
        let public: KeySet = keys
            .iter()
            .filter_map(|(_, key)| key.public())
            .cloned()
            .collect();
        keys.reverse();
        keys.sort_by_key(|(from, _)| std::cmp::Reverse(*from));
        let document = serde_json::to_vec(&public).unwrap_or_default().into();
        Ok(Self {
            keys,
            public,
            document,
        })
    }

    /// The key that signs with `algorithm` now.
    pub(crate) fn active(&self, algorithm: Algorithm, now: Timestamp) -> Option<&Key> {
        let mut keys = self.keys.iter();
        let signs = |(from, key): &&(Timestamp, Key)| key.algorithm() == algorithm && *from <= now;
        // A clock that was set back does not leave the server without a key.
        let first = || {
            self.keys
                .iter()
                .rev()
                .find(|(_, key)| key.algorithm() == algorithm)
        };
        keys.find(signs).or_else(first).map(|(_, key)| key)
    }

    /// The public keys: those that sign, that will, and whose tokens may still be valid.
    pub(crate) fn public(&self) -> &KeySet {
        &self.public
    }

    /// The same as a document.
    pub(crate) fn document(&self) -> &Bytes {
        &self.document
    }
}
