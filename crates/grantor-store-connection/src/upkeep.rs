//! One run of a store's upkeep.

use std::time::Duration;

use grantor_core::Timestamp;
use grantor_store::{Error, Maintenance, Moment, SweepClock};

/// Runs the upkeep of a store, as [`Store::maintain`](grantor_store::Store::maintain) says. `delete`
/// deletes the records that were dead at a time, which is `max_clock_skew` ago, and says how many;
/// `save` saves the newest time beside the records.
///
/// # Errors
/// Those of `delete` and `save`. A time that was not saved is saved the next time.
pub async fn maintain<D, S>(
    clock: &SweepClock,
    moment: Moment,
    max_clock_skew: Duration,
    delete: impl FnOnce(Timestamp) -> D,
    save: impl FnOnce(Timestamp) -> S,
) -> Result<Maintenance, Error>
where
    D: Future<Output = Result<usize, Error>>,
    S: Future<Output = Result<(), Error>>,
{
    clock.observe(moment);
    let mut maintenance = Maintenance::default();
    if let Some(now) = clock.trusted() {
        maintenance.deleted = delete(now - max_clock_skew).await?;
    }
    if let Some(newest) = clock.to_save()
        && let Err(error) = save(newest).await
    {
        clock.not_saved();
        return Err(error);
    }
    maintenance.notices = clock.take_notices();
    Ok(maintenance)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use grantor_store::Applied;

    use super::*;

    fn moment(seconds: i64) -> Moment {
        Moment {
            now: Timestamp::from_secs(1_000_000 + seconds),
            elapsed: Duration::from_secs(seconds.unsigned_abs()),
        }
    }

    #[tokio::test]
    async fn what_was_dead_before_the_skew_is_deleted_and_a_time_that_was_not_saved_is_saved_again()
    {
        let (clock, skew, saved) = (SweepClock::new(None), Duration::from_secs(60), Cell::new(0));
        let delete = async |dead_since| {
            assert_eq!(dead_since, moment(0).now - skew);
            Ok(3)
        };
        let fail = async |_| {
            saved.set(saved.get() + 1);
            Err(Error::unavailable("no room", Applied::No))
        };
        let save = async |newest| {
            assert_eq!(newest, moment(0).now);
            saved.set(saved.get() + 1);
            Ok(())
        };
        let failed = maintain(&clock, moment(0), skew, delete, fail).await;
        assert!(failed.is_err());
        for times in [2, 2] {
            let done = maintain(&clock, moment(0), skew, delete, save).await;
            assert_eq!((done.unwrap().deleted, saved.get()), (3, times));
        }
    }
}
