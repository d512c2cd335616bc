//! A record as the memory store keeps it.

use bytes::Bytes;
use grantor_core::Timestamp;

use crate::store::{Entry, Put, Version};

/// Where the key begins, behind its length and the version.
const KEY: usize = 1 + 16;

/// A record with its key, in one piece of memory of exactly the length that it needs: the length of
/// the key (one byte), the version (16), the key, the value.
pub(super) struct Packed {
    pub(super) expires_at: Option<Timestamp>,
    bytes: Box<[u8]>,
}

impl Packed {
    pub(super) fn new(put: &Put) -> Self {
        let key = put.key.as_bytes();
        let mut bytes = Vec::with_capacity(KEY + key.len() + put.value.len());
        bytes.push(put.key.len());
        bytes.extend_from_slice(&put.version.0);
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(&put.value);
        Self {
            expires_at: put.expires_at,
            bytes: bytes.into_boxed_slice(),
        }
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.bytes[KEY..self.value_at()]
    }

    pub(super) fn version(&self) -> Version {
        let mut version = [0; 16];
        version.copy_from_slice(&self.bytes[1..KEY]);
        Version(version)
    }

    pub(super) fn entry(&self) -> Entry {
        Entry {
            value: Bytes::copy_from_slice(&self.bytes[self.value_at()..]),
            version: self.version(),
            expires_at: self.expires_at,
        }
    }

    fn value_at(&self) -> usize {
        KEY + usize::from(self.bytes[0])
    }
}
