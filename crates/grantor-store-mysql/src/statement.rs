//! The statements, each of them one operation and one transaction.

use std::borrow::Cow;

use grantor_store_connection::Effect;

/// A statement of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Statement {
    Health,
    Get,
    Version,
    /// Of so many keys.
    GetMany(usize),
    List,
    /// How many records there are.
    Size,
    PutAny,
    PutAbsent,
    PutVersion,
    RemoveAny,
    RemoveVersion,
    Count,
    /// When the sweep looks at the next records.
    Oldest,
    /// Deletes those of them that are dead.
    Sweep,
    /// Has the sweep look at the others when they expire.
    Postpone,
    SweepCounts,
    SaveNewest,
}

impl Statement {
    pub(crate) fn effect(self) -> Effect {
        match self {
            Self::Health
            | Self::Get
            | Self::Version
            | Self::GetMany(_)
            | Self::List
            | Self::Size
            | Self::Oldest => Effect::Reads,
            Self::RemoveAny | Self::RemoveVersion | Self::Count => Effect::Once,
            _ => Effect::Repeatable,
        }
    }

    /// The text. The condition of an update also holds for its own version, so that the same put
    /// once more succeeds, also while the first one has not committed yet. A creation that finds a
    /// row is refused as a duplicate.
    pub(crate) fn sql(self) -> Cow<'static, str> {
        let text = match self {
            // For this session. MySQL 8 has another name for the second one than MariaDB.
            Self::Health => {
                "SHOW VARIABLES WHERE variable_name IN
                     ('read_only', 'tx_read_only', 'transaction_read_only') AND value <> 'OFF'"
            }
            Self::Get => {
                "SELECT record_key, version, expires_at, value FROM grantor_records
                 WHERE record_key = ?"
            }
            Self::Version => "SELECT version FROM grantor_records WHERE record_key = ?",
            Self::GetMany(keys) => {
                return Cow::Owned(format!(
                    "SELECT record_key, version, expires_at, value FROM grantor_records
                     WHERE record_key IN (?{})",
                    ", ?".repeat(keys.saturating_sub(1))
                ));
            }
            Self::List => {
                "SELECT record_key, version, expires_at, value FROM grantor_records
                 WHERE record_key >= ? AND record_key < ? ORDER BY record_key LIMIT ?"
            }
            Self::Size => "SELECT COUNT(*) FROM grantor_records",
            // A column's name means what was assigned to it before in the same statement.
            Self::PutAny => {
                "INSERT INTO grantor_records (record_key, version, expires_at, sweep_at, value)
                 VALUES (?, ?, ?, expires_at, ?)
                 ON DUPLICATE KEY UPDATE version = VALUES(version),
                     expires_at = VALUES(expires_at), value = VALUES(value),
                     sweep_at = IF(sweep_at <= expires_at, sweep_at, expires_at)"
            }
            Self::PutAbsent => {
                "INSERT INTO grantor_records (record_key, version, expires_at, sweep_at, value)
                 VALUES (?, ?, ?, expires_at, ?)"
            }
            // Not `IN`, whose list MariaDB makes anew for each execution: a tenth of its time.
            Self::PutVersion => {
                "UPDATE grantor_records SET version = ?, expires_at = ?, value = ?,
                     sweep_at = IF(sweep_at <= expires_at, sweep_at, expires_at)
                 WHERE record_key = ? AND (version = ?) | (version = ?)"
            }
            Self::RemoveAny => "DELETE FROM grantor_records WHERE record_key = ?",
            Self::RemoveVersion => {
                "DELETE FROM grantor_records WHERE record_key = ? AND version = ?"
            }
            // The answer to a statement has the last number that this function was given.
            Self::Count => {
                "INSERT INTO grantor_counts (count_key, window_length, starts_at, ends_at, total)
                 VALUES (?, ?, ?, ?, LAST_INSERT_ID(?))
                 ON DUPLICATE KEY UPDATE total = LAST_INSERT_ID(
                     IF(total > 18446744073709551615 - VALUES(total),
                        18446744073709551615, total + VALUES(total)))"
            }
            Self::Oldest => {
                "SELECT sweep_at FROM grantor_records WHERE sweep_at <= ?
                 ORDER BY sweep_at LIMIT ?"
            }
            Self::Sweep => {
                "DELETE FROM grantor_records WHERE sweep_at <= ? AND expires_at <= ?
                 ORDER BY sweep_at LIMIT ?"
            }
            Self::Postpone => {
                "UPDATE grantor_records SET sweep_at = expires_at
                 WHERE sweep_at <= ? AND expires_at > ?
                 ORDER BY sweep_at LIMIT ?"
            }
            Self::SweepCounts => {
                "DELETE FROM grantor_counts WHERE ends_at <= ? ORDER BY ends_at LIMIT ?"
            }
            Self::SaveNewest => {
                "INSERT INTO grantor_times (name, millis) VALUES ('newest', ?)
                 ON DUPLICATE KEY UPDATE millis = VALUES(millis)"
            }
        };
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_of_several_keys_has_a_place_for_each() {
        for keys in [1, 2, 64] {
            assert_eq!(Statement::GetMany(keys).sql().matches('?').count(), keys);
        }
    }
}
