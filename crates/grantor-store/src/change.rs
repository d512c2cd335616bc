//! Read, decide, write if nobody else wrote meanwhile: the one loop that tries again.

use crate::error::Error;
use crate::key::Key;
use crate::record::Record;
use crate::records::Records;
use crate::retry::Retry;
use crate::store::{Expect, RemoveOutcome};

/// The decision about a record, and the answer of [`Records::change`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<R, T> {
    /// It is written, or created if there is none.
    Write(R, T),
    /// It is removed.
    Remove(T),
    /// It stays as it is.
    Keep(T),
}

impl<R: Record> Records<R> {
    /// Reads a record, decides what becomes of it, and writes that if nobody else wrote meanwhile;
    /// otherwise reads and decides again, at most 8 times in all.
    ///
    /// `decide` is given the live record, or none. Its side effects may happen
    /// several times.
    ///
    /// ```
    /// # use grantor_store::{Change, Error, Key, Record, Records};
    /// # trait Enabled { fn enabled(self, enabled: bool) -> Self; }
    /// async fn disable<R: Record + Enabled>(records: &Records<R>, key: &Key) -> Result<bool, Error> {
    ///     let decide = |current: Option<R>| async move {
    ///         Ok(match current {
    ///             Some(record) => Change::Write(record.enabled(false), true),
    ///             None => Change::Keep(false),
    ///         })
    ///     };
    ///     records.change(key, decide).await
    /// }
    /// ```
    ///
    /// # Errors
    /// Fails with the error of `decide`, with nothing written; or if the store failed, or others
    /// wrote first every time ([`is_contention`](Error::is_contention)).
    pub async fn change<T, E, F>(
        &self,
        key: &Key,
        mut decide: impl FnMut(Option<R>) -> F,
    ) -> Result<T, E>
    where
        E: From<Error>,
        F: Future<Output = Result<Change<R, T>, E>>,
    {
        let mut retry = Retry::new(self.environment());
        loop {
            let (live, expect) = self.read_to_change(key).await?;
            let (decision, answer) = match decide(live).await? {
                Change::Keep(answer) => return Ok(answer),
                Change::Write(record, answer) => (Some(record), answer),
                Change::Remove(answer) => (None, answer),
            };
            if self.carry_out(key, decision, expect).await? {
                return Ok(answer);
            }
            retry.after_conflict(R::NAME).await?;
        }
    }

    // The compiler makes these functions once for each kind of record, and `change` for each caller.

    /// The live record, and what has to be there still when it is changed.
    async fn read_to_change(&self, key: &Key) -> Result<(Option<R>, Expect), Error> {
        let entry = self.store().get(key).await?;
        let version = entry.as_ref().map(|entry| entry.version);
        let live = self.live(key, entry)?.map(|live| live.record);
        Ok((live, version.map_or(Expect::Absent, Expect::Version)))
    }

    /// Writes the record, or removes the one that is there; false if somebody else wrote meanwhile.
    async fn carry_out(&self, key: &Key, record: Option<R>, expect: Expect) -> Result<bool, Error> {
        match record {
            Some(record) => Ok(self.write(key, &record, expect).await?.is_ok()),
            None => Ok(self.remove_expecting(key, expect).await? != RemoveOutcome::Conflict),
        }
    }
}

#[cfg(test)]
mod tests;
