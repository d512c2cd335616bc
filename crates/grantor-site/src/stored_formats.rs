//! For the tests of records: their formats are pinned in files.

use std::path::Path;

use grantor_store::Record;
use grantor_store::contract::check_formats;

/// Holds a record to its files in `vectors/records`.
#[track_caller]
pub(crate) fn check<R: Record>() {
    let records = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/records");
    check_formats::<R>(Path::new(records)).unwrap();
}
