//! The statements, each of them one operation and one transaction.

use grantor_store_connection::Effect;

/// A statement of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Statement {
    Health,
    Get,
    GetMany,
    List,
    /// How many records there are.
    Size,
    PutAny,
    PutAbsent,
    PutVersion,
    Remove,
    Count,
    /// Deletes dead records, and postpones those that live longer than when they were swept last.
    Sweep,
    SweepCounts,
    SaveNewest,
}

impl Statement {
    pub(crate) const ALL: [Self; 13] = [
        Self::Health,
        Self::Get,
        Self::GetMany,
        Self::List,
        Self::Size,
        Self::PutAny,
        Self::PutAbsent,
        Self::PutVersion,
        Self::Remove,
        Self::Count,
        Self::Sweep,
        Self::SweepCounts,
        Self::SaveNewest,
    ];

    pub(crate) fn effect(self) -> Effect {
        match self {
            Self::Health | Self::Get | Self::GetMany | Self::List | Self::Size => Effect::Reads,
            Self::Remove | Self::Count => Effect::Once,
            _ => Effect::Repeatable,
        }
    }

    /// Whether it is answered by the number of rows that it wrote, and by no row.
    pub(crate) fn is_put(self) -> bool {
        matches!(self, Self::PutAny | Self::PutAbsent | Self::PutVersion)
    }

    /// The text. The conditions of a put also hold for its own version, so that the same put once
    /// more succeeds, also while the first one has not committed yet.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Health => "SELECT pg_is_in_recovery()",
            Self::Get => {
                "SELECT key, version, expires_at, value FROM grantor_records WHERE key = $1"
            }
            Self::GetMany => {
                "SELECT key, version, expires_at, value FROM grantor_records WHERE key = ANY($1)"
            }
            Self::List => {
                "SELECT key, version, expires_at, value FROM grantor_records
                 WHERE key >= $1 AND key < $2 ORDER BY key LIMIT $3"
            }
            Self::Size => "SELECT count(*) FROM grantor_records",
            Self::PutAny => {
                "INSERT INTO grantor_records AS stored (key, version, expires_at, sweep_at, value)
                 VALUES ($1, $2, $3, $3, $4)
                 ON CONFLICT (key) DO UPDATE SET version = $2, expires_at = $3, value = $4,
                     sweep_at = CASE WHEN stored.sweep_at <= $3 THEN stored.sweep_at ELSE $3 END"
            }
            Self::PutAbsent => {
                "INSERT INTO grantor_records AS stored (key, version, expires_at, sweep_at, value)
                 VALUES ($1, $2, $3, $3, $4)
                 ON CONFLICT (key) DO UPDATE SET version = $2 WHERE stored.version = $2"
            }
            Self::PutVersion => {
                "UPDATE grantor_records SET version = $2, expires_at = $3, value = $4,
                     sweep_at = CASE WHEN sweep_at <= $3 THEN sweep_at ELSE $3 END
                 WHERE key = $1 AND version IN ($5, $2)"
            }
            // The stored row is read as of the start of the statement.
            Self::Remove => {
                "WITH removed AS (
                     DELETE FROM grantor_records
                     WHERE key = $1 AND ($2::bytea IS NULL OR version = $2) RETURNING true
                 )
                 SELECT EXISTS (SELECT FROM removed),
                        (SELECT version FROM grantor_records WHERE key = $1)"
            }
            Self::Count => {
                "INSERT INTO grantor_counts AS counted (key, length, starts_at, ends_at, sum)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (key, length, starts_at) DO UPDATE
                 SET sum = LEAST(counted.sum::numeric + $5, 9223372036854775807)::bigint
                 RETURNING sum"
            }
            // Rows that another process has locked are left to it. Those found are locked, and
            // `found` has what they are now, also if they changed since the statement began.
            Self::Sweep => {
                "WITH found AS (
                     SELECT key, expires_at FROM grantor_records WHERE sweep_at <= $1
                     ORDER BY sweep_at LIMIT $2 FOR UPDATE SKIP LOCKED
                 ), deleted AS (
                     DELETE FROM grantor_records WHERE expires_at <= $1 AND key = ANY(ARRAY(
                         SELECT key FROM found WHERE expires_at <= $1))
                     RETURNING true
                 ), postponed AS (
                     UPDATE grantor_records SET sweep_at = expires_at WHERE key = ANY(ARRAY(
                         SELECT key FROM found WHERE expires_at > $1))
                 )
                 SELECT (SELECT count(*) FROM found), (SELECT count(*) FROM deleted)"
            }
            Self::SweepCounts => {
                "WITH deleted AS (
                     DELETE FROM grantor_counts WHERE ctid = ANY(ARRAY(
                         SELECT ctid FROM grantor_counts WHERE ends_at <= $1
                         LIMIT $2 FOR UPDATE SKIP LOCKED))
                     RETURNING true
                 )
                 SELECT count(*), count(*) FROM deleted"
            }
            Self::SaveNewest => {
                "INSERT INTO grantor_times (name, millis) VALUES ('newest', $1)
                 ON CONFLICT (name) DO UPDATE SET millis = $1"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_is_at_its_index() {
        for (index, statement) in Statement::ALL.into_iter().enumerate() {
            assert_eq!(statement as usize, index);
        }
    }
}
