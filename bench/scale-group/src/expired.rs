//! How long a deletion of expired records keeps those waiting that write.

use std::time::Duration;

use grantor_store::{BatchTimes, Moment, Store};
use harness::Result;

use crate::fill::{Filled, TOKENS};
use crate::open;

/// Lets the access tokens of a database expire and has the store delete them, as a server does once a
/// minute. The time that 99.9 % of the batches stay within, in microseconds.
pub(crate) fn batch_p999(filled: &Filled) -> Result<f64> {
    let store = open(&filled.path())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut times = BatchTimes::default();
    let mut deleted = 0;
    // The first call tells the time. An hour later the store believes it. Its own transactions delete some
    // records beside, as every write does.
    for minute in (0..).step_by(90) {
        let elapsed = Duration::from_secs(60 * minute);
        let now = filled.tokens_expire_at + elapsed;
        let maintained = runtime.block_on(store.maintain(Moment { now, elapsed }))?;
        times.add(&maintained.batch_times);
        deleted += maintained.deleted as u64;
        if deleted >= TOKENS / 10 * 9 {
            break;
        }
        if minute > MOST_MINUTES {
            return Err(format!("{deleted} expired records were deleted, not {TOKENS}").into());
        }
    }
    let p999 = times.quantile(999).ok_or("nothing was deleted")?;
    Ok(p999.as_secs_f64() * 1e6)
}

/// A call looks at so many rows at most, and there are twice as many as grants.
const MOST_MINUTES: u64 = 90 * 1_000;
