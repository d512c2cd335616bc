//! The keys of records and how they are laid out. The layout is part of what is stored: the mark of
//! the master key has a format that changes with it.

use grantor_jose::digest::{MacKey, sha256};

use crate::kinds::{ALL, Kind};

/// The key of a record: at most 64 bytes, compared bytewise.
///
/// An issuer tag (8 bytes), a kind (2 bytes) and an identifier. Identifiers made by grantor are
/// ordered by time, so that the keys of one kind grow at one end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl Key {
    /// The longest key in bytes.
    pub const MAX: usize = 64;

    /// A key of these bytes; none if they are more than [`Key::MAX`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut key = Self {
            bytes: [0; Self::MAX],
            len: u8::try_from(bytes.len()).ok()?,
        };
        key.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(key)
    }

    /// The bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// How many bytes the key has.
    pub(crate) fn len(&self) -> u8 {
        self.len
    }

    /// The namespace of the record under this key; none if it is too short to have one.
    #[must_use]
    pub fn namespace(&self) -> Option<Namespace> {
        self.as_bytes().first_chunk().copied().map(Namespace)
    }

    /// The kind of the record under this key; none if it is of no kind in [`ALL`].
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        let letters = self.as_bytes().get(8..10)?;
        ALL.iter().copied().find(|kind| kind.letters() == letters)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(")?;
        for byte in self.as_bytes() {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

/// The first part of every key of one issuer, so that several may share a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Namespace([u8; 8]);

impl Namespace {
    /// The namespace of an issuer or of another owner of records.
    #[must_use]
    pub fn new(owner: &str) -> Self {
        let hash = sha256(owner.as_bytes());
        let mut tag = [0; 8];
        tag.copy_from_slice(&hash[..8]);
        Self(tag)
    }

    /// A key for an identifier that we minted; identifiers longer than 54 bytes are hashed.
    #[must_use]
    pub fn key(&self, kind: [u8; 2], identifier: &[u8]) -> Key {
        let hash;
        let identifier = if identifier.len() > Key::MAX - 10 {
            hash = sha256(identifier);
            &hash
        } else {
            identifier
        };
        let mut key = Key {
            bytes: [0; Key::MAX],
            len: 10,
        };
        key.bytes[..8].copy_from_slice(&self.0);
        key.bytes[8..10].copy_from_slice(&kind);
        for (to, from) in key.bytes[10..].iter_mut().zip(identifier) {
            *to = *from;
            key.len += 1;
        }
        key
    }

    /// A key for a name that somebody else chose (a client id, a jti): its SHA-256.
    #[must_use]
    pub fn key_of_name(&self, kind: [u8; 2], name: &str) -> Key {
        self.key(kind, &sha256(name.as_bytes()))
    }

    /// A key for a name that is short enough to be guessed (a user code, a one-time password): its
    /// MAC under a key of the server's, so that a reader of the store can't try out names.
    #[must_use]
    pub fn key_of_guessable(&self, kind: [u8; 2], mac_key: &MacKey, name: &str) -> Key {
        self.key(kind, &mac_key.sign(&[name.as_bytes()]))
    }

    /// A key for what belongs to `owner` and is called `member` there. All of an owner's begin with
    /// [`prefix_under`](Self::prefix_under), so they can be listed.
    #[must_use]
    pub fn key_under(&self, kind: [u8; 2], owner: &str, member: &str) -> Key {
        self.key_under_id(kind, owner, &first_half(member))
    }

    /// Like [`key_under`](Self::key_under), for an identifier that we minted, of at most 38 bytes;
    /// longer ones are hashed.
    #[must_use]
    pub fn key_under_id(&self, kind: [u8; 2], owner: &str, id: &[u8]) -> Key {
        let mut identifier = first_half(owner).to_vec();
        match id.len() {
            0..=38 => identifier.extend_from_slice(id),
            _ => identifier.extend_from_slice(&sha256(id)),
        }
        self.key(kind, &identifier)
    }

    /// Returns the prefix of all keys.
    #[must_use]
    pub fn prefix_of_all(&self) -> Key {
        let mut key = self.key([0; 2], &[]);
        key.len = 8;
        key
    }

    /// Returns the prefix of all keys of one kind.
    #[must_use]
    pub fn prefix(&self, kind: [u8; 2]) -> Key {
        self.key(kind, &[])
    }

    /// Returns the prefix of all keys of one kind that belong to `owner`.
    #[must_use]
    pub fn prefix_under(&self, kind: [u8; 2], owner: &str) -> Key {
        self.key(kind, &first_half(owner))
    }
}

/// The first 16 bytes of a name's SHA-256.
fn first_half(name: &str) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&sha256(name.as_bytes())[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_hold_at_most_64_bytes() {
        assert!(Key::from_bytes(&[1; 64]).is_some());
        assert!(Key::from_bytes(&[1; 65]).is_none());
    }

    #[test]
    fn issuers_and_kinds_keep_apart() {
        let (a, b) = (
            Namespace::new("https://a.example"),
            Namespace::new("https://b.example"),
        );
        assert_ne!(a.key(*b"gr", b"1"), b.key(*b"gr", b"1"));
        assert_ne!(a.key(*b"gr", b"1"), a.key(*b"at", b"1"));
        assert!(
            a.key(*b"gr", b"1")
                .as_bytes()
                .starts_with(a.prefix(*b"gr").as_bytes())
        );
        assert_eq!(a.key(*b"gr", &[9; 100]).as_bytes().len(), 42);
    }

    #[test]
    fn what_an_owner_has_shares_a_prefix_and_nothing_else_has_it() {
        let names = Namespace::new("https://a.example");
        let under = |owner, member| names.key_under(*b"co", owner, member);
        let prefix = names.prefix_under(*b"co", "alice");
        assert!(
            under("alice", "app")
                .as_bytes()
                .starts_with(prefix.as_bytes())
        );
        assert!(
            !under("bob", "app")
                .as_bytes()
                .starts_with(prefix.as_bytes())
        );
        assert_ne!(under("alice", "app"), under("alice", "other"));
        // Where one name ends and the other begins matters.
        assert_ne!(under("ab", "c"), under("a", "bc"));
        assert_eq!(under("alice", "app").as_bytes().len(), 42);
        for length in [0, 38, 39, 100] {
            let id = vec![7; length];
            let key = names.key_under_id(*b"se", "alice", &id);
            let expected = if length > 38 { 32 } else { length };
            assert_eq!(key.as_bytes().len(), 26 + expected, "{length}");
        }
    }

    #[test]
    fn a_guessable_name_can_not_be_tried_without_the_key() {
        let names = Namespace::new("https://a.example");
        let key = |secret: &[u8]| names.key_of_guessable(*b"uc", &MacKey::new(secret), "WDJB");
        assert_eq!(key(b"ours"), key(b"ours"));
        assert_ne!(key(b"ours"), key(b"another"));
        assert_ne!(key(b"ours"), names.key_of_name(*b"uc", "WDJB"));
    }
}
