//! The kinds of record that grantor stores: the one list of their letters, names and classes.
//!
//! Letters are part of every key, so a kind keeps them for ever. The name is the one that
//! configuration uses to give a kind a store of its own. A program that stores records of its own
//! makes a [`Kind`] with letters that are not in [`ALL`].

use crate::capabilities::Class;

/// A kind of record: what tells its keys apart, what configuration calls it, what it asks of a
/// store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind {
    letters: [u8; 2],
    name: &'static str,
    class: Class,
}

impl Kind {
    /// A kind with these two letters in its keys. Names are plural, in small letters with hyphens.
    #[must_use]
    pub const fn new(letters: [u8; 2], name: &'static str, class: Class) -> Self {
        Self {
            letters,
            name,
            class,
        }
    }

    /// The letters in every key of this kind.
    #[must_use]
    pub const fn letters(&self) -> [u8; 2] {
        self.letters
    }

    /// The name in configuration.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the needs of records of this kind.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $constant:ident = $letters:literal $name:literal $class:ident;)*) => {
        $($(#[$doc])* pub const $constant: Kind = Kind::new(*$letters, $name, Class::$class);)*

        /// Every kind that grantor stores.
        pub const ALL: &[Kind] = &[$($constant),*];
    };
}

kinds! {
    /// The master key that a store is sealed under, and the layout of its keys.
    MASTER_KEY_MARK = b"mk" "master-key-mark" Transition;
    /// The issuer that the records belong to.
    ISSUER_MARK = b"is" "issuer-mark" Transition;
    /// The server's signing and MAC keys.
    SERVER_KEYS = b"ks" "server-keys" Transition;
    /// Registered clients.
    CLIENTS = b"cl" "clients" Transition;
    /// The client that is a protected resource.
    RESOURCES = b"ri" "resources" Guard;
    /// Authorizations, with their codes and refresh tokens.
    GRANTS = b"gr" "grants" Transition;
    /// The grants of a subject, by subject.
    GRANTS_BY_SUBJECT = b"gs" "grants-by-subject" Cache;
    /// Authorization requests that clients pushed (RFC 9126).
    PUSHED_REQUESTS = b"pr" "pushed-requests" ShortLived;
    /// Requests of devices whose users decide elsewhere (RFC 8628).
    DEVICE_AUTHORIZATIONS = b"da" "device-authorizations" ShortLived;
    /// Which device a user code belongs to, each given once.
    USER_CODES = b"uc" "user-codes" Guard;
    /// When devices last asked for their tokens.
    DEVICE_POLLS = b"dl" "device-polls" Cache;
    /// Opaque access tokens.
    ACCESS_TOKENS = b"at" "access-tokens" ShortLived;
    /// Access tokens that are handed out again, with their texts.
    UNIQUE_TOKENS = b"ut" "unique-tokens" Cache;
    /// Tokens that were revoked before their end.
    REVOKED_TOKENS = b"rv" "revoked-tokens" Guard;
    /// Assertions of trusted issuers that were used as grants (RFC 7523).
    USED_ASSERTIONS = b"ua" "used-assertions" Guard;
    /// Proofs of possession that were used.
    DPOP_PROOFS = b"dp" "dpop-proofs" Guard;
    /// Assertions of clients that were used (RFC 7523).
    CLIENT_ASSERTIONS = b"as" "client-assertions" Guard;
    /// The scopes that a subject has allowed a client, by subject.
    CONSENTS = b"co" "consents" Transition;
    /// Epochs of subjects and sessions of which tokens were revoked.
    REVOCATION_EPOCHS = b"an" "revocation-epochs" Transition;
    /// Accounts of `grantor-site`.
    ACCOUNTS = b"ac" "accounts" Transition;
    /// The names of accounts, each given once.
    ACCOUNT_NAMES = b"nm" "account-names" Guard;
    /// Sessions of browsers.
    SESSIONS = b"se" "sessions" ShortLived;
    /// Which sessions a subject has, by subject.
    SESSIONS_BY_SUBJECT = b"sb" "sessions-by-subject" ShortLived;
    /// Browsers that somebody signed in from.
    KNOWN_BROWSERS = b"kb" "known-browsers" ShortLived;
    /// Counts for limits. They are no records, and have keys of their own all the same.
    COUNTS = b"ct" "counts" Cache;
    /// A client's refresh tokens.
    LOGINS = b"lo" "logins" Transition;
    /// A client's access tokens.
    CACHED_TOKENS = b"ca" "cached-tokens" Cache;
    /// Clients that registered themselves at authorization servers (RFC 7591), as those clients keep
    /// them.
    REGISTRATIONS = b"rg" "registrations" Transition;
    /// What `grantor login` knows of the logins that it has put into a store.
    SAVED_LOGINS = b"sl" "saved-logins" Transition;
    /// The process of a client that renews.
    LEASES = b"cz" "leases" Guard;
}

/// The kinds whose records are sealed: `Record::SEALED` of each says the same. The mark of the master
/// key is the last to be sealed again, so that it tells whether all are.
pub const SEALED: [Kind; 8] = [
    SERVER_KEYS,
    UNIQUE_TOKENS,
    ACCOUNTS,
    LOGINS,
    CACHED_TOKENS,
    REGISTRATIONS,
    SAVED_LOGINS,
    MASTER_KEY_MARK,
];

/// The kind that configuration calls `name`.
#[must_use]
pub fn by_name(name: &str) -> Option<Kind> {
    ALL.iter().copied().find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn letters_and_names_are_unique() {
        let letters: HashSet<_> = ALL.iter().map(Kind::letters).collect();
        let names: HashSet<_> = ALL.iter().map(Kind::name).collect();
        assert_eq!((letters.len(), names.len()), (ALL.len(), ALL.len()));
    }

    #[test]
    fn names_are_for_configuration() {
        for kind in ALL {
            let fits = |letter: u8| letter.is_ascii_lowercase() || letter == b'-';
            assert!(kind.name.bytes().all(fits), "{}", kind.name);
            assert_eq!(by_name(kind.name), Some(*kind));
        }
        assert_eq!(by_name("Grants"), None);
    }

    #[test]
    fn every_kind_of_record_has_pinned_formats() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/records");
        let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
        let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
        let pinned: HashSet<_> = folders
            .map(|f| f.file_name().into_string().unwrap())
            .collect();
        // Counts are no records.
        let records = ALL.iter().filter(|kind| **kind != COUNTS);
        assert_eq!(pinned, records.map(|kind| kind.name.to_owned()).collect());
    }
}
