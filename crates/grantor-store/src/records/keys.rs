//! The keys of records.

use grantor_jose::digest::MacKey;

use super::Records;
use crate::key::Key;
#[cfg(doc)]
use crate::key::Namespace;
use crate::record::Record;

impl<R: Record> Records<R> {
    /// The key of the record that we minted `identifier` for.
    #[must_use]
    pub fn key(&self, identifier: &[u8]) -> Key {
        self.place.namespace.key(R::KIND.letters(), identifier)
    }

    /// The key of the record with a name that somebody else chose.
    #[must_use]
    pub fn key_of_name(&self, name: &str) -> Key {
        self.place.namespace.key_of_name(R::KIND.letters(), name)
    }

    /// The key of the record with a name that is short enough to be guessed: see
    /// [`Namespace::key_of_guessable`].
    #[must_use]
    pub fn key_of_guessable(&self, mac_key: &MacKey, name: &str) -> Key {
        self.place
            .namespace
            .key_of_guessable(R::KIND.letters(), mac_key, name)
    }

    /// The key of what belongs to `owner` and is called `member` there:
    /// [`page_under`](Self::page_under) lists them.
    #[must_use]
    pub fn key_under(&self, owner: &str, member: &str) -> Key {
        self.place
            .namespace
            .key_under(R::KIND.letters(), owner, member)
    }

    /// Like [`key_under`](Self::key_under), for an identifier that we minted.
    #[must_use]
    pub fn key_under_id(&self, owner: &str, id: &[u8]) -> Key {
        self.place
            .namespace
            .key_under_id(R::KIND.letters(), owner, id)
    }
}
