//! The mark of a copy that has not ended: no server uses records of which some are missing.

use bytes::Bytes;

use super::target::{conflict, put, refuse_unfit};
use crate::error::Error;
use crate::key::{Key, Namespace};
use crate::kinds::MASTER_KEY_MARK;
use crate::master_key::{BEING_COPIED, is_being_copied};
use crate::store::{Entry, Expect, Put, PutOutcome, Store, Version};

/// The mark of a namespace on its way.
pub(super) struct CopiedMark {
    pub(super) namespace: Namespace,
    pub(super) key: Key,
    mark: Entry,
    /// An earlier copy has begun, or even ended.
    pub(super) was_there: bool,
    has_ended: bool,
}

impl CopiedMark {
    /// Returns whether this is the key of a mark of a master key, which this copies.
    pub(super) fn is_at(key: &Key) -> bool {
        key.as_bytes().len() == 10 && key.kind() == Some(MASTER_KEY_MARK)
    }

    /// Has the target say that a copy has begun. None if the source has no mark, so that nothing waits
    /// for one.
    pub(super) async fn begin(
        namespace: Namespace,
        from: &dyn Store,
        to: &dyn Store,
    ) -> Result<Option<Self>, Error> {
        let key = namespace.key(MASTER_KEY_MARK.letters(), &[]);
        let Some(mark) = from.get(&key).await? else {
            return Ok(None);
        };
        if is_being_copied(&mark) {
            return Err(Error::configuration(format!(
                "a copy into {} has not ended: let it end first",
                from.capabilities().name
            )));
        }
        let target = to.capabilities();
        refuse_unfit(MASTER_KEY_MARK, &target)?;
        let stored = to.get(&key).await?;
        let has_ended = stored.as_ref() == Some(&mark);
        match &stored {
            Some(stored) if has_ended || is_being_copied(stored) => {}
            Some(_) => return Err(conflict(&key, &target)),
            None => {
                let begun = Put {
                    key,
                    value: Bytes::from_static(BEING_COPIED),
                    version: while_copying(&mark),
                    expires_at: None,
                    expect: Expect::Absent,
                };
                if to.put(&begun).await? == PutOutcome::Conflict {
                    return Err(conflict(&key, &target));
                }
            }
        }
        Ok(Some(Self {
            namespace,
            key,
            was_there: stored.is_some(),
            has_ended,
            mark,
        }))
    }

    /// Writes the mark itself, once everything else is there. Returns whether that was left to do.
    pub(super) async fn end(self, to: &dyn Store) -> Result<bool, Error> {
        if self.has_ended {
            return Ok(false);
        }
        let expect = Expect::Version(while_copying(&self.mark));
        let end = Put {
            expect,
            ..put(self.key, self.mark)
        };
        match to.put(&end).await? {
            PutOutcome::Stored => Ok(true),
            PutOutcome::Conflict => Err(conflict(&self.key, &to.capabilities())),
        }
    }
}

/// The version of the mark while its records are being copied: one that no other write has.
fn while_copying(mark: &Entry) -> Version {
    Version(mark.version.0.map(|byte| !byte))
}

#[cfg(test)]
mod tests;
