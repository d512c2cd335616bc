//! The stored records of an account.

use std::time::Duration;

use grantor_core::Timestamp;
use grantor_server::Identifier;
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

/// A user, without the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Account {
    /// `sub` in tokens: never given to somebody else, whatever becomes of the name.
    pub subject: String,
    /// The name that they sign in with.
    pub name: String,
    /// When the account was made, in milliseconds since 1970.
    pub created_at: Timestamp,
    /// When the password was chosen. Browsers that signed in before must sign in again.
    pub password_set_at: Timestamp,
}

impl From<AccountRecord> for Account {
    fn from(record: AccountRecord) -> Self {
        Self {
            subject: record.id.to_string(),
            name: record.name,
            created_at: record.created_at,
            password_set_at: record.password_set_at.unwrap_or(record.created_at),
        }
    }
}

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
    // An attacker who has the hash can guess the password.
    const SEALED: bool = true;

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

/// The account that a name belongs to; compared with the account when it is read.
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
