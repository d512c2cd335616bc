use std::time::Duration;

use grantor_core::Timestamp;
use grantor_server::Identifier;
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AccountRecord {
    pub(crate) id: Identifier,
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) created_at: Timestamp,
    /// Absent, if it is the first password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password_set_at: Option<Timestamp>,
}

impl Record for AccountRecord {
    const KIND: Kind = kinds::ACCOUNTS;
    const NAME: &'static str = "an account";
    // A password can be guessed by who has its hash.
    const SEALED: bool = true;

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

/// Which account a name belongs to; compared with the account when it is read.
#[derive(Serialize, Deserialize)]
pub(crate) struct NameRecord {
    pub(crate) account: Identifier,
    #[serde(default)]
    pub(crate) made_at: Timestamp,
}

/// How long a name without an account waits for it. After that it was left behind, by a crash or a
/// removal, and is free.
pub(crate) const MAKING: Duration = Duration::from_secs(60);

impl Record for NameRecord {
    const KIND: Kind = kinds::ACCOUNT_NAMES;
    const NAME: &'static str = "an account's name";

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}
