//! The keys of what travels through pages.

use grantor_jose::digest::MacKey;
use grantor_jose::seal::SealingKey;

/// The keys of what travels through pages.
#[derive(Debug)]
pub(crate) struct PageKeys {
    /// For sealed requests, and the codes that they lead to.
    pub(crate) mac: MacKey,
    /// For forms.
    pub(crate) forms: SealingKey,
    /// For the keys of the records of user codes.
    pub(crate) user_codes: MacKey,
}

impl PageKeys {
    pub(crate) fn new(mac: MacKey) -> Self {
        Self {
            forms: SealingKey::new(&mac.sign(&[b"grantor/forms/1"])),
            user_codes: MacKey::new(&mac.sign(&[b"grantor/user-codes/1"])),
            mac,
        }
    }
}
