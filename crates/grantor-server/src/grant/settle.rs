//! Puts that decide, until it is known whether they happened.

use std::time::Duration;

use grantor_store::{Applied, Conflict, Key, Records, Version, Versioned};

use super::Grant;
use crate::error::Error;

/// The pauses between the tries to learn what became of a put, 2.5 s in all. After that the request
/// answers 503, as it would at its deadline.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(10),
    Duration::from_millis(40),
    Duration::from_millis(150),
    Duration::from_millis(300),
    Duration::from_millis(700),
    Duration::from_millis(1300),
];

/// Writes a grant over the version that was read. While nobody knows whether the put was stored, the
/// record is read again: what it holds then tells, since each write draws bytes of its own (an
/// attempt or a nonce), and a put that was not stored is repeated. Neither success nor a conflict is
/// reported before that is known.
pub(super) async fn update(
    records: &Records<Grant>,
    key: &Key,
    next: &Grant,
    read: Version,
) -> Result<Result<(), Conflict>, Error> {
    let mut outcome = records.update(key, next, read).await;
    let mut unknown = false;
    for pause in PAUSES {
        match outcome {
            Ok(Ok(_)) => return Ok(Ok(())),
            Ok(Err(Conflict)) if !unknown => return Ok(Err(Conflict)),
            Ok(Err(Conflict)) => {}
            Err(error) if error.applied() == Applied::Unknown => unknown = true,
            Err(error) if !unknown => return Err(error.into()),
            Err(_) => {}
        }
        tokio::time::sleep(pause).await;
        outcome = match records.get(key).await {
            Ok(Some(Versioned { record, .. })) if record == *next => return Ok(Ok(())),
            Ok(Some(Versioned { version, .. })) if version == read => {
                records.update(key, next, read).await
            }
            Ok(_) => return Ok(Err(Conflict)),
            Err(error) => Err(error),
        };
    }
    match outcome {
        Ok(Ok(_)) => Ok(Ok(())),
        Ok(Err(Conflict)) => Err(Error::Contention),
        Err(error) => Err(error.into()),
    }
}

/// Creates a grant, in the same way.
pub(super) async fn create(
    records: &Records<Grant>,
    key: &Key,
    grant: &Grant,
) -> Result<Result<(), Conflict>, Error> {
    let mut outcome = records.create(key, grant).await;
    let mut unknown = false;
    for pause in PAUSES {
        match outcome {
            Ok(Ok(_)) => return Ok(Ok(())),
            Ok(Err(Conflict)) if !unknown => return Ok(Err(Conflict)),
            Ok(Err(Conflict)) => {}
            Err(error) if error.applied() == Applied::Unknown => unknown = true,
            Err(error) if !unknown => return Err(error.into()),
            Err(_) => {}
        }
        tokio::time::sleep(pause).await;
        outcome = match records.get(key).await {
            Ok(Some(Versioned { record, .. })) if record == *grant => return Ok(Ok(())),
            Ok(Some(_)) => return Ok(Err(Conflict)),
            Ok(None) => records.create(key, grant).await,
            Err(error) => Err(error),
        };
    }
    match outcome {
        Ok(Ok(_)) => Ok(Ok(())),
        Ok(Err(Conflict)) => Err(Error::Contention),
        Err(error) => Err(error.into()),
    }
}
