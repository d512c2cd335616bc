//! What a copy writes into its target, and what a target can't take.

use super::kind_counts::kind_name;
use crate::capabilities::Capabilities;
use crate::error::Error;
use crate::key::Key;
use crate::kinds::Kind;
use crate::store::{Entry, Expect, Put};

pub(super) fn put(key: Key, entry: Entry) -> Put {
    Put {
        key,
        value: entry.value,
        version: entry.version,
        expires_at: entry.expires_at,
        expect: Expect::Absent,
    }
}

pub(super) fn refuse_unfit(kind: Kind, target: &Capabilities) -> Result<(), Error> {
    kind.class().refuses(target).map_or(Ok(()), |reason| {
        Err(Error::configuration(format!(
            "{} can't be copied there: {reason}",
            kind.name()
        )))
    })
}

pub(super) fn conflict(key: &Key, target: &Capabilities) -> Error {
    let kind = kind_name(key);
    Error::configuration(format!(
        "{} has another record of {kind} under the same key: copy into an empty store, or go on with a \
         copy of the same records that no server has used since",
        target.name
    ))
}
